// Package leak tells whether something that is held out for an evaluation can be read by the inference that is evaluated.
//
// [Check] reads every text that the roots of a pipeline hold and searches it for the held texts. What is derived from roots holds
// nothing that they do not, so roots are enough. It fails closed: a root that cannot be read is an error, not an empty root.
//
// # What counts as a leak
//
// Texts are compared word by word. A word is a run of letters, marks and numbers, without regard to case; punctuation, spacing and
// invisible format characters do not count. In scripts that write no spaces (Han, Kana, Thai, Lao, Khmer, Myanmar) each letter is a word. A
// held text of at least [MinWords] words leaks if all its words occur in a root in their order, next to each other: as a text, inside of
// one, or spread over texts that follow each other, such as the paragraphs of one essay.
//
// A shorter held text is too short to tell: short answers coincide without anybody having seen them. It is never a leak; the [Report]
// counts such texts, and how many of them equal a whole text of a root.
//
// # What is read
//
// Strings and bytes, wherever pointers, slices, maps, interfaces and fields lead, unexported ones included; JSON inside of them is read as
// the texts it encodes too. A value that implements [Lister] or [RecordLister] is listed instead of read. A function, a channel, a bare
// address and a value with a method Search, Retrieve, Query or Read stand for texts that are not in them: without a listing they cannot be
// read.
//
// Not found are parts of a held text, paraphrases, the same letters in another Unicode normal form, and texts that are compressed,
// encrypted or kept as runes or token numbers.
package leak
