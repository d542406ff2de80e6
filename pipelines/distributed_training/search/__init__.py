"""Searches on many workers, each in one file: pure decisions, which workers of any kind follow."""
