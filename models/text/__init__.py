"""Texts without a neural network: counts, near copies, sentences, rules."""
