// Package openaillm is an [llm.Model] over the chat completions API of OpenAI and of everything that speaks it: Azure OpenAI, vLLM, the
// servers of llama.cpp and Ollama, and gateways.
//
//	openaillm.New("gpt-4o-mini", openaillm.WithAPIKey(key))                                  // OpenAI
//	openaillm.New("qwen3:8b", openaillm.WithBaseURL("http://localhost:11434/v1"))            // Ollama, no key
//	openaillm.New("my-deployment", openaillm.WithRequestOptions(                              // Azure
//		azure.WithEndpoint("https://my-resource.openai.azure.com", "2024-10-21"), azure.WithAPIKey(key)))
//
// # What it reads
//
// Its options and nothing else: unlike the vendor's client it takes no OPENAI_ variable from the environment of the process, so that the same
// program does the same everywhere. As in every Go program, HTTP_PROXY and its kin hold for the default HTTP client.
//
// # What it sends
//
// Each call is one HTTP request. The vendor's retries are off, whatever the request options say: retrying is the caller's, who sees the wait that
// the provider asked for in [llm.Error]. There is no timeout of its own either; the deadline of the context holds.
//
// A reply schema goes out as a strict json_schema with its properties in their order, or as [ReplyMode] says. The limit of the answer goes out
// under the name that [MaxTokensField] says. Temperature and seed are sent only where the request has them.
//
// # Errors
//
// Every failure is an [*llm.Error] with the model as configured. Its text carries what the provider said, in one line of bounded length, without
// the credentials of the client, and with every longer part of the prompt that the provider quoted taken out. The vendor's own error is
// not in the chain, for it holds the request with its headers.
package openaillm
