module github.com/gloss-sdk/gloss/llm/tiktokens

go 1.26.0

require (
	github.com/gloss-sdk/gloss v0.0.0
	github.com/stretchr/testify v1.12.1
	github.com/tiktoken-go/tokenizer v0.7.0
)

require (
	github.com/dlclark/regexp2 v1.11.5 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/gloss-sdk/gloss => ../..
