"""Claims with a wrong letter, the parts of long texts, and what counts as found."""

import numpy as np
import pytest

from pipelines.search.studies.paragraphs import chunks
from pipelines.search.studies.rewrite.study import misspelt


def test_a_misspelt_text_has_two_letters_exchanged(claims):
    random = np.random.default_rng(0)
    for claim in claims[:50]:
        written = misspelt(claim, random)
        places = [place for place, pair in enumerate(zip(claim, written, strict=True)) if len(set(pair)) == 2]
        assert sorted(written) == sorted(claim) and len(places) in (0, 2)
    assert misspelt("no long word", random) == "no long word"


@pytest.mark.parametrize("way", list(chunks.WAYS))
def test_parts_have_all_words_of_a_text(way, documents):
    text = "\n\n".join(document.fields["text"] for document in documents[:3])
    parts = list(chunks.WAYS[way](text))
    covered = np.zeros(len(text), bool)
    for start, end in parts:
        assert 0 <= start < end <= len(text) and text[start:end].strip() == text[start:end]
        covered[start:end] = True
    assert all(sign.isspace() for sign, there in zip(text, covered, strict=True) if not there)


def test_an_answer_counts_as_found_in_one_of_the_best_parts_alone():
    parts = [chunks.Part(0, 0, 50), chunks.Part(0, 50, 99), chunks.Part(1, 0, 50)]
    lengths, answers = np.array([200, 40, 100]), [chunks.Part(0, 60, 70), chunks.Part(0, 45, 55), chunks.Part(1, 0, 9)]
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert chunks.found(scores, parts, lengths, answers, 250).tolist() == [1, 0, 0]
    assert chunks.found(-scores, parts, lengths, answers, 250).tolist() == [1, 0, 1]
