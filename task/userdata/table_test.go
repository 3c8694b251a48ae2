package userdata_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gloss-sdk/gloss/task/userdata"
)

func table(t testing.TB, name, data string, opts ...userdata.TableOption) *userdata.Table {
	t.Helper()
	tab, err := userdata.NewTable(fstest.MapFS{name: {Data: []byte(data)}}, name, opts...)
	require.NoError(t, err)
	return tab
}

func rows(t *testing.T, tab *userdata.Table, required ...string) (rows []userdata.Row, errs []error) {
	t.Helper()
	for row, err := range tab.Rows(t.Context(), required...) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		rows = append(rows, row)
	}
	return rows, errs
}

func columns(t testing.TB, spec string) userdata.TableOption {
	t.Helper()
	c, err := userdata.ParseColumns(spec)
	require.NoError(t, err)
	return userdata.WithColumns(c)
}

// A TSV file has no rule for quotation marks: many have them as they come, and spreadsheets write them as in a CSV file.
func TestQuotationMarksInTSV(t *testing.T) {
	t.Parallel()
	got, errs := rows(t, table(t, "e.tsv", "id\ttext\tscore\na\tHe said \"no\" twice.\t3\nb\t\"He said \"\"no\"\".\"\t4\n"))
	require.Empty(t, errs)
	require.Len(t, got, 2)
	assert.Equal(t, `He said "no" twice.`, got[0].Get("text"))
	assert.Equal(t, `He said "no".`, got[1].Get("text"))

	_, errs = rows(t, table(t, "e.tsv", "id\ttext\tscore\na\t\"Never closed.\t3\nb\tText.\t4\n"))
	require.Len(t, errs, 1, "a field that takes in the rows after it is no row")
	assert.Contains(t, messages(errs)[0], "number of fields")
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	tab := table(t, "e.csv", "\ufeff essay_id ,essay,score,,\n\ne1,\"Two\r\nlines, and a \"\"quote\"\".\",4,x,\n,,,,\ne2,\" plain \",,,\n",
		columns(t, "id=essay_id,text=essay"))
	got, errs := rows(t, tab, "id", "text", "score")
	require.Empty(t, errs)
	require.Len(t, got, 2)
	assert.Equal(t, "e.csv:3", got[0].Place.String())
	assert.Equal(t, "e1", got[0].Get("id"))
	assert.Equal(t, "e1", got[0].Get("essay_id"))
	assert.Equal(t, "Two\nlines, and a \"quote\".", got[0].Get("text"))
	assert.Equal(t, "4", got[0].Get("score"))
	assert.True(t, got[0].Has("score"))
	assert.False(t, got[0].Has("group"))
	assert.Empty(t, got[0].Get("group"))
	assert.Equal(t, "e.csv:6", got[1].Place.String(), "the line of the record, after one of two lines and one without content")
	assert.Equal(t, " plain ", got[1].Get("text"))
}

func TestTableCommas(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, data string
		opts       []userdata.TableOption
	}{
		"csv":       {"e.csv", "id,text\ne1,\"a,b\"\n", nil},
		"tsv":       {"e.tsv", "id\ttext\ne1\ta,b\n", nil},
		"tab":       {"E.TAB", "id\ttext\ne1\ta,b\n", nil},
		"txt":       {"e.txt", "id,text\ne1,\"a,b\"\n", nil},
		"semicolon": {"e.csv", "id;text\ne1;a,b\n", []userdata.TableOption{userdata.WithComma(';')}},
		"override":  {"e.tsv", "id|text\ne1|a,b\n", []userdata.TableOption{userdata.WithComma(';'), userdata.WithComma('|')}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, errs := rows(t, table(t, tc.file, tc.data, tc.opts...), "id")
			require.Empty(t, errs)
			require.Len(t, got, 1)
			assert.Equal(t, "a,b", got[0].Get("text"))
		})
	}
}

func TestTableEncoding(t *testing.T) {
	t.Parallel()
	got, errs := rows(t, table(t, "e.csv", "id,text\ne1,caf\xe9\n", userdata.WithEncoding(userdata.Windows1252)))
	require.Empty(t, errs)
	assert.Equal(t, "café", got[0].Get("text"))
}

