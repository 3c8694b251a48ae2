// Package price is a price list as data: what models charge for tokens, in exact amounts, with the day on which that was known to hold and
// where it was published.
//
//	run, err := pipeline.NewRun(pipeline.WithPrices(price.Default()))
//
// A [Table] is read from JSON or is the [Default] one. It is a [pipeline.Pricer]: the price of a call is that of the model that
// answered. A model without a price has no known cost; it never counts as free. What does cost nothing, such as a model that runs
// locally, is declared to be free by the name of its resource.
//
// Prices are prices for tokens. Discounts for batches or volume, surcharges for long prompts, for writing to a cache and for regions,
// taxes, and fees other than for tokens are not part of them.
package price
