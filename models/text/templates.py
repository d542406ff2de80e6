"""Sentences from templates and names, to see what a name alone does to a model.

Source: Dixon et al., "Measuring and Mitigating Unintended Bias in Text Classification" (2018).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd


def sentences(templates: Iterable[str], names: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return a row for each template and name: `text`, `template`, `identity` and its `kind`. names: by kind."""
    rows = [
        {"text": filled(template, name), "template": template, "identity": name, "kind": kind}
        for template in templates
        for kind, named in names.items()
        for name in named
    ]
    return pd.DataFrame(rows)


def filled(template: str, name: str) -> str:
    """Return a template with a name: `{x}` is the name, `{a}` and `{A}` have its article."""
    article = "an" if name[0].lower() in "aeio" else "a"
    return template.format(x=name, a=f"{article} {name}", A=f"{article.capitalize()} {name}")
