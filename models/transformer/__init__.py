"""A decoder of tokens: the network, its cache, adapters, sampling and many streams at once."""
