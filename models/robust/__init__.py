"""Linear regression that bears outliers: each module has `fit(design, target)`, which returns weights."""
