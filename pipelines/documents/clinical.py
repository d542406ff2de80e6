"""`python -m pipelines.documents.clinical FILE --terms TERMS.tsv`: terms in a clinical note, negated or not.

The terms are the user's: a line for each, and behind a tab the name that it goes by. It prints a line of JSON for each
term that is found, with its section. There are no free clinical data here, so how well it does on notes is not known.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from capstan.errors import CapstanError, without_tracebacks
from models.text.clinical import findings
from pipelines.documents import files


def terms(path: Path) -> dict[str, str]:
    """Return the terms of a file, in small letters, and their names. Raises CapstanError for a file without any."""
    named = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        term, _, name = line.partition("\t")
        if term.strip():
            named[" ".join(term.lower().split())] = name.strip() or term.strip()
    if not named:
        raise CapstanError(f"{path} has no terms. Write one in each line, and its name behind a tab.")
    return named


def main() -> None:
    """Print the terms in a note."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--terms", type=Path, required=True, help="a term in each line, and its name behind a tab")
    options = parser.parse_args()
    for finding in findings(files.text_of(options.file.read_bytes()), terms(options.terms)):
        print(json.dumps(finding._asdict()))


if __name__ == "__main__":
    main()
