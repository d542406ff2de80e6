"""What do the rules find of personal data, languages and keyphrases, in texts that were not written for their tests?

200 pieces of personal data of each kind, made up and set into sentences of abstracts, and false alarms in the 3,229
abstracts of SciTLDR, of which none has personal data that we know of; the language of texts that are all, or nearly
all, in English; and how many words of a title are among the words of an abstract's five keyphrases.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets import scitldr
from models.text.keyphrases import STOP, WORD, keyphrases
from models.text.language import guess
from models.text.personal_data import hidden, luhn, mod97
from pipelines.documents import task

KINDS = ("mail", "telephone", "card", "account", "machine", "social security")
DRAWN = 200  # of each kind of personal data
FIRST, LAST = ["anna", "jean-luc", "o.k", "mary_ann", "x", "wei"], ["berg", "smith95", "o-neill", "nguyen"]
HOSTS = ["example.org", "mail.example.co.uk", "uni-ulm.example", "a.b.example"]


def drawn(kind: str, draw: random.Random) -> str:
    """Return made-up personal data of a kind, as people write it, in a random form."""

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
            number = "4" + digits(15)
            if luhn(number):
                return draw.choice((number, " ".join(number[start : start + 4] for start in range(0, 16, 4))))
    if kind == "account":
        while True:
            number = f"DE{digits(20)}"
            if mod97(number):
                return draw.choice((number, " ".join(number[start : start + 4] for start in range(0, 22, 4))))
    if kind == "machine":
        return ".".join(str(draw.randrange(256)) for _ in range(4))
    return f"{draw.randrange(1, 666):03}-{draw.randrange(1, 100):02}-{draw.randrange(1, 10_000):04}"


def masks(abstracts: list[str], kind: str) -> Line:
    """Return how much drawn personal data of a kind is found whole, in part or as another kind, and false alarms."""
    draw = random.Random(0)
    found = Counter({"whole": 0, "other": 0, "part_of": 0})
    for number in range(min(DRAWN, len(abstracts))):
        data = drawn(kind, draw)
        before = f"{abstracts[number].split('. ')[0]} ("
        own = [mask for mask in hidden(f"{before}{data}) as before.") if mask.end > len(before)]
        whole = [mask for mask in own if (mask.start, mask.end) == (len(before), len(before) + len(data))]
        found["whole" if whole and whole[0].kind == kind else "other" if whole else "part_of" if own else "none"] += 1
    alarms = sum(mask.kind == kind for text in abstracts for mask in hidden(text))
    return {"drawn": min(DRAWN, len(abstracts)), "alarms": alarms, "count": len(abstracts)} | dict(found)


def languages(texts: list[str]) -> Line:
    """Return how often texts in English are called English, or no language."""
    guessed = Counter(guess(text).name for text in texts)
    return {"count": len(texts), "english": guessed["English"], "unknown": guessed["unknown"]}


def phrases(papers: pd.DataFrame) -> Line:
    """Return the share of titles' words in five keyphrases, and in as many of the commonest words of the abstract."""
    met = {"rake": 0, "common": 0, "first": 0}
    total = 0
    for title, text in zip(papers["title"], papers["sentences"], strict=True):
        wanted = {word for word in WORD.findall(title.lower()) if word[0].isalpha() and word not in STOP}
        found = {word for phrase, _ in keyphrases(text) for word in phrase.split()}
        own = [word for word in WORD.findall(text.lower()) if word[0].isalpha() and word not in STOP and len(word) > 1]
        total += len(wanted)
        met["rake"] += len(wanted & found)
        met["common"] += len(wanted & {word for word, _ in Counter(own).most_common(len(found))})
        met["first"] += len(wanted & set(list(dict.fromkeys(own))[: len(found)]))
    return {name: count / total for name, count in met.items()} | {"count": len(papers)}


@cache
def tables() -> dict[str, pd.DataFrame]:
    """Return the tables, with every abstract that was published: nothing is learned from them here."""
    data_dir = settings().data_dir
    return task.load(data_dir) | {"papers": scitldr.papers(scitldr.files(data_dir))}


def personal(kind: str, most: int | None = None) -> Line:
    """Return how much personal data of a kind is found. most: abstracts, for a trial."""
    return masks(tables()["papers"]["sentences"].tolist()[:most], kind)


def language(texts: str, most: int | None = None) -> Line:
    """Return how many of some texts are called English. most: of them, for a trial."""
    abstracts = tables()["papers"]["sentences"].tolist()
    known = {
        "abstracts": abstracts,
        "sentences of abstracts": [line for text in abstracts for line in text.split("\n")],
        "messages of newsgroups": tables()["messages"]["text"].tolist(),
        "posts of WNUT-17": tables()["sentences"]["tokens"].tolist(),
    }
    return languages(known[texts][:most])


def keywords() -> Line:
    """Return how many words of titles the keyphrases meet."""
    papers = tables()["papers"]
    return {"texts": "abstracts of the test part"} | phrases(papers[papers["part"] == "test"])


def total(name: str, form: str = ".0f") -> Show:
    """Return what shows a field."""
    return lambda rows: format(rows[name].sum(), form)


TEXTS = ("abstracts", "sentences of abstracts", "messages of newsgroups", "posts of WNUT-17")
STUDY = Study(
    measures=[
        Measure(personal, [{"kind": kind} for kind in KINDS], seeds=0),
        Measure(language, [{"texts": texts} for texts in TEXTS], seeds=0),
        Measure(keywords, seeds=0),
    ],
    tables=[
        Table({"personal data": "kind"}, {
            "drawn": total("drawn"), "found whole": total("whole"), "as another kind": total("other"),
            "in part": total("part_of"), "false alarms in abstracts": total("alarms"),
        }, "personal"),
        Table({"texts in English": "texts"}, {
            "texts": total("count"), "called English": total("english"), "called unknown": total("unknown"),
        }, "language"),
        Table({"words of titles that are met": "texts"}, {
            "abstracts": total("count"), "keyphrases": total("rake", ".3f"),
            "commonest words": total("common", ".3f"), "first words": total("first", ".3f"),
        }, "keywords"),
    ],
)  # fmt: skip
