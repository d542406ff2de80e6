"""Texts as tokens: byte pairs, WordPiece, unigrams, and n-grams of bytes."""
