"""The console's API: how each capstone does, for anybody to read; decisions, for operators.

routes: the paths      facts, checks, links: what they show      recent: read once for all      decide: what they do
"""
