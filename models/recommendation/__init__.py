"""Recommenders that know people by their histories alone: each has `fit(past, items, seed)` and `scores(histories)`."""
