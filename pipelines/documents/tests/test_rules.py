"""What needs no training: tokens, personal data, languages, keyphrases, tags, the tree of names."""

import numpy as np
import pytest

from models.text.keyphrases import keyphrases
from models.text.language import UNKNOWN, guess
from models.text.sentences import Span
from pipelines.documents import data, groups, personal, summary, words
from pipelines.documents.entities import Entity, entities, f1, hits, shape


def test_tokens_are_as_those_of_the_posts():
    text = "@anna_b it's 3.5 km to St-Denis... see https://example.org/a?b #hot, don't!"
    made = [text[one.start : one.end] for one in words.tokens(text, Span(0, len(text)))]
    assert made == ["@anna_b", "it", "'s", "3.5", "km", "to", "St-Denis", "...", "see", "https://example.org/a?b",
                    "#hot", ",", "do", "n't", "!"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Mail anna.berg+x@mail.example.org.", "Mail [mail]."),
        ("Call +1 281 555-0142 or (030) 1234-5678", "Call [telephone] or [telephone]"),
        ("Call +33 1 23 45 67 89.", "Call [telephone]."),
        ("Card 4111 1111 1111 1111", "Card [card]"),
        ("Card 4111 1111 1111 1112", "Card 4111 1111 1111 1112"),  # its check digit is wrong
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [account]"),
        ("IBAN DE88 3704 0044 0532 0130 00", "IBAN DE88 3704 0044 0532 0130 00"),
        ("SSN 078-05-1120, host 10.0.0.1.", "SSN [social security], host [machine]."),
        ("Version 1.2.3.400, in 1993, pages 12-34", "Version 1.2.3.400, in 1993, pages 12-34"),
    ],
)
def test_personal_data_is_masked_where_its_form_and_check_digits_are_right(text, masked):
    assert personal.masked(text) == masked
    assert personal.masked(masked) == masked
    for one in personal.found(masked):
        assert masked[one["start"] : one["end"]] == f"[{one['kind']}]"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The dog is not on the roof, and it was there when he came.", "English"),
        ("Der Hund ist nicht auf dem Dach, und er war auch nicht im Haus.", "German"),
        ("Le chien n'est pas sur le toit, et il est dans la maison.", "French"),
        ("El perro no está en el tejado, y la casa es de los dos.", "Spanish"),
        ("Il cane non è sul tetto della casa, ma nel giardino con i gatti.", "Italian"),
        ("O cão não está no telhado, mas os gatos da casa ficam com ele.", "Portuguese"),
        ("De hond is niet op het dak, maar hij was ook niet in het huis.", "Dutch"),
        ("Hunden är inte på taket, och den var inte i huset när jag kom.", "Swedish"),
        ("Hunden er ikke på taget, og den var heller ikke i huset.", "Danish"),
        ("Pies nie jest na dachu, ale to był już tylko jego cień.", "Polish"),
        ("Köpek evde değil", UNKNOWN),
        ("12 345 !?", UNKNOWN),
    ],
)
def test_languages_are_told_apart(text, name):
    assert guess(text).name == name


def test_keyphrases_stand_in_the_text_and_hold_no_other():
    text = (
        "Deep neural networks are slow. We make deep neural networks fast with sparse matrices. Sparse matrices help."
    )
    made = keyphrases(text)
    assert [phrase for phrase, _ in made[:2]] == ["sparse matrices help", "deep neural networks"]
    assert all(phrase in text.lower() for phrase, _ in made)
    assert keyphrases("") == [] and keyphrases("of the and") == []


def test_tags_say_names_as_the_script_of_the_shared_task_reads_them():
    tags = ["B-person", "I-person", "O", "I-group", "B-group", "I-person", "O", "B-product"]
    assert entities(tags) == [
        Entity(0, 2, "person"), Entity(3, 4, "group"), Entity(4, 5, "group"), Entity(5, 6, "person"),
        Entity(7, 8, "product"),
    ]  # fmt: skip


def test_a_name_counts_where_its_kind_and_both_ends_are_right():
    true = [["B-person", "I-person", "O"], ["O"], ["B-group"]]
    made = [["B-person", "O", "O"], ["O"], ["B-group"]]
    assert hits(true, made).tolist() == [[0, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert f1(hits(true, made)) == 0.5 and f1(hits(true, true)) == 1


def test_shapes():
    assert [shape(word) for word in ("NASA", "Anna", "iPhone7", "3.50", "@a_b")] == ["X", "Xx", "xXx9", "9.9", "@x_x"]


NAMES = ["comp.graphics", "comp.sys.ibm.pc", "comp.sys.mac", "sci.med"]


def test_forks_are_where_names_part():
    assert groups.forks(NAMES) == {
        "": ["comp", "sci"], "comp": ["comp.graphics", "comp.sys"], "comp.sys": ["comp.sys.ibm", "comp.sys.mac"],
    }  # fmt: skip
    assert not groups.under("comp.systems", "comp.sys") and groups.under("comp.sys.mac", "comp.sys")


def test_a_branch_is_as_likely_as_its_groups_together():
    made = groups.path(NAMES, np.array([0.1, 0.2, 0.6, 0.1]))
    assert [one["branch"] for one in made] == ["comp", "comp.sys", "comp.sys.mac"]
    assert [one["probability"] for one in made] == pytest.approx([0.9, 0.8, 0.6])


def test_what_headers_left_is_taken_out():
    text = "re dogs in article apr acs ucalgary ca parr acs ucalgary ca charles parr writes what a dog weighs"
    assert data.without_headers(text) == "dogs   what a dog weighs"
    assert data.without_headers("an article that charles writes") == "an article that charles writes"


def test_candidates_are_sentences_and_what_is_left_when_they_are_cut():
    text = ["In this paper, we propose a fast method (FM) for long texts, which saves memory.", "It works."]
    made = {one.text: one.cut for one in summary.candidates(text)}
    assert made == {
        text[0]: 0, "We propose a fast method for long texts, which saves memory.": 1,
        "We propose a fast method for long texts.": 2, "It works.": 0,
    }  # fmt: skip
    assert [one.text for one in summary.candidates(text, cuts=False)] == text
