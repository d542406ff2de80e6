"""Models that capstones share, one kind per file."""
