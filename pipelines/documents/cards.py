"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.documents import data

if TYPE_CHECKING:
    import pandas as pd


def sections(tables: dict[str, pd.DataFrame], metrics: dict[str, float]) -> list[Section]:
    """Return both cards. tables: those that the metrics come from."""
    counts = {name: len(rows) for name, rows in tables.items()}
    card = {
        "What it is": "A linear SVC on words and pairs that names one of 20 newsgroups, or none; a BiLSTM-CRF over "
        "MiniLM's vectors that tags names; boosted trees that choose a sentence, perhaps shortened, or the title as "
        "the summary. Rules find languages, keyphrases and personal data.",
        "For": "Sorting and skimming English documents: what they are about, which names are in them, what they say.",
        "Not for": "Decisions about people. Proof that a document has no personal data: names of people are not "
        "masked, and what has no form of its own is not found. Other languages, medicine, law.",
        "Measured": f"on {counts['messages']:,} messages, {counts['sentences']:,} sentences and {counts['papers']:,} "
        f"abstracts that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "People whose names or data are missed, where somebody publishes a document because the "
        "answer shows none. Authors whose finding a shortened sentence turns around, where a condition is cut off.",
        "Limits": "The newsgroups are of 1993. A text of another subject may get one of them. Names were learned from "
        "posts of the web, and most are missed. "
        "Summaries were learned from abstracts of machine learning; of other documents they were not measured. "
        "Scans and pictures are read by OCR, whose mistakes were not measured.",
    }
    dataset = {
        "What it is": "Messages of 20 Newsgroups, divided by date; posts of WNUT-17 with their names; abstracts of "
        "SciTLDR with summaries by authors and reviewers; here the parts that test the model.",
        "Rows": ", ".join(f"{name} {count:,}" for name, count in counts.items()) + ".",
        "Licence": f"20 Newsgroups states none ({data.HOMES['newsgroups']}); WNUT-17 CC BY 4.0 "
        f"({data.HOMES['wnut17']}); SciTLDR Apache-2.0 ({data.HOMES['scitldr']}).",
        "People in it": "The messages and posts are of people who wrote in public, some under their names. Reports "
        "show counts of them, and no text.",
    }
    return cards.sections(card, dataset)
