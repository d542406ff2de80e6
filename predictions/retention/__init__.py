"""Retention: what `capstan clean` removes, by a policy of three settings, and how `capstan retire` takes things down.

Each kind has a module, which can be interrupted anywhere: the next `clean` finds what is left and goes on.
"""
