"""Personal data is found by its form."""

import pytest

from models.text import personal_data


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
    assert personal_data.masked(text) == masked
    assert personal_data.masked(masked) == masked
    for place in personal_data.found(masked):
        assert masked[place["start"] : place["end"]] == f"[{place['kind']}]"
