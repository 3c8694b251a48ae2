package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gloss-sdk/gloss/task/userdata"
)

// scales are the declared scales of scores: one for all groups, or one for each.
type scales struct {
	all     userdata.Scale
	byGroup map[string]userdata.Scale
}

// parseScales reads "min:max", "min:max:step", or a list such as "a=1:6,b=0:3" that names the group of each.
func parseScales(flag, text string) (scales, error) {
	s := scales{byGroup: map[string]userdata.Scale{}}
	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		group, bounds, grouped := strings.Cut(part, "=")
		if !grouped {
			group, bounds = "", part
		}
		group = strings.TrimSpace(group)
		scale, err := parseScale(bounds)
		_, twice := s.byGroup[group]
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("-%s: %q: %w", flag, part, err))
		case grouped && group == "" || !grouped && text != part:
			errs = append(errs, fmt.Errorf("-%s: %q: want group=min:max for each group, or one min:max for all", flag, part))
		case twice:
			errs = append(errs, fmt.Errorf("-%s: group %q has two scales", flag, group))
		case grouped:
			s.byGroup[group] = scale
		default:
			s.all = scale
		}
	}
	return s, errors.Join(errs...)
}

func parseScale(text string) (userdata.Scale, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return userdata.Scale{}, errors.New("want min:max, as in 1:6, or min:max:step")
	}
	var numbers [3]float64
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return userdata.Scale{}, fmt.Errorf("%q is not a number", p)
		}
		numbers[i] = v
	}
	s := userdata.Scale{Min: numbers[0], Max: numbers[1], Step: numbers[2]}
	return s, s.Validate()
}

// of returns the scale of a group.
func (s scales) of(group string) (userdata.Scale, bool) {
	if s.all.Declared() {
		return s.all, true
	}
	scale, ok := s.byGroup[group]
	return scale, ok
}

// unused returns the groups that have a scale and no essay.
func (s scales) unused(groups []string) []string {
	var out []string
	for g := range s.byGroup {
		if !slices.Contains(groups, g) {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
}
