"""One rule per file: what is known at a close -> the weights of an account. None of them keeps a state between days."""
