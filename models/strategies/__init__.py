"""Rules that turn past prices into the weights of an account, a file each."""
