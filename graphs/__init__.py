"""The KFP graphs that capstones share: the standard road, scoring and monitoring."""
