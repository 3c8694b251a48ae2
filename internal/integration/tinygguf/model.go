// Package tinygguf makes a language model that is small enough to be made anew in every test.
//
// [Model] returns a file in the GGUF format, version 3, with a llama of two blocks: about half a megabyte, made from a seed in
// milliseconds. Its weights are random, so what it writes means nothing; what it is good for is the protocol around a model: a
// server that loads it tokenizes, fills a context, samples, follows a grammar and counts tokens as it does with any other model.
//
// Three dimensions of its embeddings are not random, so that it ends what it begins; no block writes to them. The first is the same for
// every token: its column of the output matrix is thereby a prior of each token, high for what closes a string, a list, an object or the
// answer. The second marks the token before an answer, after which the model neither ends nor writes a space. The third marks what closes something,
// after which the model is less eager to close again; else it would write the same bracket for ever.
package tinygguf

import (
	"fmt"
	"math/rand/v2"
)

// ContextLength is how many tokens the model was made for; a server may be told to use fewer.
const ContextLength = 4096

// Template is the chat template of the model in the language of Go templates, as Ollama takes it.
const Template = `{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}</s>{{ end }}` + assistantMarker

// jinjaTemplate is [Template] in the language that other servers read from the file.
const jinjaTemplate = `{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}</s>{% endfor %}` + assistantMarker

// The size of the model.
const (
	width       = 64 // of an embedding
	blocks      = 2
	heads       = 4
	feedForward = 128
)

// The dimensions of an embedding that are not random.
const (
	priorDimension = iota
	openingDimension
	closingDimension
	firstRandomDimension
)

// Sizes of what is not random. The last normalization divides by about normalized, so that with a random part of about 1 in each
// dimension priors have the unit of a logit, and the random part of a logit deviates by about 1.
const (
	level        = 4.0 // of a dimension that is not random, where it is not 0
	normalized   = 1.1
	outputSpread = 0.15
	blockSpread  = 0.05
)

// Model returns the file of the model that belongs to seed. The same seed gives the same bytes.
func Model(seed uint64) []byte { return encode(seed, vocabulary(likely)) }

// Endless returns the file of a model that differs from [Model] in one thing: it never ends a string, a list or its answer while it may
// go on, as small models are apt to do.
func Endless(seed uint64) []byte { return encode(seed, vocabulary(never)) }

func encode(seed uint64, tokens []token) []byte {
	w := weights{rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // weights are no secret
	var f file
	describe(&f, len(tokens))
	f.vocabulary(tokens)
	f.tensor("token_embd.weight", width, len(tokens), w.embeddings(tokens))
	for i := range blocks {
		w.block(&f, fmt.Sprintf("blk.%d.", i))
	}
	f.tensor("output_norm.weight", width, 1, ones(width))
	f.tensor("output.weight", width, len(tokens), w.output(tokens))
	return f.bytes()
}

func describe(f *file, tokens int) {
	f.string("general.architecture", "llama")
	f.string("general.name", "tinygguf")
	f.uint32("general.file_type", tensorFloat32)
	f.uint32("llama.context_length", ContextLength)
	f.uint32("llama.embedding_length", width)
	f.uint32("llama.block_count", blocks)
	f.uint32("llama.feed_forward_length", feedForward)
	f.uint32("llama.attention.head_count", heads)
	f.uint32("llama.attention.head_count_kv", heads)
	f.float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
	f.uint32("llama.rope.dimension_count", width/heads)
	f.uint32("llama.vocab_size", uint32(tokens))
}

func (f *file) vocabulary(tokens []token) {
	var texts []string
	var scores []float32
	var kinds []int32
	for _, t := range tokens {
		texts = append(texts, t.text)
		scores = append(scores, t.score)
		kinds = append(kinds, int32(t.kind))
	}
	f.string("tokenizer.ggml.model", "llama")
	f.strings("tokenizer.ggml.tokens", texts)
	f.float32s("tokenizer.ggml.scores", scores)
	f.int32s("tokenizer.ggml.token_type", kinds)
	f.uint32("tokenizer.ggml.unknown_token_id", unknownID)
	f.uint32("tokenizer.ggml.bos_token_id", beginID)
	f.uint32("tokenizer.ggml.eos_token_id", endID)
	f.bool("tokenizer.ggml.add_bos_token", true)
	f.bool("tokenizer.ggml.add_space_prefix", false)
	f.string("tokenizer.chat_template", jinjaTemplate)
}

// weights draws the random part of a model.
type weights struct{ rng *rand.Rand }

func (w weights) normal(n int, spread float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(spread * w.rng.NormFloat64())
	}
	return values
}

func (w weights) embeddings(tokens []token) []float32 {
	values := w.normal(width*len(tokens), 1)
	for i, t := range tokens {
		row := values[i*width : (i+1)*width]
		clear(row[:firstRandomDimension])
		row[priorDimension] = level
		if t.text == assistantMarker {
			row[openingDimension] = level
		}
		if t.text == assistantMarker || closes(t.text) {
			row[closingDimension] = level
		}
	}
	return values
}

func (w weights) output(tokens []token) []float32 {
	const logit = normalized / level // adds 1 to a logit where the dimension is not 0
	values := w.normal(width*len(tokens), outputSpread)
	for i, t := range tokens {
		row := values[i*width : (i+1)*width]
		clear(row[:firstRandomDimension])
		row[priorDimension] = float32(logit * t.prior)
		if i == endID || t.text == space {
			row[openingDimension] = logit * never
		}
		if closes(t.text) {
			row[closingDimension] = -logit * likely
		}
	}
	return values
}

// block adds a block of attention and feed-forward. It writes nothing to the dimensions that are not random.
func (w weights) block(f *file, prefix string) {
	square := func(name string) { f.tensor(prefix+name, width, width, w.normal(width*width, blockSpread)) }
	f.tensor(prefix+"attn_norm.weight", width, 1, ones(width))
	square("attn_q.weight")
	square("attn_k.weight")
	square("attn_v.weight")
	f.tensor(prefix+"attn_output.weight", width, width, silent(w.normal(width*width, blockSpread), width))
	f.tensor(prefix+"ffn_norm.weight", width, 1, ones(width))
	f.tensor(prefix+"ffn_gate.weight", width, feedForward, w.normal(width*feedForward, blockSpread))
	f.tensor(prefix+"ffn_up.weight", width, feedForward, w.normal(width*feedForward, blockSpread))
	f.tensor(prefix+"ffn_down.weight", feedForward, width, silent(w.normal(width*feedForward, blockSpread), feedForward))
}

// silent clears the rows that would write to the dimensions that are not random.
func silent(values []float32, columns int) []float32 {
	clear(values[:firstRandomDimension*columns])
	return values
}

func ones(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = 1
	}
	return values
}
