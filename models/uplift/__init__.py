"""What an action changes: learners of effects, causal forests, policies and their value."""
