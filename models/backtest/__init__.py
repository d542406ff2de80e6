"""Backtests of an account: orders, fills, two engines that are equal to the cent, and a paper broker."""
