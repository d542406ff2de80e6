"""Notes from a step to the person who started the run. `capstan run` shows them; on a cluster they are in the log."""

MARK = "capstan note: "
STAGE = "capstan stage: "


def note(text: str) -> None:
    """Print a note on one line."""
    print(MARK + " ".join(text.split()), flush=True)


def stage(text: str) -> None:
    """Print what a step does now. `capstan monitor` shows it on a terminal."""
    print(STAGE + " ".join(text.split()), flush=True)
