// Package config reads the one file that says which tasks run, with what: experiments and services load the same one.
//
//	version: 1
//	resources:
//	  class: {dir: ./class}                        # relative to this file
//	  model: {use: exemplar, params: {...}}        # a kind that the program knows, with its parameters
//	environment:                                   # references, resolved when the configuration is opened
//	  aws_region: {env: AWS_REGION}
//	  openai_key: {env: OPENAI_API_KEY, secret: true}
//	shared:                                        # settings of every task: any part of a task's spec
//	  exemplars: {k: 8}
//	tasks:
//	  essay_score: {}                              # the key is the name, and the kind unless task says otherwise
//	  strict: {task: rubric_score, inputs: {class_docs: false}}
//	run:                                           # how a run works; everything has a default, and bounds are off at 0
//	  in_flight: 16                                # items at once
//	  attempts: 5                                  # of a call at most; item_attempts bounds the failed ones of an item
//	  call_timeout: 10m                            # of an attempt; item_timeout is that of an item with all its waits
//	  max_items: 2000                              # guards: what is larger, or expected to cost more, does not begin
//	  max_cost: 25
//	  budget: {calls: 0, tokens: 0, cost: 30}      # what is spent at most, by a run and those that resume it
//	  failures: {count: 0, share: .2, after: 50}   # when failed items stop the run
//	  limits: {requests_per_minute: 500, tokens_per_minute: 200000} # or adaptive: true, which finds the pace where no quota is known
//	  prices: default                              # or a file, relative to this one; see package price
//
// The file is YAML or JSON, and is read strictly: an unknown key, a key that is there twice, a value of a wrong type and a combination of
// settings that makes no sense are problems, and [Errors] lists them all with their lines. YAML's anchors, aliases, merge keys
// and tags are not used.
//
// What is set more than once is decided by its level. A task has the defaults of [task.DefaultSpec]; what stands under shared holds for
// every task; a task's own setting wins over it, key by key, and null takes a shared setting away. Lists, such as steps, are replaced as a
// whole. A shared setting of something that a task has off is not used there, while a task's own is an error. Assignments
// ([WithSet]) change the file before all that. [Config.Values] names the level, file and line of every value in effect.
//
// A file holds no credentials: the environment section names variables, and their values appear in no listing, error, record or hash.
// Programs pass in the kinds of models that they know ([WithModel]) and the definitions of their steps ([WithSteps]); the package itself
// knows none and keeps no registry.
//
// Nothing here knows of evaluation.
package config
