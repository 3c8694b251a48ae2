package telemetry_test

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	metriccollector "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracecollector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metricdata "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracedata "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver takes what exporters send over OTLP/HTTP.
type receiver struct {
	*httptest.Server

	mu      sync.Mutex
	bytes   []byte // of all bodies, uncompressed
	spans   []*tracedata.ScopeSpans
	metrics []*metricdata.ScopeMetrics
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, req *http.Request) {
		var in tracecollector.ExportTraceServiceRequest
		r.take(t, w, req, &in, &tracecollector.ExportTraceServiceResponse{}, func() {
			for _, resource := range in.GetResourceSpans() {
				r.spans = append(r.spans, resource.GetScopeSpans()...)
			}
		})
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, req *http.Request) {
		var in metriccollector.ExportMetricsServiceRequest
		r.take(t, w, req, &in, &metriccollector.ExportMetricsServiceResponse{}, func() {
			for _, resource := range in.GetResourceMetrics() {
				r.metrics = append(r.metrics, resource.GetScopeMetrics()...)
			}
		})
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(t *testing.T, w http.ResponseWriter, req *http.Request, in, out proto.Message, keep func()) {
	t.Helper()
	assert.Equal(t, "application/x-protobuf", req.Header.Get("Content-Type"))
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(req.Body)
		if !assert.NoError(t, err) {
			return
		}
		body = unzipped
	}
	data, err := io.ReadAll(body)
	assert.NoError(t, err)
	assert.NoError(t, proto.Unmarshal(data, in))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bytes = append(r.bytes, data...)
	keep()
	answer, err := proto.Marshal(out)
	assert.NoError(t, err)
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, err = w.Write(answer)
	assert.NoError(t, err)
}

// tree returns the spans below those without a parent among them, one line each. Siblings are ordered by their lines, for some are
// concurrent.
func (r *receiver) tree() string {
	children, known := map[string][]*tracedata.Span{}, map[string]bool{}
	for _, scope := range r.spans {
		for _, s := range scope.GetSpans() {
			children[hex.EncodeToString(s.GetParentSpanId())] = append(children[hex.EncodeToString(s.GetParentSpanId())], s)
			known[hex.EncodeToString(s.GetSpanId())] = true
		}
	}
	var show func(parent, indent string) []string
	show = func(parent, indent string) []string {
		var subtrees []string
		for _, s := range children[parent] {
			below := show(hex.EncodeToString(s.GetSpanId()), indent+"  ")
			subtrees = append(subtrees, strings.Join(append([]string{indent + spanLine(s)}, below...), "\n"))
		}
		slices.Sort(subtrees)
		return subtrees
	}
	var lines []string
	for parent := range children {
		if !known[parent] {
			lines = append(lines, show(parent, "")...)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func spanLine(s *tracedata.Span) string {
	kind := strings.ToLower(strings.TrimPrefix(s.GetKind().String(), "SPAN_KIND_"))
	status := ""
	if code := s.GetStatus().GetCode(); code != tracedata.Status_STATUS_CODE_UNSET {
		status = " " + strings.TrimPrefix(code.String(), "STATUS_CODE_") + "(" + s.GetStatus().GetMessage() + ")"
	}
	return fmt.Sprintf("%s [%s]%s%s", s.GetName(), kind, status, attributeText(s.GetAttributes()))
}

// attributeText masks what depends on the clock.
func attributeText(attrs []*common.KeyValue) string {
	var parts []string
	for _, a := range attrs {
		text := fmt.Sprintf(" %s=%s", a.GetKey(), valueText(a.GetValue()))
		if a.GetKey() == "gloss.waited" {
			text = " gloss.waited"
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(parts, "")
}

func valueText(v *common.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return v.StringValue
	case *common.AnyValue_BoolValue:
		return fmt.Sprint(v.BoolValue)
	case *common.AnyValue_IntValue:
		return fmt.Sprint(v.IntValue)
	case *common.AnyValue_DoubleValue:
		return fmt.Sprintf("%gf", v.DoubleValue)
	case *common.AnyValue_ArrayValue:
		var parts []string
		for _, e := range v.ArrayValue.GetValues() {
			parts = append(parts, valueText(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		return fmt.Sprintf("%T", v)
	}
}

// points returns the points of the metrics, one line each. What depends on the clock is left out.
func (r *receiver) points() string {
	var lines []string
	for _, scope := range r.metrics {
		for _, m := range scope.GetMetrics() {
			head := m.GetName() + " {" + strings.Trim(m.GetUnit(), "{}") + "}"
			switch data := m.GetData().(type) {
			case *metricdata.Metric_Sum:
				kind := "counter"
				if !data.Sum.GetIsMonotonic() {
					kind = "updown"
				}
				for _, p := range data.Sum.GetDataPoints() {
					value := fmt.Sprint(p.GetAsInt())
					if f, ok := p.GetValue().(*metricdata.NumberDataPoint_AsDouble); ok {
						value = fmt.Sprintf("%gf", f.AsDouble)
					}
					lines = append(lines, fmt.Sprintf("%s %s %s:%s", head, kind, value, attributeText(p.GetAttributes())))
				}
			case *metricdata.Metric_Histogram:
				for _, p := range data.Histogram.GetDataPoints() {
					count := fmt.Sprintf("count=%d", p.GetCount())
					if m.GetUnit() != "s" {
						count += fmt.Sprintf(" sum=%g", p.GetSum())
					}
					lines = append(lines, fmt.Sprintf("%s histogram %s:%s", head, count, attributeText(p.GetAttributes())))
				}
			default:
				lines = append(lines, fmt.Sprintf("%s %T", head, data))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// bounds returns the bounds of each histogram.
func (r *receiver) bounds() map[string][]float64 {
	bounds := map[string][]float64{}
	for _, scope := range r.metrics {
		for _, m := range scope.GetMetrics() {
			for _, p := range m.GetHistogram().GetDataPoints() {
				bounds[m.GetName()] = p.GetExplicitBounds()
			}
		}
	}
	return bounds
}
