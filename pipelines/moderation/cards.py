"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.contract.evaluation import Section
from models import cards
from pipelines.moderation import data, decisions

if TYPE_CHECKING:
    import pandas as pd


def sections(rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the tweets that the metrics come from."""
    card = {
        "What it is": "Softmax regression over TF-IDF of runs of words and of characters and the vector of "
        "all-MiniLM-L6-v2, learned from the shares of the annotators who said each class.",
        "For": "Choosing which short English posts a moderator looks at first, and which get a notice.",
        "Not for": "Judging or punishing a person, or removing texts without a way to appeal. Other languages, long "
        "texts, pictures whose meaning is not in their words, a conversation whose context decides.",
        "Measured": f"on {len(rows):,} tweets that it has not seen: {cards.listed(metrics)}.",
        "Who could be harmed": "Speakers of African-American English, whose words the annotators called offensive more "
        "often: the README has the rates. People who name their own identity: the report has the rates of harmless "
        "sentences, by identity. Those who quote or report an insult. Those who are insulted in words that "
        "the tweets do not have.",
        "Limits": "The tweets were collected by the words of a lexicon of hate, so that nearly all have one; a text "
        "from elsewhere is of another kind. The costs of the decisions are assumptions: "
        + "; ".join(
            f"{kind}: " + ", ".join(f"{name} {cost:g}" for name, cost in zip(decisions.DECISIONS, row, strict=True))
            for kind, row in zip(data.CLASSES, decisions.COSTS.tolist(), strict=True)
        )
        + ".",
    }
    judgements = rows[list(data.CLASSES)].sum()
    dataset = {
        "What it is": "Tweets with words of a lexicon of hate speech, each judged by three or more people (Davidson et "
        "al., 2017); here the part that tests the model.",
        "Rows": f"{len(rows):,}, with {int(judgements.sum()):,} judgements: "
        + ", ".join(f"{name} {int(count):,}" for name, count in judgements.items())
        + ". Near copies are on one side of the split.",
        "Licence": f"MIT, {data.HOMES[data.FILE]}. The texts are their authors'.",
        "People in it": "Names of accounts and addresses are taken out before anything is learned or kept. The "
        "annotators are not known, nor which of them said what. The texts offend: this report shows them by row alone.",
    }
    return cards.sections(card, dataset)
