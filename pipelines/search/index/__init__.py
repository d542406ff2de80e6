"""An inverted index from scratch: `directory.Index` reads, `writer.Writer` writes."""
