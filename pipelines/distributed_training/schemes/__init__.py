"""The ways to share one training, a file each."""
