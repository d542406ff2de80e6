"""Sentences as vectors: MiniLM, its training, and what reads with it."""
