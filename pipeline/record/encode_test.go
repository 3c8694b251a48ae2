package record

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nothing is stored yet.
func nothing(sum) bool { return false }

// storedBy returns the hash of v and the lines that are stored for it, without repetitions.
func storedBy(store func(e *encoder) Hash) (Hash, map[string]bool) {
	e := newEncoder(&shapes{}, &raws{}, nothing)
	e.reset(context.Background(), &passing{})
	h := store(e)
	lines := map[string]bool{}
	for _, c := range e.contents {
		lines[string(e.lines[c.begin:c.end])] = true
	}
	return h, lines
}

// requireSame checks that v is stored as it is by way of its JSON.
func requireSame(t *testing.T, v any) {
	t.Helper()
	want, wantLines := storedBy(func(e *encoder) Hash { return e.encoded(encode(v)) })
	got, lines := storedBy(func(e *encoder) Hash { return e.value(v) })
	require.Equal(t, want, got, "%#v", v)
	for l := range wantLines {
		require.Contains(t, lines, l)
	}
}

type shaped struct {
	A     int
	B     string             `json:"b,omitempty"`
	C     []string           `json:"c"`
	D     map[string]*shaped `json:"d,omitempty"`
	E     any                `json:"e"`
	F     float64            `json:"f,omitempty"`
	G     float32            `json:"g"`
	H     [2]bool            `json:"h,omitempty"`
	I     *shaped            `json:"i,omitempty"`
	J     json.RawMessage    `json:"j,omitempty"`
	K     time.Time          `json:"k"`
	L     []byte             `json:"l"`
	M     uint8              `json:"m,omitempty"`
	N     []byValue          `json:"n,omitempty"`
	O     []byPointer        `json:"o,omitempty"`
	P     map[key]int        `json:"p,omitempty"`
	Q     json.Number        `json:"q,omitempty"`
	Text  string             `json:"$text"`
	Value string             `json:"$$value,omitempty"`
	hid   int
	Not   func() `json:"-"`
}

type key string

type byValue struct{ V int }

func (b byValue) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"long": strings.Repeat("v", b.V)})
}

type byPointer struct{ V int }

func (b *byPointer) MarshalText() ([]byte, error) { return []byte(strings.Repeat("<p>", b.V)), nil }

type embedding struct {
	byPointer
	shaped
	Own int `json:"own,string"`
}

// randomText returns a text of at most n bytes or so, some of which are not UTF-8.
func randomText(random *rand.Rand, n int) string {
	var b strings.Builder
	pieces := []string{"word ", "“x”", "\n", "\"", "\\", "\x00\x1f", "\x7f", "\u2028", "\xff", "\xe2\x80", "<&>", "😀", "long and plain text "}
	for range random.IntN(n/4 + 1) {
		b.WriteString(pieces[random.IntN(len(pieces))])
	}
	return b.String()
}

func randomShaped(random *rand.Rand, depth int) *shaped {
	s := &shaped{
		A: random.IntN(3) - 1, B: randomText(random, 100), Text: randomText(random, 600), Value: randomText(random, 20),
		F: []float64{0, 1e-7, 1e21, 123.456, -1e-9, math.MaxFloat64, 5e-324, 1e20}[random.IntN(8)],
		G: []float32{0, 1e-7, 1e21, 0.1, math.MaxFloat32}[random.IntN(5)], M: uint8(random.IntN(3)), hid: 1,
		K: time.Unix(random.Int64N(1e9), 0).UTC(), P: map[key]int{"b": 1, "a\n": 2}, Q: "1.50",
	}
	for range random.IntN(3) {
		s.C = append(s.C, randomText(random, 90))
		s.L = append(s.L, byte(random.IntN(256)))
		s.N = append(s.N, byValue{random.IntN(300)})
		s.O = append(s.O, byPointer{random.IntN(30)})
	}
	if random.IntN(2) == 0 {
		s.J = json.RawMessage(` {"raw": "` + strings.Repeat("r", random.IntN(100)) + `", "$text": 1} `)
		s.E = []any{nil, 1.5, "x", map[string]any{"$text": randomText(random, 80), "$": true, "$$text": 2}, key("k"), int8(3)}
		s.H = [2]bool{true, false}
	}
	if depth > 0 {
		s.I = randomShaped(random, depth-1)
		s.D = map[string]*shaped{"z": randomShaped(random, depth-1), "a": nil, "$value": nil, randomText(random, 90): nil}
	}
	return s
}

func TestShapesEncodeAsJSONDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		s := randomShaped(random, random.IntN(3))
		requireSame(t, s)
		requireSame(t, *s)
		requireSame(t, []*shaped{s, nil})
		requireSame(t, embedding{byPointer{2}, *s, 3})
		requireSame(t, s.Text)
	}
}

// Base, Deeper and the types below have fields from embedded structs, and some that are left out as zero.
type Base struct {
	ID   string `json:"id"`
	Note string `json:"note,omitempty"`
}

type Deeper struct {
	Base
	At   time.Time  `json:"at,omitzero"`
	Size Base       `json:"size,omitzero"`
	Even even       `json:"even,omitzero"`
	Both int        `json:"both,omitempty,omitzero"`
	List []string   `json:"list,omitzero"`
	Ptr  *even      `json:"ptr,omitzero"`
	Any  any        `json:"any,omitzero"`
	Odd  byEvenness `json:"odd,omitzero"`
}

// even is zero if it is.
type even int

func (e even) IsZero() bool { return e%2 == 0 }

// byEvenness is zero by a method of its pointer.
type byEvenness int

func (b *byEvenness) IsZero() bool { return *b%2 == 0 }

type Outer struct {
	First int `json:"first"`
	Deeper
	Last string
}

type unexported struct{ Inner int }

type hiding struct {
	Base
	ID int `json:"id"` // hides that of Base
}

type named struct {
	Base `json:"base"`
}

type pointing struct{ *Base }

type private struct{ unexported }

func TestEmbeddedFieldsAndZerosEncodeAsJSONDoes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 80)
	three, two := even(3), even(2)
	for _, d := range []Deeper{
		{},
		{Base: Base{"x", long}, At: time.Unix(1, 0).UTC(), Size: Base{Note: long}, Even: 3, Both: 1, List: []string{}, Ptr: &three, Any: 0, Odd: 3},
		{At: time.Time{}.In(time.FixedZone("z", 3600)), Even: 2, Ptr: &two, Any: two, Odd: 2, List: []string{long}},
	} {
		for _, v := range []any{
			d, &d, Outer{1, d, "last"}, &Outer{2, d, long}, hiding{d.Base, 4}, named{d.Base}, pointing{&d.Base}, pointing{}, private{unexported{5}},
			[]Outer{{1, d, ""}}, map[string]Deeper{"k": d},
			struct {
				E even `json:"e,omitzero"`
				P Base `json:"p,omitzero"`
			}{d.Even, d.Size},
		} {
			requireSame(t, v)
		}
	}
	ss := &shapes{}
	require.Equal(t, shapeStruct, ss.of(reflect.TypeFor[Base]()).kind)
	require.Len(t, ss.of(reflect.TypeFor[struct {
		Base
		At time.Time `json:"at,omitzero"`
	}]()).fields, 3, "it is encoded here, not by encoding/json")
}

