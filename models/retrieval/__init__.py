"""Search: an inverted index, BM25, nearest vectors, fusion and interleaving."""
