"""Errors that a user can fix."""


class CapstanError(Exception):
    """Bad data, configuration or state. The message says what is wrong and what to do.

    The command prints the message and exits with 1. Any other exception is a bug and keeps its traceback.
    """
