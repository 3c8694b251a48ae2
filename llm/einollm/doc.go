// Package einollm connects [llm.Model] with the chat models of github.com/cloudwego/eino, in both directions.
//
// [New] makes any eino chat model an [llm.Model], so that every provider of the eino-ext family can serve a task:
//
//	chat, err := openai.NewChatModel(ctx, &openai.ChatModelConfig{Model: "gpt-4o-mini", APIKey: key})
//	model, err := einollm.New("gpt-4o-mini", chat)
//
// [AsChatModel] makes any [llm.Model] an eino chat model, so that it can be a node of a host's graph; [Callbacks] tells the host's
// callback handlers about the calls of a model that is used inside a stage, where eino does not see it. [ToMessages] and
// [ToResponse] convert what goes in and what comes out, for steps that call an eino chain themselves.
//
// Nothing here registers a global callback handler or any other process-wide state.
package einollm
