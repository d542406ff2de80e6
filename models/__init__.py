"""Algorithms that know nothing of a capstone, in rooms: see README.md, the index."""
