"""What a capstone states and returns: the names of its task, its bounds, checks, limits and evaluation."""
