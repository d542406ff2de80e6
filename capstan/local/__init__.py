"""The local profile: the stack of one machine and its state folder."""
