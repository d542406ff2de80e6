"""How sure a prediction is: conformal intervals, and ways to quantiles."""
