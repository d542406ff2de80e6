"""Sharing one training between workers: data, tensor, pipeline and expert parallel, ZeRO."""
