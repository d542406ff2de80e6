"""The terms of a user, as a file has them."""

import pytest

from capstan.errors import CapstanError
from models.text.clinical import findings
from models.text.negex import NEGATED
from pipelines.documents import clinical


def test_terms_are_read_from_a_file(tmp_path):
    (tmp_path / "terms.tsv").write_text("heart attack\tmyocardial infarction\n\nRash\n")
    known = clinical.terms(tmp_path / "terms.tsv")
    assert known == {"heart attack": "myocardial infarction", "rash": "Rash"}
    (finding,) = findings("No heart\tattack.", known)
    assert (finding.name, finding.status) == ("myocardial infarction", NEGATED)
    (tmp_path / "none.tsv").write_text("\n")
    with pytest.raises(CapstanError, match="no terms"):
        clinical.terms(tmp_path / "none.tsv")
