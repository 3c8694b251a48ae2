package tinygguf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestModelIsSmall(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 500_000, len(Model(1)), 100_000)
	assert.Len(t, Endless(1), len(Model(1)))
}

func BenchmarkModel(b *testing.B) {
	for b.Loop() {
		Model(1)
	}
}

func TestModelBelongsToItsSeed(t *testing.T) {
	t.Parallel()
	for name, encode := range map[string]func(uint64) []byte{"model": Model, "endless": Endless} {
		first, second := encode(1), encode(1)
		assert.Equal(t, first, second, name)
		assert.NotEqual(t, first, encode(2), name)
	}
}

func TestModelIsAFileInTheFormat(t *testing.T) {
	t.Parallel()
	file := Model(1)
	r := &reader{data: file}
	assert.Equal(t, "GGUF", string(r.take(4)))
	assert.EqualValues(t, 3, r.uint32())
	tensors, pairs := r.uint64(), r.uint64()
	assert.EqualValues(t, 21, tensors)
	metadata := r.metadata(t, pairs)
	assert.Equal(t, "llama", metadata["general.architecture"])
	assert.EqualValues(t, ContextLength, metadata["llama.context_length"])
	assert.EqualValues(t, width, metadata["llama.embedding_length"])
	assert.EqualValues(t, blocks, metadata["llama.block_count"])
	assert.Equal(t, "llama", metadata["tokenizer.ggml.model"])
	assert.Equal(t, true, metadata["tokenizer.ggml.add_bos_token"])
	assert.EqualValues(t, endID, metadata["tokenizer.ggml.eos_token_id"])
	assert.InDelta(t, 1e-5, metadata["llama.attention.layer_norm_rms_epsilon"], 1e-9)
	for _, key := range []string{"tokens", "scores", "token_type"} {
		assert.Len(t, metadata["tokenizer.ggml."+key], len(vocabulary(likely)), key)
	}

	end := 0
	infos := r.tensors(t, tensors)
	data := aligned(r.at)
	for _, info := range infos {
		assert.Equal(t, end, info.offset, "%s begins where the one before it ends", info.name)
		assert.Zero(t, info.offset%alignment, info.name)
		end = aligned(info.offset + 4*info.size())
	}
	assert.Len(t, file, data+end, "the values fill the file")
	assert.Equal(t, []uint64{width, uint64(len(vocabulary(likely)))}, infos[0].dimensions, "a row of %s per token", infos[0].name)
}

func TestTensorsAreThoseOfALlama(t *testing.T) {
	t.Parallel()
	want := []string{"token_embd.weight"}
	for b := range blocks {
		for _, name := range strings.Fields("attn_norm attn_q attn_k attn_v attn_output ffn_norm ffn_gate ffn_up ffn_down") {
			want = append(want, fmt.Sprintf("blk.%d.%s.weight", b, name))
		}
	}
	want = append(want, "output_norm.weight", "output.weight")
	r := &reader{data: Model(1)}
	r.take(8)
	tensors, pairs := r.uint64(), r.uint64()
	r.metadata(t, pairs)
	var names []string
	for _, info := range r.tensors(t, tensors) {
		names = append(names, info.name)
	}
	assert.Equal(t, want, names)
}

func TestVocabularyCanWriteAnything(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	bytes := 0
	for i, tok := range vocabulary(likely) {
		assert.False(t, seen[tok.text], "token %d, %q, is there twice", i, tok.text)
		seen[tok.text] = true
		if tok.kind == kindByte {
			assert.Equal(t, fmt.Sprintf("<0x%02X>", i-firstByteID), tok.text)
			bytes++
		}
	}
	assert.Equal(t, 256, bytes)
	for c := '!'; c <= '~'; c++ {
		assert.True(t, seen[string(c)], "%q", c)
	}
	for _, marker := range []string{systemMarker, userMarker, assistantMarker} {
		assert.True(t, seen[marker], marker)
	}
	for pair := range strings.FieldsSeq(pairs) {
		for _, c := range pair {
			assert.True(t, seen[string(c)], "the tokenizer merges %q from %q", pair, c)
		}
	}
}

func TestPairsAreMergedBeforeCharactersStand(t *testing.T) {
	t.Parallel()
	worst, best := float32(0), float32(-1000)
	for _, tok := range vocabulary(likely) {
		if tok.kind != kindNormal {
			continue
		}
		if len([]rune(tok.text)) == 2 {
			worst = min(worst, tok.score)
		} else {
			best = max(best, tok.score)
		}
	}
	assert.Greater(t, worst, best)
}

// The dimensions that steer the model hold what they should, and no block writes to them.
func TestSteeringDimensions(t *testing.T) {
	t.Parallel()
	file := Model(7)
	tokens := vocabulary(likely)
	embeddings, output := valuesOf(t, file, "token_embd.weight"), valuesOf(t, file, "output.weight")
	for i, tok := range tokens {
		in, out := embeddings[i*width:(i+1)*width], output[i*width:(i+1)*width]
		assert.EqualValues(t, level, in[priorDimension], tok.text)
		assert.InDelta(t, tok.prior, level/normalized*out[priorDimension], 1e-4, tok.text)
		assert.Equal(t, tok.text == assistantMarker, in[openingDimension] != 0, tok.text)
		assert.Equal(t, closes(tok.text) || tok.text == assistantMarker, in[closingDimension] != 0, tok.text)
		assert.Equal(t, i == endID || tok.text == space, out[openingDimension] < 0, tok.text)
		assert.Equal(t, closes(tok.text), out[closingDimension] < 0, tok.text)
	}
	for b := range blocks {
		for name, columns := range map[string]int{"attn_output": width, "ffn_down": feedForward} {
			values := valuesOf(t, file, fmt.Sprintf("blk.%d.%s.weight", b, name))
			for i, v := range values {
				if i < firstRandomDimension*columns {
					require.Zero(t, v, "%s writes to dimension %d", name, i/columns)
				}
			}
			assert.NotZero(t, values[firstRandomDimension*columns], name)
		}
	}
}

func TestEndlessDiffersInWhatItCloses(t *testing.T) {
	t.Parallel()
	model, endless := Model(3), Endless(3)
	assert.Equal(t, valuesOf(t, model, "token_embd.weight"), valuesOf(t, endless, "token_embd.weight"))
	a, b := valuesOf(t, model, "output.weight"), valuesOf(t, endless, "output.weight")
	for i, tok := range vocabulary(never) {
		ends := closes(tok.text) || i == endID
		assert.Equal(t, ends, a[i*width] != b[i*width], tok.text)
		assert.Equal(t, a[i*width+1:(i+1)*width], b[i*width+1:(i+1)*width], tok.text)
		if ends {
			assert.Less(t, b[i*width], float32(-5), tok.text)
		}
	}
}

func ExampleModel() {
	file := Model(1)
	fmt.Println(string(file[:4]), len(file)/1000, "kB")
	// Output: GGUF 535 kB
}
