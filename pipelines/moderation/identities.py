"""Harmless sentences about groups of people, written by the project's authors: no such sentence may be called hate.

Tweets with words of a lexicon of hate speech name groups mostly to insult them, so a score learns that a name alone is
hate. Sources: Dixon et al., "Measuring and Mitigating Unintended Bias in Text Classification" (2018), for the templates
and for learning from harmless ones; they are no users' posts.
"""

from __future__ import annotations

GROUPS = (
    "gay", "lesbian", "bisexual", "trans", "queer", "straight", "Muslim", "Jewish", "Christian", "Hindu", "Buddhist",
    "atheist", "Black", "white", "Asian", "Mexican", "African", "Arab", "Chinese", "Indian", "Irish", "Polish", "Roma",
    "immigrant", "refugee", "deaf", "blind", "autistic", "disabled", "elderly",
)  # fmt: skip
LEARNED = (
    "I am a proud {} person.",
    "my {} friend is coming over for dinner tonight",
    "We met a {} teacher at school today, she was lovely",
    "Happy to see more {} people in films!",
    "{} people deserve respect",
    "The {} community centre opens at nine",
    "growing up {} in a small town",
    "He is {} and I love him",
)
MEASURED = (
    "I am a proud {} man",
    "I'm a {} woman and I like my job.",
    "my neighbour is {} and makes the best cake",
    "As a {} student I joined the chess club",
    "Our {} colleagues planned the party",
    "My sister said she is {}, we all hugged her",
)


def sentences(templates: tuple[str, ...] = MEASURED) -> list[str]:
    """Return each template with each group."""
    return [template.format(group) for template in templates for group in GROUPS]
