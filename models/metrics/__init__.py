"""How good answers are: metrics, paired tests and splits."""
