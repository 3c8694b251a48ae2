package userdata

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Option configures how files are read. Every reader of this package takes it, tables too.
type Option interface {
	TableOption
	applyFile(*fileConfig) error
}

// TableOption configures how a [Table] is read.
type TableOption interface{ applyTable(*tableConfig) error }

type fileConfig struct{ encoding Encoding }

type tableConfig struct {
	fileConfig
	comma   rune
	columns Columns
}

func newFileConfig(opts []Option) (fileConfig, error) {
	var (
		cfg  = fileConfig{encoding: UTF8}
		errs []error
	)
	for _, opt := range opts {
		errs = append(errs, opt.applyFile(&cfg))
	}
	return cfg, errors.Join(errs...)
}

func newTableConfig(name string, opts []TableOption) (tableConfig, error) {
	var (
		cfg  = tableConfig{fileConfig: fileConfig{encoding: UTF8}, comma: ','}
		errs []error
	)
	switch strings.ToLower(path.Ext(name)) {
	case ".tsv", ".tab":
		cfg.comma = '\t'
	}
	for _, opt := range opts {
		errs = append(errs, opt.applyTable(&cfg))
	}
	return cfg, errors.Join(errs...)
}

// WithEncoding names the encoding of files that have no byte order mark: [UTF8], the default, or [Windows1252].
//
// For a class directory it says how plain texts and tables were saved. The YAML and JSON files of the directory stay
// Unicode, as their formats demand. Of several the last counts.
func WithEncoding(e Encoding) Option { return encodingOption(e) }

type encodingOption Encoding

func (o encodingOption) applyFile(c *fileConfig) error {
	e, err := ParseEncoding(string(o))
	if err != nil {
		return err
	}
	c.encoding = e
	return nil
}

func (o encodingOption) applyTable(c *tableConfig) error { return o.applyFile(&c.fileConfig) }

type tableOption func(*tableConfig) error

func (f tableOption) applyTable(c *tableConfig) error { return f(c) }

// WithComma sets the character between the columns of a table. The default is a tab for a file whose name ends in .tsv or .tab and a comma
// for any other. A quotation mark, a line break and the replacement character cannot be it. Of several the last counts.
func WithComma(comma rune) TableOption {
	return tableOption(func(c *tableConfig) error {
		if comma == 0 || comma == '"' || comma == '\r' || comma == '\n' || comma == '\uFFFD' {
			return fmt.Errorf("userdata: %q between the columns of a table; want a character such as ',', ';' or a tab", comma)
		}
		c.comma = comma
		return nil
	})
}

// WithColumns says which columns a table has the keys in; see [Columns]. Without it, every key is in the column of its own name. Of
// several the last counts.
func WithColumns(columns Columns) TableOption {
	return tableOption(func(c *tableConfig) error {
		c.columns = columns
		return columns.validate()
	})
}