func TestTableMissingColumns(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		opts []userdata.TableOption
		want string
	}{
		"required":         {nil, "e.csv:2: score: want a column of this name; the columns are essay_id, essay"},
		"required, mapped": {[]userdata.TableOption{columns(t, "score=total")}, "e.csv:2: total: want a column of this name, which was named for score; the columns are essay_id, essay"},
		"mapped":           {[]userdata.TableOption{columns(t, "group=sex")}, "e.csv:2: sex: want a column of this name, which was named for group; the columns are essay_id, essay"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, errs := rows(t, table(t, "e.csv", "\nessay_id,essay\ne1,x\n", tc.opts...), "score")
			assert.Empty(t, got)
			assert.Equal(t, []string{tc.want}, messages(errs))
		})
	}
}

func TestTableGoesOnAfterAProblem(t *testing.T) {
	t.Parallel()
	got, errs := rows(t, table(t, "e.csv", "id,text\na,1,2\nb,\"x\ny\"\nc\nd,1 \"2\" 3\ne,5\n"))
	require.Len(t, got, 2)
	assert.Equal(t, "b", got[0].Get("id"))
	assert.Equal(t, "e", got[1].Get("id"))
	assert.Equal(t, "e.csv:7", got[1].Place.String())
	assert.Equal(t, []string{
		`e.csv:2: number of fields: got "3"; want 2, as the first row has`,
		`e.csv:5: number of fields: got "1"; want 2, as the first row has`,
		`e.csv:6: want quotation marks around the whole field, and each quotation mark inside it twice`,
	}, messages(errs))
}

func TestTableEndsWhereRowsCannotBeToldApart(t *testing.T) {
	t.Parallel()
	const want = "want a quotation mark at the end of the field, and each one inside it twice; the rows after this one were not read"
	for in, line := range map[string]int{
		"id,text\na,1\nb,\"open\nc,3\n":      3,
		"id,text\na,1\nb,\"o\" pen\nc,3\n":   3,
		"id,text\na,1\nb,\"o\no\" x\nc,3\n":  3,
		"id,text\na,1\nb,\"caf\xe9\"\nc,3\n": 3,
	} {
		got, errs := rows(t, table(t, "e.csv", in))
		assert.Len(t, got, 1, in)
		require.Len(t, errs, 1, in)
		if !strings.Contains(in, "\xe9") {
			assert.EqualError(t, errs[0], fmt.Sprintf("e.csv:%d: %s", line, want), in)
		} else {
			assert.ErrorContains(t, errs[0], fmt.Sprintf("e.csv:%d: byte 18: want UTF-8", line))
		}
	}
}

func TestTableHeaderProblems(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                   "e.csv:1: want a first row that names the columns; the file is empty",
		"\n\n":               "e.csv:1: want a first row that names the columns; the file is empty",
		"id,text, id\n":      "e.csv:1: id: want one column of this name",
		"id,\"text\na,b\n":   "e.csv:1: want a quotation mark at the end of the field, and each one inside it twice; the rows after this one were not read",
		"id,te\"xt\"\na,b\n": "e.csv:1: want quotation marks around the whole field, and each quotation mark inside it twice",
	} {
		got, errs := rows(t, table(t, "e.csv", in))
		assert.Empty(t, got)
		assert.Equal(t, []string{want}, messages(errs), in)
	}
}

func TestRowNumber(t *testing.T) {
	t.Parallel()
	tab := table(t, "e.csv", "id,total\na,\" 3.5 \"\nb,-1e2\nc,\nd,three\ne,\"3,5\"\nf,NaN\ng,Inf\n", columns(t, "score=total"))
	got, errs := rows(t, tab)
	require.Empty(t, errs)
	v, err := got[0].Number("score")
	require.NoError(t, err)
	assert.InDelta(t, 3.5, v, 0)
	v, err = got[1].Number("score")
	require.NoError(t, err)
	assert.InDelta(t, -100, v, 0)
	for i, want := range []string{
		`e.csv:4: total: want a number such as 3 or 2.5`,
		`e.csv:5: total: got "three"; want a number such as 3 or 2.5`,
		`e.csv:6: total: got "3,5"; want a number such as 3 or 2.5`,
		`e.csv:7: total: got "NaN"; want a number such as 3 or 2.5`,
		`e.csv:8: total: got "Inf"; want a number such as 3 or 2.5`,
	} {
		_, err := got[i+2].Number("score")
		require.EqualError(t, err, want)
		var p *userdata.Problem
		require.ErrorAs(t, err, &p)
	}
}

