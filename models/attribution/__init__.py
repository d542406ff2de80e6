"""Which channel a purchase is due to: rules, a Markov chain and Shapley values."""
