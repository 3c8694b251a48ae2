package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Estimate is a finite number, or the reason why there is none. The zero value
// is undefined with the reason "not computed". Estimates can be compared with
// ==.
//
// As JSON an estimate is a number, or an object {"undefined": "reason"}.
type Estimate struct {
	value   float64
	reason  string
	defined bool
}

// Of returns the estimate v. A v that is NaN or infinite gives an undefined
// estimate, so a computation that overflowed cannot pass as a result.
func Of(v float64) Estimate {
	if !finite(v) {
		return Undefined("the computation gave " + strconv.FormatFloat(v, 'g', -1, 64))
	}
	if v == 0 {
		v = 0 // drops the sign that a difference of equal numbers can leave
	}
	return Estimate{value: v, defined: true}
}

// Undefined returns an estimate without a value. The reason is a lower-case
// phrase for the reader of a report; an empty one becomes "no reason given".
func Undefined(reason string) Estimate {
	if reason == "" {
		reason = "no reason given"
	}
	return Estimate{reason: reason}
}

// Value returns the number and true, or 0 and false if there is none.
func (e Estimate) Value() (float64, bool) { return e.value, e.defined }

// Defined reports whether there is a number.
func (e Estimate) Defined() bool { return e.defined }

// Reason says why there is no number; it is empty for a defined estimate.
func (e Estimate) Reason() string {
	if !e.defined && e.reason == "" {
		return "not computed"
	}
	return e.reason
}

// String returns the number to six significant digits, or "undefined (reason)".
func (e Estimate) String() string {
	if !e.defined {
		return "undefined (" + e.Reason() + ")"
	}
	return strconv.FormatFloat(e.value, 'g', 6, 64)
}

type undefinedJSON struct {
	Undefined string `json:"undefined"`
}

// MarshalJSON writes the number without loss, or {"undefined": "reason"}.
func (e Estimate) MarshalJSON() ([]byte, error) {
	if !e.defined {
		return json.Marshal(undefinedJSON{Undefined: e.Reason()})
	}
	return json.Marshal(e.value)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses everything else, null
// included. The estimate is unchanged when it returns an error.
func (e *Estimate) UnmarshalJSON(data []byte) error {
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return e.unmarshalUndefined(trimmed)
	}
	var v *float64
	if err := json.Unmarshal(data, &v); err != nil || v == nil {
		return fmt.Errorf(`stats: estimate %.40q: want a number or {"undefined": "reason"}`, data)
	}
	*e = Of(*v)
	return nil
}

func (e *Estimate) unmarshalUndefined(data []byte) error {
	var u undefinedJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&u); err != nil {
		return fmt.Errorf("stats: undefined estimate: %w", err)
	}
	if u.Undefined == "" {
		return errors.New("stats: undefined estimate: the reason is missing")
	}
	*e = Undefined(u.Undefined)
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
