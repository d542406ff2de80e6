"""`python -m pipelines.documents.rules`: what the rules say of texts that were not written for their tests.

It writes `rules.json` into the folder that it is given, and prints the tables. All texts are in English, and none of
the abstracts has personal data that we know of: what is found there is a false alarm.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, options
from models.text.keyphrases import STOP, WORD, keyphrases
from models.text.language import guess
from pipelines.documents import data
from pipelines.documents.personal import hidden, luhn, mod97

FOLDER = Path(__file__).parent
DRAWN = 200  # of each kind of personal data
FIRST, LAST = ["anna", "jean-luc", "o.k", "mary_ann", "x", "wei"], ["berg", "smith95", "o-neill", "nguyen"]
HOSTS = ["example.org", "mail.example.co.uk", "uni-ulm.example", "a.b.example"]


def drawn(kind: str, draw: random.Random) -> str:
    """Return made-up personal data of a kind, as people write it, in a form by lot."""

    def digits(count: int) -> str:
        return "".join(str(draw.randrange(10)) for _ in range(count))

    if kind == "mail":
        return f"{draw.choice(FIRST)}{draw.choice(('.', '_', '+', ''))}{draw.choice(LAST)}@{draw.choice(HOSTS)}"
    if kind == "telephone":
        a, b, c, d = digits(3), digits(3), digits(4), digits(2)
        return draw.choice([
            f"+1 {a} {b} {c}", f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"+49 30 {b}{c}", f"+44 20 {c} {c}", f"{a}.{b}.{c}",
            f"{a}{b}{c}", f"+33 1 {d} {d} {d} {d}", f"+1-{a}-{b}-{c}",
        ])  # fmt: skip
    if kind == "card":
        while True:
            made = "4" + digits(15)
            if luhn(made):
                return draw.choice((made, " ".join(made[at : at + 4] for at in range(0, 16, 4))))
    if kind == "account":
        while True:
            made = f"DE{digits(20)}"
            if mod97(made):
                return draw.choice((made, " ".join(made[at : at + 4] for at in range(0, 22, 4))))
    if kind == "machine":
        return ".".join(str(draw.randrange(256)) for _ in range(4))
    return f"{draw.randrange(1, 666):03}-{draw.randrange(1, 100):02}-{draw.randrange(1, 10_000):04}"


def masks(abstracts: list[str], kind: str) -> dict[str, int]:
    """Return how much drawn personal data of a kind is found whole, in part or as another kind, and false alarms."""
    draw = random.Random(0)
    found = Counter({"whole": 0, "other": 0, "part": 0})
    for number in range(DRAWN):
        one = drawn(kind, draw)
        before = f"{abstracts[number].split('. ')[0]} ("
        own = [mask for mask in hidden(f"{before}{one}) as before.") if mask.end > len(before)]
        whole = [mask for mask in own if (mask.start, mask.end) == (len(before), len(before) + len(one))]
        found["whole" if whole and whole[0].kind == kind else "other" if whole else "part" if own else "none"] += 1
    alarms = sum(mask.kind == kind for text in abstracts for mask in hidden(text))
    return {"drawn": DRAWN, "alarms": alarms, "texts": len(abstracts)} | dict(found)


def languages(texts: list[str], name: str) -> dict[str, object]:
    """Return how often texts in English are called English, or no language."""
    said = Counter(guess(text).name for text in texts)
    return {"of": name, "texts": len(texts), "english": said["English"], "unknown": said["unknown"]}


def phrases(papers: pd.DataFrame) -> dict[str, float]:
    """Return the share of titles' words in five keyphrases, and in as many of the commonest words of the abstract."""
    met = {"rake": 0, "common": 0, "first": 0}
    total = 0
    for title, text in zip(papers["title"], papers["sentences"], strict=True):
        wanted = {word for word in WORD.findall(title.lower()) if word[0].isalpha() and word not in STOP}
        made = {word for phrase, _ in keyphrases(text) for word in phrase.split()}
        own = [word for word in WORD.findall(text.lower()) if word[0].isalpha() and word not in STOP and len(word) > 1]
        total += len(wanted)
        met["rake"] += len(wanted & made)
        met["common"] += len(wanted & {word for word, _ in Counter(own).most_common(len(made))})
        met["first"] += len(wanted & set(list(dict.fromkeys(own))[: len(made)]))
    return {name: count / total for name, count in met.items()} | {"texts": len(papers)}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""

    def of(name: str, form: str = ".0f") -> Callable[[pd.DataFrame], str]:
        return lambda rows: format(rows[name].sum(), form)

    def part(what: str) -> pd.DataFrame:
        return results[results["what"] == what]

    return "\n\n".join((
        markdown(part("personal data"), {"personal data": "of"}, {
            "drawn": of("drawn"), "found whole": of("whole"), "as another kind": of("other"), "in part": of("part"),
            "false alarms in abstracts": of("alarms"),
        }),
        markdown(part("language"), {"texts in English": "of"}, {
            "texts": of("texts"), "called English": of("english"), "called unknown": of("unknown"),
        }),
        markdown(part("keyphrases"), {"words of titles that are met": "of"}, {
            "abstracts": of("texts"), "keyphrases": of("rake", ".3f"), "commonest words": of("common", ".3f"),
            "first words": of("first", ".3f"),
        }),
    ))  # fmt: skip


def main() -> None:
    """Measure the rules."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "rules.json", ["what", "of"])
    where = settings().data_dir
    papers = data.papers({part: data.find(where, name) for part, name in data.PAPERS.items()})
    abstracts = papers["sentences"].tolist()
    for kind in ("mail", "telephone", "card", "account", "machine", "social security"):
        study.add({"what": "personal data", "of": kind} | masks(abstracts, kind))
    english = {
        "abstracts": abstracts,
        "sentences of abstracts": [line for text in abstracts for line in text.split("\n")],
        "messages of newsgroups": data.messages(data.find(where, data.MESSAGES))["text"].tolist(),
        "posts of WNUT-17": data.sentences(data.find(where, data.SENTENCES))["tokens"].tolist(),
    }
    for name, texts in english.items():
        study.add({"what": "language"} | languages(texts, name))
    study.add({"what": "keyphrases", "of": "abstracts of the test part"} | phrases(papers[papers["part"] == "test"]))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
