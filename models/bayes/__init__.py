"""Bayesian inference: samplers, variational inference and conjugate models."""
