"""NegEx on sentences that we wrote, for there are no free clinical notes here: they show that the rules work."""

import pytest

from models.text import clinical
from models.text.negex import AFFIRMED, NEGATED, POSSIBLE

KNOWN = {
    "fever": "fever", "chills": "chills", "cough": "cough", "chest pain": "chest pain", "pain": "pain",
    "pneumonia": "pneumonia", "mi": "myocardial infarction", "rash": "rash", "diabetes": "diabetes", "nausea": "nausea",
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("The patient has fever.", {"fever": AFFIRMED}),
        ("He denies chest pain.", {"chest pain": NEGATED}),
        ("No fever, chills, or cough.", dict.fromkeys(("fever", "chills", "cough"), NEGATED)),
        ("No fever but a cough since Monday.", {"fever": NEGATED, "cough": AFFIRMED}),
        ("There is no evidence of acute or chronic pneumonia.", {"pneumonia": NEGATED}),
        ("No one of the six cousins she named had rash.", {"rash": AFFIRMED}),  # more than five words between
        ("MI was ruled out.", {"myocardial infarction": NEGATED}),
        ("Pneumonia cannot be ruled out.", {"pneumonia": POSSIBLE}),
        ("Admitted to rule out pneumonia.", {"pneumonia": POSSIBLE}),
        ("No change in the chest pain.", {"chest pain": AFFIRMED}),  # it looks like a negation, and is none
        ("Not only fever, also cough.", {"fever": AFFIRMED, "cough": AFFIRMED}),
        ("Pain is absent. Cough.", {"pain": NEGATED, "cough": AFFIRMED}),  # a sentence's end
        ("Nausea, though no rash.", {"nausea": AFFIRMED, "rash": NEGATED}),
        ("Without fever, presented with cough.", {"fever": NEGATED, "cough": AFFIRMED}),
        ("NO FEVER", {"fever": NEGATED}),
        ("Feverish, in Miami.", {}),
        ("", {}),
    ],
)
def test_a_term_is_negated_where_a_trigger_reaches_it(sentence, wanted):
    assert {finding.name: finding.status for finding in clinical.findings(sentence, KNOWN)} == wanted


NOTE = """CHIEF COMPLAINT: Cough.
Family history: Mother with diabetes. No
chest pain.
PLAN: rule out
pneumonia"""


def test_terms_have_their_place_and_section():
    found = clinical.findings(NOTE, KNOWN)
    assert [(finding.name, finding.section) for finding in found] == [
        ("cough", "chief complaint"), ("diabetes", "family history"), ("chest pain", "family history"),
        ("pneumonia", "plan"),
    ]  # fmt: skip
    assert all(NOTE[finding.start : finding.end] == finding.said for finding in found)
