package pipeline

import (
	"errors"
	"fmt"
)

// Budget bounds what a run may consume with its children, earlier sessions of a resumed run included. A field that is 0 sets no bound.
//
// A call is sent only if what was spent, what the calls in flight are expected to take, and what it is expected to take itself, stay within
// the budget. What a call takes is estimated from its input by its method TokenEstimate (see [Call]), with the average output
// of the calls before it. The first call that does not fit stops the run; see [StopError]. The same run resumed with a larger budget
// goes on where it stopped.
type Budget struct {
	Calls  int
	Tokens int
	// Money needs prices; see [WithPrices]. A call whose price is not known is not sent under it.
	Money Money
}

// WithBudget bounds what the run may consume. By default nothing does. The last use wins.
func WithBudget(b Budget) RunOption {
	return runOption(func(c *runConfig) error {
		if b.Calls < 0 || b.Tokens < 0 || b.Money < 0 {
			return fmt.Errorf("run: WithBudget(%+v): no bound may be negative", b)
		}
		c.budget = b
		return nil
	})
}

// checkBudget says what is missing for the bounds in money.
func (c *runConfig) checkBudget() error {
	var errs []error
	if c.budget.Money > 0 && c.prices == nil {
		errs = append(errs, errors.New("run: a budget in money needs prices: add WithPrices"))
	}
	if c.maxCost > 0 && c.prices == nil {
		errs = append(errs, errors.New("run: WithMaxCost needs prices: add WithPrices"))
	}
	return errors.Join(errs...)
}

// reservation is what calls are expected to take.
type reservation struct {
	calls, tokens int
	cost          Money
}

func (r reservation) plus(o reservation) reservation {
	return reservation{r.calls + o.calls, r.tokens + o.tokens, r.cost + o.cost}
}

func (r reservation) minus(o reservation) reservation {
	return reservation{r.calls - o.calls, r.tokens - o.tokens, r.cost - o.cost}
}

// outputs averages the output of calls that returned.
type outputs struct{ calls, tokens int }

func (o outputs) expect(bound int) int {
	if o.calls == 0 {
		return bound
	}
	mean := (o.tokens + o.calls - 1) / o.calls
	if bound > 0 {
		return min(bound, mean)
	}
	return mean
}

// reserve claims from the budget what an attempt is expected to take, or stops the run.
func (a *account) reserve(c *runConfig, call CallInfo, in any) (reservation, error) {
	var input, bound int
	if c.budget.Tokens > 0 || c.budget.Money > 0 {
		input, bound, _ = EstimateTokens(in) // not while others wait: it takes its time
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.spentOut != nil {
		return reservation{}, a.spentOut
	}
	usage := Usage{Calls: 1, Input: input, Output: a.returned.expect(bound)}
	want := reservation{calls: 1, tokens: usage.Tokens()}
	if c.budget.Money > 0 {
		cost, ok := c.prices.Cost(call, call.Model, usage)
		if !ok {
			return reservation{}, a.refuse(fmt.Errorf("there is a budget in money, and no price for %s", call.described()))
		}
		want.cost = cost
	}
	if err := c.budget.check(c.before.Add(a.spent), a.reserved, want); err != nil {
		return reservation{}, a.refuse(err)
	}
	a.reserved = a.reserved.plus(want)
	return want, nil
}

// refuse stops the run and everything that would be sent after reason. The caller holds mu.
func (a *account) refuse(reason error) *StopError {
	a.spentOut = &StopError{&budgetError{reason}}
	if a.reason == nil {
		a.reason = a.spentOut
	}
	return a.spentOut
}

// budgetError is why nothing more is sent.
type budgetError struct{ error }

// check says which bound would be passed.
func (b Budget) check(spent Usage, inFlight, want reservation) error {
	expected := inFlight.plus(want)
	switch {
	case b.Calls > 0 && spent.Calls+expected.calls > b.Calls:
		return fmt.Errorf("the budget of %d calls is spent: %d were made and %d are in flight", b.Calls, spent.Calls, inFlight.calls)
	case b.Tokens > 0 && spent.Tokens()+expected.tokens > b.Tokens:
		return fmt.Errorf("the budget of %d tokens is spent: %d were taken, about %d are in flight, and the next call takes about %d",
			b.Tokens, spent.Tokens(), inFlight.tokens, want.tokens)
	case b.Money > 0 && spent.Cost+expected.cost > b.Money:
		return fmt.Errorf("the budget of %s is spent: %s were paid, about %s are in flight, and the next call costs about %s",
			b.Money, spent.Cost, inFlight.cost, want.cost)
	default:
		return nil
	}
}

// settle replaces what was reserved by what was consumed.
func (a *account) settle(r reservation, u Usage, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved = a.reserved.minus(r)
	a.spent = a.spent.Add(u)
	if err == nil && u.Calls > 0 {
		a.returned.calls++
		a.returned.tokens += u.Output
	}
}

// described names what a call goes to.
func (c CallInfo) described() string {
	if c.Model == "" {
		return fmt.Sprintf("resource %q, which names no model", c.Resource)
	}
	return fmt.Sprintf("model %q of %q", c.Model, c.Provider)
}
