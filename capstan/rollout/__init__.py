"""Roll-outs: which version of a model serves which requests. One state, in one registry tag, with one writer."""
