"""Models that capstones share: each file holds one kind, with its training beside its prediction."""
