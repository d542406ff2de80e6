"""Language models from the simplest on: bigrams, networks, recurrent cells, transformers."""
