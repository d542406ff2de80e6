"""A tag for each token: hidden Markov models and conditional random fields."""
