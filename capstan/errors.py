"""Errors that are the user's to mend."""


class CapstanError(Exception):
    """Bad data, configuration or state; the message says what is wrong and what to do.

    The command prints the message and exits with 1. Anything else that is raised is a bug and keeps its traceback.
    """
