package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gloss-sdk/gloss/llm"
	"github.com/gloss-sdk/gloss/pipeline"
	"github.com/gloss-sdk/gloss/prompt"
	"github.com/gloss-sdk/gloss/task/userdata"
)

// Reply says how replies are read.
type Reply struct {
	// Repair takes a reply out of the Markdown fence or the text around it; the prediction is flagged. On by default.
	Repair bool `json:"repair"`
	// Reasks is how often the model is told what is wrong with its reply and asked again, each time a call of its own. The default is 1; 0 never
	// asks again. A reply that was declined is not asked for again, and neither is one of a custom step in the place of the model.
	Reasks int `json:"reasks"`
	// Clamp puts a score that is off its scale on the nearest score, ties up; the prediction is flagged. Off by default: such a reply
	// is wrong.
	Clamp bool `json:"clamp"`
	// MaxLength bounds every text of a reply in characters, MaxItems every list; 0, the default, leaves them open. A server that follows the
	// schema word by word may otherwise run on until its limit of tokens. Not every service takes a bound of texts; Ollama does, up to
	// 2,000.
	MaxLength int `json:"max_length"`
	MaxItems  int `json:"max_items"`
}

// DefaultReply returns the default way of reading replies.
func DefaultReply() Reply { return Reply{Repair: true, Reasks: 1} }

func (s Spec) validateReply(bad complain) {
	if s.Reply.Reasks < 0 || s.Reply.Reasks > maxCalls {
		bad("reply.reasks is %d; want 0 (never ask again) to %d", s.Reply.Reasks, maxCalls)
	}
	if s.Reply.MaxLength < 0 || s.Reply.MaxItems < 0 {
		bad("reply.max_length is %d and reply.max_items %d; want 0 (no bound) or more", s.Reply.MaxLength, s.Reply.MaxItems)
	}
}

// parse returns the maker of the step that reads the replies.
func (w wiring) parse(n *pipeline.Needs, k kind, forms func() *forms) maker[Step] {
	scales, templates := pipeline.Need(n, w.r.scales), pipeline.Need(n, w.r.templates)
	caller := func() (caller, error) { return caller{}, nil }
	reasks := w.spec.Reply.Reasks
	if w.replaced(PlaceGenerate) {
		reasks = 0
	}
	if reasks > 0 {
		caller = w.caller(n)
	}
	return func(context.Context) (Step, error) {
		c, err := caller()
		if err != nil {
			return nil, err
		}
		p := reader{
			spec: w.spec, approach: w.approach(k, forms(), templates()), scales: scales(),
			caller: c, reasks: reasks, template: templates().reask,
		}
		return StepFunc(p.run), nil
	}
}

// reader reads what the model answered.
type reader struct {
	spec     Spec
	approach approach
	scales   userdata.Scales
	caller   caller
	reasks   int
	template *prompt.Template[reaskFields]
}

// reading is one reply as far as it could be read.
type reading struct {
	exchange
	Answer   answer `json:"answer"`
	Attempts int    `json:"attempts"`
	err      error  // of a sample that cannot be read
}

func (p reader) run(ctx context.Context, d Draft) (Draft, error) {
	exchanges, err := d.exchanges()
	if err != nil {
		return Draft{}, err
	}
	read := pipeline.Fn(func(ctx context.Context, x exchange) (reading, error) { return p.read(ctx, d, x) })
	readings, err := eachNamed(ctx, exchanges, func(x exchange) string { return x.name() }, read)
	if err != nil {
		return Draft{}, err
	}
	d.Questions, d.Responses = make([]Question, len(readings)), make([]llm.Response, len(readings))
	for i, r := range readings {
		d.Questions[i], d.Responses[i] = r.Question, r.Response
		d = d.flagged(r.allFlags()...)
	}
	answers, flags, err := reduce(readings, p.spec, p.scales, d.Submission.Assignment)
	if err != nil {
		return Draft{}, err
	}
	f, err := p.approach.join(d, answers)
	if err != nil {
		return Draft{}, err //nolint:wrapcheck // the stage names itself
	}
	f.Submission, f.Author = d.Submission.ID, p.spec.Name
	d = d.flagged(flags...)
	d.Prediction.Feedback = f
	if p.spec.Task == KindRubricScore {
		d.Prediction.Total = total(f.Scores, p.scales.Criteria[d.Submission.Assignment])
	}
	return d, nil
}

