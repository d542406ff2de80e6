"""Figures of the cluster profile. They need a cluster with this checkout, and nobody else who uses it."""
