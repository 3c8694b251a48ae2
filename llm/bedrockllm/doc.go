// Package bedrockllm asks the models of Amazon Bedrock through the Converse operation, which all of its conversational models share.
//
// [New] takes anything that can Converse, [FromConfig] an AWS configuration, and [FromParams] also the part of a configuration
// file that says which model. Credentials come from the AWS configuration only; no parameter holds one.
//
// # Replies that fit a schema
//
// Converse has two ways to constrain a reply, and no model takes every one of them. With [ForcedTool], the default, the schema
// becomes the input of a tool that the model must use: Anthropic's and Amazon's own models can. With [NativeSchema] the schema
// becomes the format of the text: newer Anthropic models and many open-weight ones can. Both send the properties in the order of the
// schema. A schema sent natively may only use a part of JSON Schema, so what bounds numbers, strings and lists is taken out and
// added to the description of its place; a reply is to be checked against the whole schema in any case.
//
// # What Converse lacks
//
// There is no seed: [llm.Request.Seed] is not sent. A reply does not name the model that wrote it, so [llm.Response.Model] is the
// configured one, unless a prompt router says whom it chose. Tokens of reasoning are not told apart from those of the text, so
// [llm.Usage.Reasoning] is 0; the reasoning itself is left out of the text.
package bedrockllm
