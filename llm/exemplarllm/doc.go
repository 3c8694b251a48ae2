// Package exemplarllm is a deterministic, offline [llm.Model]: it answers from the worked examples in the prompt and nothing
// else.
//
// It is a baseline and a test double with real predictive value where the grade follows length and fluency: shown the 20 most
// similar graded essays of the ASAP corpus, its six-feature ridge reaches a mean quadratic weighted kappa of about .67 over the
// eight prompts, where two human raters reach .75. Where such surface qualities carry little, as in the argumentative essays of
// ArgRewrite, it predicts next to nothing. It reads no class documents, no rubric, no assignment prompt and no instruction, so
// an ablation of these inputs shows no effect with it. A model that cannot beat it is not worth its price.
//
// # What it reads
//
// The pairs of user and assistant messages before the last message are the worked examples, in any order; the last message
// is the target. System messages are passed over, and so are [llm.Request.Temperature] and [llm.Request.Seed], for there is
// nothing to sample. The student's text in a user message is what stands between the last </submission> tag and the last
// <submission> tag before it, without the white space around it, or the whole message where there is no such pair. It is taken
// as it stands: entities such as &lt; are not decoded. The assistant's text is JSON of the reply schema; an example whose reply
// is not JSON teaches nothing, and a number off its scale teaches nothing about that number. Every last message is read as a new
// target, also one that follows up on an earlier answer.
//
// # What it writes
//
// The answer is JSON in the order of the schema's properties, filled field by field:
//
//   - A number is predicted from the numbers that the examples show at the same place, clipped to their range and rounded to the
//     scale of the schema, which is the numbers of its enum or else the multiples of multipleOf (of 1 for an integer) from minimum to
//     maximum. Half way between two it is the higher one. The [Predictor] is chosen for each number by its error on the examples.
//   - Any other enum or a boolean is the vote of the examples, weighted by the similarity of their texts to the target; ties go to the
//     first value.
//   - A text is the one that the most similar example has there, among the examples whose number in the closest field equals the
//     predicted one, or is nearest to it. A text of two words or more that is part of the target, or all of it, is skipped.
//   - Where four of five texts in the examples are parts of the students' own texts, the place is for a quotation: it gets the
//     sentence of the target that is most like the quoted one, word for word, up to its twentieth word.
//   - An array has as many items as the examples' arrays have on average. Items with an enum, such as a criterion, are for the
//     values that the examples raise most often, each value once unless the examples commonly repeat one. Arrays beside each
//     other, such as strengths and improvements, share no value unless an example does. The rest of such an item comes from the
//     examples that raised its value and agree with the best of them in every other enum, so that label and words fit. Other objects are told apart by their position, and texts come from the best example in
//     order. An item whose quotation would be empty is dropped.
//   - An optional or nullable field is left out, or null, where more than half of the examples do so.
//
// Without examples a number is the middle of its scale and every text says that no graded examples were shown. Without a reply
// schema the answer is the reply to the most similar example.
//
// Of JSON Schema it knows type (one, and null), properties, required, items, minItems, maxItems, enum, const, minimum, maximum,
// multipleOf, minLength, maxLength and a $ref into the document. A schema with another keyword that restricts the reply, such as
// anyOf or pattern, is refused; annotations are passed over.
//
// The same request gives the same bytes, and so does one with its examples in another order.
package exemplarllm
