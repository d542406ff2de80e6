"""`python -m pipelines.search`: your own notes, searched by words and by meaning, on this machine alone.

python -m pipelines.search add FOLDER      read its texts, PDF, DOCX, HTML, pictures and speech (WAV); again later, what
                                           changed
python -m pipelines.search watch FOLDER    the same, whenever something changes, until Ctrl-C
python -m pipelines.search ask "a question"     quotes of your notes, each with its source
python -m pipelines.search page                 the same on a page of this machine alone, until Ctrl-C
python -m pipelines.search links           notes that are about the same
python -m pipelines.search export FILE     all passages, a JSON line each
python -m pipelines.search delete PATH     forget a note, or a folder, for good
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from capstan.errors import without_tracebacks
from capstan.settings import settings
from pipelines.search import notes_page
from pipelines.search.notes import Added, Notes

EVERY = 5.0  # seconds between two looks at a folder


def embed(texts: Sequence[str]) -> np.ndarray:
    """Return MiniLM's vectors of texts, shape (n, 384). Nothing of them is kept elsewhere."""
    from capstan.inputs import weights_files
    from models.encoder import minilm

    encoder = minilm.shared(weights_files.fetch_all(minilm.WEIGHTS))
    return encoder.embed(texts) if texts else np.zeros((0, 384), np.float32)


def parser() -> argparse.ArgumentParser:
    """Return the commands."""
    root = argparse.ArgumentParser("python -m pipelines.search", description=__doc__, formatter_class=Raw)
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, argument in (("add", "folder"), ("watch", "folder"), ("delete", "path"), ("export", "file")):
        commands.add_parser(name).add_argument(argument, type=Path)
    asked = commands.add_parser("ask")
    asked.add_argument("question")
    asked.add_argument("--count", type=int, default=5)
    commands.add_parser("page").add_argument("--port", type=int, default=8765)
    commands.add_parser("links")
    return root


class Raw(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description."""


def said(done: Added) -> str:
    """Return what adding a folder did, in words."""
    counts = f"{done.added} added, {done.gone} gone, {done.unchanged} unchanged"
    return "\n".join([*(f"not read: {path}: {why}" for path, why in done.refused), counts])


def answered(notes: Notes, question: str, count: int) -> str:
    """Return quotes, each with the number of its note, and the notes."""
    if not (found := notes.ask(question, count)):
        raise SystemExit("Nothing was found. `add FOLDER` reads notes.")
    quotes = notes.answer(question, found)
    lines = [f"{' '.join(quote.text.split())} [{quote.paper + 1}]" for quote in quotes]
    lines = lines or ["No sentence of your notes answers this well enough. The nearest passages:"]
    for number, passage in enumerate(found, 1):
        lines += [
            "",
            f"[{number}] {passage.title}  {passage.path}  {passage.score:.2f}",
            f"    {' '.join(passage.snippet.split())}",
        ]
    return "\n".join(lines)


def serve(notes: Notes, port: int) -> None:
    """Serve the page until it is interrupted."""
    try:
        server = notes_page.server(notes, port)
    except OSError as error:
        raise SystemExit(f"Port {port} cannot be used ({error.strerror}). Name another one with --port.") from error
    print(f"http://{notes_page.HOST}:{server.server_port}", flush=True)
    with server, suppress(KeyboardInterrupt):
        server.serve_forever()


def main() -> None:
    """Do what the command says."""
    without_tracebacks()
    options = parser().parse_args()
    notes = Notes(settings().home / "search-notes", embed)
    if options.command in ("add", "watch"):
        if not options.folder.is_dir():
            raise SystemExit(f"{options.folder} is no folder. Name one with notes.")
        done = notes.add(options.folder)
        print(said(done), flush=True)
        while options.command == "watch":
            time.sleep(EVERY)
            refused, done = done.refused, notes.add(options.folder)
            if done.added or done.gone or done.refused != refused:
                print(said(done), flush=True)
    elif options.command == "ask":
        print(answered(notes, options.question, options.count))
    elif options.command == "page":
        serve(notes, options.port)
    elif options.command == "links":
        for first, second, cosine in notes.links():
            print(f"{cosine:.2f}  {first}  {second}")
    elif options.command == "export":
        print(f"{notes.export(options.file)} passages in {options.file}")
    elif not (count := notes.delete(options.path)):
        raise SystemExit(f"No note of {options.path} is known.")
    else:
        print(f"{count} notes forgotten")


if __name__ == "__main__":
    main()
