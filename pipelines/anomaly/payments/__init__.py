"""Simulated card payments: what is measured on them shows methods, not the world."""
