"""Checks that act: did what the model sees, answers or is worth change, by more than days differ anyway?

daily_counts  per day and signal, exact, by DuckDB      grids    the bins and categories of a signal
distances    of two histograms, as Evidently has them      scores   what one day or window says about a signal
ranks    the test of a window's days against those of the reference
verdicts    all of these as checks                         quality, performance    checks of the rows themselves
"""
