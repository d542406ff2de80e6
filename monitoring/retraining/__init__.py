"""The retraining loop: an alarm starts a retraining, a paired test begins a canary, and live labels decide about it."""
