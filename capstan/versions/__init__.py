"""Trained versions: their files, code, seal and signature, and the registry."""
