"""Prices of a shelf whose brands compete: the search for the best, and the proof that there is no better one."""
