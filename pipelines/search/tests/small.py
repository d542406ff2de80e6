"""The shortest of the abstracts that the claims to test on cite, and all claims about them."""

import gzip
import json
from pathlib import Path

from data_sets import scifact
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = {"query": 'title:cells "stem cells" -mice', "count": 3}
PICTURED = {"query": "ALDH1 expression is associated with better breast cancer outcomes."}
REFUSED = ({"query": " ?! "}, "query")
KNOWN_LATER: list[str] = []
FEWER = 80  # abstracts: MiniLM takes 0.05 s of a core for each of the shortest


def write(folder: Path) -> None:
    """Write BEIR's files."""
    data = scifact.load(DATA_DIR)
    cited = {number for numbers in data.claims["test"].relevant for number in numbers.tolist()}
    kept = set(sorted(cited, key=lambda number: (len(data.texts[number]), number))[:FEWER])
    (folder / "scifact" / "qrels").mkdir(parents=True)
    rows = [
        {"_id": data.keys[number], "title": data.titles[number], "text": data.texts[number]} for number in sorted(kept)
    ]
    claims = []
    for part, them in data.claims.items():
        lines = ["query-id\tcorpus-id\tscore"]
        for key, text, numbers in zip(them.keys, them.texts, them.relevant, strict=True):
            mine = [number for number in numbers.tolist() if number in kept]
            lines += [f"{key}\t{data.keys[number]}\t1" for number in mine]
            claims += [{"_id": key, "text": text}] if mine else []
        (folder / "scifact" / "qrels" / f"{part}.tsv").write_text("\n".join(lines) + "\n")
    with gzip.open(folder / "scifact" / scifact.CORPUS, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    (folder / "scifact" / scifact.QUERIES).write_text("".join(json.dumps(claim) + "\n" for claim in claims))
