"""Limits of every server. They protect it from its clients. The settings have those that operators change."""

BODY_SECONDS = 10.0  # for a request body to arrive: a client that sends slower holds a connection for nothing
MAX_BODIES_BYTES = 2**28  # of all request bodies at a time: what a server with 1 GiB can hold
TOKEN_BURST = 20  # requests of a token at once, beyond CAPSTAN_TOKEN_RATE: a page with its parts
FIRST_TOKEN_SECONDS = 30.0  # to the first part of a stream: a long prompt is read first
TOKEN_SECONDS = 10.0  # between two parts of a stream, and to send one
BATCH_DELAY = 0.002  # seconds that a request waits for its batch: a tenth of what a small model takes with its log
DRAIN_DELAY = 0.5  # seconds between not ready and closed, after SIGTERM; the option --drain-delay sets another
DRAIN_SECONDS = 10  # for open requests to finish, once the ports are closed: below Kubernetes' grace period of 30 s
