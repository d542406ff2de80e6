"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards

if TYPE_CHECKING:
    import pandas as pd


def sections(claims: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. claims: what the metrics come from."""
    card = {
        "What it is": "BM25F of an index from scratch and the cosines of all-MiniLM-L6-v2, as one weighted ranking.",
        "For": "Finding papers that speak about a claim or a question, with the words and the sentence that say why.",
        "Not for": "Deciding whether a claim is true: a paper that refutes it is a hit as well. Languages other than "
        "English. Whatever was published after the abstracts.",
        "Measured": f"on {len(claims):,} claims that nothing was chosen on: {cards.listed(metrics)}.",
        "Who could be harmed": "Who takes the first hit for the state of knowledge, as in medicine: what is not among "
        "5,183 abstracts is not found, and nothing says how good a study is.",
        "Limits": "MiniLM reads the first 256 tokens of an abstract. Others than the judged ones may be relevant, too.",
    }
    dataset = {
        "What it is": "SciFact: claims that experts wrote from citations, and abstracts that prove or refute them, as "
        "BEIR divides them; here the claims that test the model.",
        "Rows": f"{len(claims):,} claims.",
        "Licence": "Claims CC BY 4.0, abstracts ODC-By 1.0, https://github.com/allenai/scifact.",
        "People in it": "None, except patients as groups in studies.",
    }
    return cards.sections(card, dataset)
