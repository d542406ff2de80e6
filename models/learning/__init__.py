"""How networks learn: loops, optimizers, checkpoints, workers."""
