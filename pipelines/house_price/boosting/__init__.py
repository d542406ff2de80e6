"""Gradient boosting, averages of models and additive models, from scratch."""
