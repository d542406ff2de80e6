"""How sure a price is: conformal intervals, and ways to quantiles."""
