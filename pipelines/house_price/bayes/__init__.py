"""Bayesian linear regression: exact, by sampling and by variation, from scratch; and a solver with constraints."""
