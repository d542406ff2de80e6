"""Linear regression that bears outliers, from scratch: each module has `fit(design, target)`, which returns weights."""