// exchanges pairs questions with responses. A custom step may have asked in its own way: then its last response answers the whole prompt.
func (d Draft) exchanges() ([]exchange, error) {
	if len(d.Responses) == 0 {
		return nil, fmt.Errorf("there is no response to read; did a step replace %q without filling Draft.Responses?", PlaceGenerate)
	}
	if len(d.Questions) <= 1 {
		x := exchange{Response: d.Responses[len(d.Responses)-1]}
		if len(d.Questions) == 1 {
			x.Question = d.Questions[0]
		}
		return []exchange{x}, nil
	}
	if len(d.Questions) != len(d.Responses) {
		return nil, fmt.Errorf("there are %d responses to %d questions; want one for each, in their order", len(d.Responses), len(d.Questions))
	}
	out := make([]exchange, len(d.Questions))
	for i, q := range d.Questions {
		out[i] = exchange{Question: q, Response: d.Responses[i]}
	}
	return out, nil
}

// read reads a reply, and asks again where it does not hold. Of several samples one may be lost.
func (p reader) read(ctx context.Context, d Draft, x exchange) (reading, error) {
	schema, err := p.approach.schema(d, x.About)
	if err != nil {
		return reading{}, err //nolint:wrapcheck // the stage names itself
	}
	for attempt := 1; ; attempt++ {
		a, bad := p.attempt(d, schema, x, attempt)
		if bad == nil {
			return reading{exchange: x, Answer: a, Attempts: attempt}, nil
		}
		if attempt > p.reasks || x.Response.Finish == llm.FinishRefused {
			if x.Sample > 0 {
				return reading{exchange: x, Attempts: attempt, err: bad}, nil
			}
			return reading{}, bad
		}
		again, err := p.askAgain(ctx, x, bad)
		if err != nil {
			return reading{}, fmt.Errorf("%w; asking again failed: %w", bad, err)
		}
		again.Flags = append(slices.Clip(x.Flags), again.Flags...)
		x = again
	}
}

// attempt reads one reply; its error is a [*prompt.ParseError].
func (p reader) attempt(d Draft, schema *prompt.Schema, x exchange, attempt int) (answer, error) {
	var a answer
	var problems []string
	reply, err := schema.Read(x.Response, prompt.Tolerance{Surrounded: p.spec.Reply.Repair, OutOfRange: p.spec.Reply.Clamp})
	if err == nil {
		a, problems, err = p.approach.read(d, x.About, reply)
	}
	var bad *prompt.ParseError
	switch {
	case errors.As(err, &bad):
		numbered := *bad
		numbered.Attempt = attempt
		return answer{}, &numbered
	case err != nil:
		return answer{}, err //nolint:wrapcheck // the stage names itself
	case len(problems) > 0:
		return answer{}, &prompt.ParseError{
			Schema: schema.Name(), Text: x.Response.Text, Finish: x.Response.Finish, Attempt: attempt, Problems: problems,
		}
	}
	return a, nil
}

// askAgain tells the model what was wrong, in the same conversation.
func (p reader) askAgain(ctx context.Context, x exchange, bad error) (exchange, error) {
	fields := reaskFields{Truncated: x.Response.Finish == llm.FinishLength}
	var parse *prompt.ParseError
	if errors.As(bad, &parse) {
		fields.Problems = parse.Problems
	}
	text, err := p.template.Render(fields)
	if err != nil {
		return exchange{}, err //nolint:wrapcheck // the error names its package
	}
	q := x.then(text, x.Request.Reply)
	if strings.TrimSpace(x.Response.Text) == "" { // an empty turn is one that providers refuse
		q = x.Question
	}
	return p.caller.Run(ctx, q)
}

// allFlags are the flags of the call and those of the reading.
func (r reading) allFlags() []Flag {
	out := slices.Clone(r.Flags)
	for _, repair := range r.Answer.Repairs {
		f := Flag{Kind: FlagRepaired, Criterion: r.criterion(), Detail: join(": ", string(repair.Kind), repair.Detail)}
		if repair.Kind == prompt.Clamped {
			f.Kind, f.Detail = FlagClamped, repair.At+": "+repair.Detail
		}
		out = append(out, f)
	}
	if r.Attempts > 1 && r.err == nil {
		out = append(out, Flag{Kind: FlagReasked, Criterion: r.criterion(), Detail: fmt.Sprintf("%d attempts", r.Attempts)})
	}
	return out
}

// criterion is the criterion that a reply is about, if it is about one.
func (r reading) criterion() string {
	if s := r.Answer.Feedback.Scores; len(s) == 1 {
		return s[0].Criterion
	}
	return ""
}

// join joins the parts that are there.
func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), separator)
}
