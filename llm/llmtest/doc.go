// Package llmtest tests what uses or implements [llm.Model].
//
// [Scripted], [ByPrompt], [Echo] and [Failing] make a [Fake]: a model with a known answer that remembers what it was asked.
// [RunConformance] is the suite that every provider passes:
//
//	func TestConformance(t *testing.T) {
//		llmtest.RunConformance(t, func(t *testing.T) llm.Model { return newModel(t) })
//	}
package llmtest