func TestOddValuesEncodeAsJSONDoes(t *testing.T) {
	t.Parallel()
	loop := &cyclic{}
	loop.Next = loop
	deep := any(1)
	for range 500 {
		deep = []any{deep}
	}
	var nilStage *shaped
	for _, v := range []any{
		nil, nilStage, 1, "", true, math.Copysign(0, -1), math.NaN(), []int(nil), []int{}, map[string]int(nil), map[string]int{},
		[0]int{}, struct{}{}, hidden{1}, &hidden{1}, untagged{2}, tagged{}, omitted{}, promoted{}, marshaling{}, holding{"x"},
		panicking{}, []any{panicking{}}, loop, deep, func() {}, []any{func() {}}, map[int]string{1: "x"}, map[any]int{}, 1 + 2i,
		struct {
			A int `json:"a,omitzero"`
		}{},
		struct {
			A int `json:"a,string"`
		}{1},
		reflect.Zero(reflect.StructOf([]reflect.StructField{ // two fields of one name are left out
			{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"x"`}, {Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"x"`},
		})).Interface(),
		struct {
			A int `json:"a/b%c"`
			B int `json:"<é>"`
			C int `json:",omitempty"`
		}{1, 2, 3},
		reflect.Zero(reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"a b'c"`}})).Interface(),
		[]byPointer{{3}}, &[]byPointer{{3}}, [1]byPointer{{3}}, map[string]byPointer{"a": {3}}, &byPointer{4}, byPointer{4},
		json.RawMessage("{"), struct{ R json.RawMessage }{json.RawMessage("nope")}, [4]byte{1, 2}, [3]uint8{},
		strings.Repeat("\x01", 20), strings.Repeat("\x01", 63), strings.Repeat("a", 63), strings.Repeat("a", 64),
		strings.Repeat("a", 64) + "\xff", strings.Repeat("\xff", 20), strings.Repeat("\xff", 63), strings.Repeat("\ufffd", 63),
	} {
		requireSame(t, v)
	}
}

func TestATextIsWrittenOnce(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("An essay. ", 50)
	known := newRecent(rows)
	e := newEncoder(&shapes{}, &raws{}, known.has)
	add := func() {
		for _, c := range e.contents {
			known.add(c.sum)
		}
	}
	e.reset(t.Context(), nil)
	first := e.value([]string{long, "short"})
	require.Len(t, e.contents, 2, "the text and the value")
	add()
	e.reset(t.Context(), nil)
	require.Equal(t, first, e.value([]string{strings.Clone(long), "short"}))
	require.Len(t, e.contents, 1, "the text is known by now")
	e = newEncoder(&shapes{}, &raws{}, nothing)
	e.reset(t.Context(), nil)
	require.Equal(t, first, e.value([]string{long, "short"}))
	require.Len(t, e.contents, 2)
}

// What a value shares with the one before, in the same memory, is referred to without being encoded again, and nothing else is.
func TestPartsThatAreHandedOnAreEncodedOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 7))
	again, less := 0, 0
	for range 300 {
		s := randomShaped(random, 2)
		p := &passing{}
		e := newEncoder(&shapes{}, &raws{}, nothing)
		for step := range 4 {
			next := *s
			next.A += step
			switch step {
			case 2:
				next.C, next.N = append([]string(nil), s.C...), s.N[:len(s.N)/2]
			case 3:
				next.I = randomShaped(random, 1)
			}
			want, lines := storedBy(func(e *encoder) Hash { return e.value(next) })
			e.reset(t.Context(), p)
			require.Equal(t, want, e.value(next), "step %d", step)
			if step > 0 && len(e.contents) < len(lines) {
				less++
			}
			again++
			p.keepParts(e.freshParts)
			require.LessOrEqual(t, len(p.parts), keptParts)
		}
	}
	require.Greater(t, less, again/4, "parts are found")
}

// The same memory is another value as another type, and in another length.
func TestPartsAreKnownByTypeAndLength(t *testing.T) {
	t.Parallel()
	type one struct {
		A string `json:"a"`
	}
	type other struct {
		A string `json:"b"`
	}
	long := strings.Repeat("long ", 30)
	ones := []one{{long + "1"}, {long + "2"}, {long + "3"}, {long + "4"}, {long + "5"}}
	others := make([]other, 0, 5)
	for _, o := range ones {
		others = append(others, other(o))
	}
	sameMemory := reflect.NewAt(reflect.TypeFor[[]other](), reflect.ValueOf(&ones).UnsafePointer()).Elem().Interface()
	p := &passing{}
	e := newEncoder(&shapes{}, &raws{}, nothing)
	for _, v := range []any{[]any{ones}, []any{ones[:4]}, []any{sameMemory}, []any{ones}} {
		e.reset(t.Context(), p)
		got := e.value(v)
		want, _ := storedBy(func(e *encoder) Hash { return e.value(v) })
		require.Equal(t, want, got)
		p.keepParts(e.freshParts)
	}
	require.Len(t, p.parts, 3)
	require.Equal(t, others, sameMemory)
}

// A pointer to JSON that was met before is known by that JSON, whatever was stored in between.
func TestPartsThatSpeakForThemselvesAreKnownByWhatTheySay(t *testing.T) {
	t.Parallel()
	type carrier struct {
		Large []string
		P     *any
	}
	var raw any = json.RawMessage(`["` + strings.Repeat(`r", "`, 200) + `"]`)
	again := raw
	long := strings.Repeat("long ", 30)
	large := []string{long + "1", long + "2", long + "3", long + "4"}
	rs, p := &raws{}, &passing{}
	e := newEncoder(&shapes{}, rs, nothing)
	for _, v := range []any{carrier{P: &raw}, carrier{large, &again}, carrier{nil, &again}} {
		e.reset(t.Context(), p)
		got := e.value(v)
		want, _ := storedBy(func(e *encoder) Hash { return e.value(v) })
		require.Equal(t, want, got)
		p.keepParts(e.freshParts)
		rs.add(e.freshRaw)
	}
}

func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"", "plain text of some length", "\"\\\b\f\n\r\t\x00", "é\u2028\u2029\xff\xe2\x80😀\x7f", "1234567\"", "12345678\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := marshal(s)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(appendQuoted(nil, s)))
		assert.LessOrEqual(t, len(s), len(want)-2, "JSON is never shorter")
	})
}
