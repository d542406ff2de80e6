"""What an abstract is about, by rules over its words: the design of the study, and its subjects.

SciFact has no such fields. A rule misses what is said in other words, and takes what is only mentioned; an abstract has
one value of each facet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

OTHER = "other"
DESIGNS = {  # the first that is mentioned, in this order: a review of trials is a review
    "review": r"meta-?analys\w+|systematic(?:ally)? review\w*|pooled analysis",
    "trial": r"randomi[sz]ed|placebo|double-blind|clinical trials?",
    "cohort": r"cohorts?|case-control|cross-sectional|follow-up|registry",
}
ORGANISMS = {  # the one that is mentioned most
    "people": r"patients?|participants?|humans?|adults?|women|men|children|infants?|individuals|subjects|people",
    "mice": r"mouse|mice|murine",
    "rats": r"rats?",
    "other animals": r"zebrafish|drosophila|elegans|monkeys?|macaques?|primates?|pigs?|dogs?|rabbits?|chick(?:en)?s?",
    "microbes": r"yeast|bacteri\w+|coli|cerevisiae|virus(?:es)?|viral|parasites?|falciparum",
}
_DESIGNS, _ORGANISMS = (
    {name: re.compile(rf"\b(?:{rule})\b", re.IGNORECASE) for name, rule in rules.items()}
    for rules in (DESIGNS, ORGANISMS)
)
FACETS: Mapping[str, tuple[str, ...]] = {"design": (*DESIGNS, OTHER), "organism": (*ORGANISMS, OTHER)}


def of(text: str) -> dict[str, str]:
    """Return the value of each facet of an abstract with its title."""
    design = next((name for name, rule in _DESIGNS.items() if rule.search(text)), OTHER)
    counts = {name: len(rule.findall(text)) for name, rule in _ORGANISMS.items()}
    most = max(counts, key=lambda name: counts[name])
    return {"design": design, "organism": most if counts[most] else OTHER}
