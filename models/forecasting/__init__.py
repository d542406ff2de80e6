"""Forecasts of the load of a day, in half-hours, from the week before and the temperature: quantiles, calibrated."""
