// Consumer is a program outside of the module that uses its core, as a service would: .ci/run copies it elsewhere, points it at the
// checkout and tests it.
module example.com/consumer

go 1.26.0

require github.com/gloss-sdk/gloss v0.0.0

require (
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/blevesearch/snowballstem v0.9.0 // indirect
	github.com/buger/jsonparser v1.1.2 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/safehtml v0.0.2 // indirect
	github.com/invopop/jsonschema v0.14.0 // indirect
	github.com/jba/templatecheck v0.7.1 // indirect
	github.com/pb33f/ordered-map/v2 v2.3.1 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2 // indirect
	go.yaml.in/yaml/v4 v4.0.0-rc.2 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/gloss-sdk/gloss => ../..
