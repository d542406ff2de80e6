"""Notes: what a step wants whoever started the run to read. `capstan run` shows them; on a cluster the log has them."""

MARK = "capstan note: "


def note(text: str) -> None:
    """Print a note on one line."""
    print(MARK + " ".join(text.split()), flush=True)
