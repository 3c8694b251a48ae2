package task

// Variant is a spec with a name that says how it differs from another.
type Variant struct {
	Name string
	Spec Spec
}

// Ablations names the variants of a spec in which one switch is turned: the spec itself as "full", each input that is on turned off
// ("without_rubric"), and RAG turned on if it is off ("with_rag"). A variant that would be invalid is left out. The variants keep the
// task's name, so that they stand in for it; their order is fixed.
func Ablations(s Spec) []Variant {
	out := []Variant{{"full", s.clone()}}
	for _, v := range []struct {
		name string
		on   bool
		opt  Option
	}{
		{"without_assignment_prompt", s.Inputs.AssignmentPrompt, WithoutAssignmentPrompt()},
		{"without_rubric", s.Inputs.Rubric, WithoutRubric()},
		{"without_class_docs", s.Inputs.ClassDocs, WithoutClassDocs()},
		{"without_past_feedback", s.Inputs.PastFeedback, WithoutPastFeedback()},
		{"without_prior_draft", s.Inputs.PriorDraft, WithoutPriorDraft()},
		{"without_essay_context", s.Inputs.EssayContext, WithoutEssayContext()},
		{"with_rag", s.RAG == nil, WithRAG(RAG{})},
	} {
		if !v.on {
			continue
		}
		d := draftSpec{Spec: s.clone()}
		if err := applyOptions(&d, []Option{v.opt}); err == nil {
			out = append(out, Variant{v.name, d.Spec})
		}
	}
	return out
}
