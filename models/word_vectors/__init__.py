"""Words as vectors: counts, GloVe and word2vec."""
