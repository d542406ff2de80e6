"""Detectors from scratch, a file each: `fit` learns what is usual, `score` says how unusual rows are."""
