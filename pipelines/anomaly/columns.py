"""Names that several modules share."""

STREAM, TIME, VALUE, ANOMALY = "stream", "time", "value", "anomaly"
KEYS = [STREAM]
SIGNALS = ["beyond", "unsettled", "jumpy"]  # what a score is the sum of
MOST = 20  # columns of a stream
