"""What is unusual: detectors from scratch, and the scoring of a benchmark.

`fit` learns what is usual, `score` says how unusual rows are.
"""
