"""What is done to a text before a model learns from it, a file for each step."""
