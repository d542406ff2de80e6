"""The language of a sentence."""

import pytest

from models.text.language import UNKNOWN, guess


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
def test_languages_are_distinguished(text, name):
    assert guess(text).name == name
