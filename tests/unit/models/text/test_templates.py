"""Sentences from templates: one for each template and name, with the article of the name."""

from models.text import templates


def test_each_template_has_each_name_with_its_article():
    table = templates.sentences(["I am {a}.", "{A} sang."], {"age": ["old man", "teenager"], "faith": ["Sikh"]})
    assert table["text"].tolist() == [
        *("I am an old man.", "I am a teenager.", "I am a Sikh."),
        *("An old man sang.", "A teenager sang.", "A Sikh sang."),
    ]
    assert table["kind"].tolist() == ["age", "age", "faith"] * 2


def test_name_alone_is_filled_in():
    assert templates.filled("A proud {x}.", "user of signs") == "A proud user of signs."