func TestTableSequence(t *testing.T) {
	t.Parallel()
	tab := table(t, "e.csv", "id,text\na,1\nb,2\n")
	for range tab.Rows(t.Context()) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs []error
	for _, err := range tab.Rows(ctx) {
		cancel()
		if err != nil {
			errs = append(errs, err)
		}
	}
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], context.Canceled)
	checkSource(t, tab.Submissions())
	checkSource(t, table(t, "e.csv", "id,score\na,x\nb,y\n").Feedback())
	checkSource(t, table(t, "e.csv", "id,score\na,1\nb,2\n").Feedback())
	stopsEarly(t, table(t, "e.csv", "id\n").Feedback())
}

func TestTableMissingFile(t *testing.T) {
	t.Parallel()
	tab, err := userdata.NewTable(fstest.MapFS{}, "essays.csv")
	require.NoError(t, err)
	_, errs := rows(t, tab)
	assert.Equal(t, []string{"userdata: read essays.csv: file does not exist"}, messages(errs))
}

// FuzzTable holds the reader to encoding/csv: as long as nothing is wrong, both read the same records from the same lines.
func FuzzTable(f *testing.F) {
	f.Add("id,text\na,\"b\nc\"\n\nd,e\n")
	f.Add("\ufeffid;text\r\na,\"b\"\"c\"\r\n")
	f.Add("id\n\"a\n")
	f.Add("id,text\na,b,c\nd,\"e\"f\ng,h\n")
	f.Fuzz(func(t *testing.T, data string) {
		got, errs := rows(t, table(t, "e.csv", data))
		for _, err := range errs {
			var p *userdata.Problem
			require.ErrorAs(t, err, &p)
			require.NotEmpty(t, p.Want)
			require.Equal(t, "e.csv", p.Place.File)
		}
		if len(errs) > 0 || strings.HasPrefix(data, "\xff\xfe") || strings.HasPrefix(data, "\xfe\xff") {
			return
		}
		want := csv.NewReader(strings.NewReader(strings.TrimPrefix(data, "\ufeff")))
		header, err := want.Read()
		require.NoError(t, err)
		blank := func(record []string) bool { return strings.TrimSpace(strings.Join(record, "")) == "" }
		for _, row := range got {
			record, err := want.Read()
			for ; len(record) > 0 && blank(record); record, err = want.Read() {
			}
			require.NoError(t, err)
			line, _ := want.FieldPos(0)
			require.Equal(t, line, row.Place.Line)
			for i, name := range header {
				if name = strings.TrimSpace(name); name != "" {
					require.Equal(t, record[i], row.Get(name))
				}
			}
		}
		for record, err := want.Read(); !errors.Is(err, io.EOF); record, err = want.Read() {
			require.True(t, blank(record))
		}
	})
}

func ExampleTable() {
	fsys := fstest.MapFS{"essays.tsv": {Data: []byte("essay_id\tessay\tdomain1_score\n1\t\"Dear editor,\nI think\"\t8\n2\tClose it.\teight\n")}}
	columns, err := userdata.ParseColumns("id=essay_id,text=essay,score=domain1_score")
	if err != nil {
		fmt.Println(err)
		return
	}
	essays, err := userdata.NewTable(fsys, "essays.tsv", userdata.WithColumns(columns))
	if err != nil {
		fmt.Println(err)
		return
	}
	for row, err := range essays.Rows(context.Background(), "id", "text", "score") {
		if err != nil {
			fmt.Println(err)
			return
		}
		score, err := row.Number("score")
		if err != nil {
			fmt.Println("problem:", err)
			continue
		}
		fmt.Printf("%s: essay %s, %d characters, score %v\n", row.Place, row.Get("id"), len(row.Get("text")), score)
	}
	// Output:
	// essays.tsv:2: essay 1, 20 characters, score 8
	// problem: essays.tsv:4: domain1_score: got "eight"; want a number such as 3 or 2.5
}

func BenchmarkTable(b *testing.B) {
	var data strings.Builder
	data.WriteString("essay_id,essay,score\n")
	const rows = 13_000
	text := strings.Repeat("A sentence of an essay, with \"\"quotes\"\".\n", 38)
	for i := range rows {
		fmt.Fprintf(&data, "%d,\"%s\",%d\n", i, text, i%6)
	}
	tab := table(b, "e.csv", data.String(), columns(b, "id=essay_id,text=essay"))
	b.SetBytes(int64(data.Len()))
	for b.Loop() {
		n := 0
		for r, err := range tab.Submissions().Read(b.Context()) {
			if err != nil || r.Value.Text == "" {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatal(n)
		}
	}
}
