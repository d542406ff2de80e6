"""Notes from a step to the person who started the run. `capstan run` shows them; on a cluster they are in the log."""

MARK = "capstan note: "


def note(text: str) -> None:
    """Print a note on one line."""
    print(MARK + " ".join(text.split()), flush=True)
