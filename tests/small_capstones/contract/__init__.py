"""Small capstones for tests of the model server, found through CAPSTAN_CAPSTONES.

`tiny` has features, `plain` has none, `steady` is `tiny` with defaults of two features, `unborn` cannot serve.
`ready` is `plain` by a name of the API. `price`, `shapes` and `picture` answer with other things than a probability,
`writer` and `echo` stream.
"""
