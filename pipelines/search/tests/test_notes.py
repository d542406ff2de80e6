"""Somebody's own notes: added, changed, asked for, linked, exported, and forgotten for good."""

import json
import threading

import httpx
import pytest

from pipelines.search import notes_page
from pipelines.search.__main__ import answered, embed
from pipelines.search.notes import WORDS, Notes, passages
from tests.support import made_files

TEXTS = {
    "bread.md": "# Sourdough\n\nFeed the starter with rye flour every evening.\n\nBake at 250 degrees.",
    "deep/loaf.txt": "How I bake a loaf: flour, water, salt, and a starter that is fed each night.",
    "tax.md": "# Taxes\n\nThe return is due in July; the number of my file is zebra-4711.",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in TEXTS.items():
        path = tmp_path / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "notes" / "picture.gif").write_bytes(b"GIF89a")
    return tmp_path / "notes"


@pytest.fixture
def notes(tmp_path, folder):
    store = Notes(tmp_path / "home", embed)
    assert store.add(folder) == (3, 0, 0, [])
    return store


def test_notes_are_found_by_words_and_by_meaning(notes):
    assert notes.ask("4711")[0].title == "Taxes"
    first = notes.ask("money for the state", 1)[0]
    assert first.title == "Taxes" and first.path.endswith("tax.md")
    assert {note.title for note in notes.ask("recipe for baking", 2)} == {"Sourdough", "loaf"}
    assert notes.ask("starter -rye")[0].title == "loaf"


def test_what_changed_is_read_again_and_what_is_gone_is_forgotten(notes, folder):
    (folder / "tax.md").write_text("# Taxes\n\nPaid in May.")
    (folder / "deep" / "loaf.txt").unlink()
    assert notes.add(folder) == (1, 1, 1, [])
    assert "May" in notes.ask("taxes", 1)[0].snippet
    assert {note.title for note in notes.ask("loaf", 10)} == {"Sourdough", "Taxes"}


def test_documents_pictures_and_speech_are_notes_and_what_is_not_read_is_named(notes, folder):
    (folder / "trip.pdf").write_bytes(made_files.said("The ferry to Gotland leaves at nine."))
    (folder / "menu.docx").write_bytes(made_files.docx())
    (folder / "sign.pdf").write_bytes(made_files.scan("Parking is free on Sundays."))
    (folder / "secret.pdf").write_bytes(made_files.encrypted("word"))
    (folder / "noise.wav").write_bytes(b"RIFF")
    done = notes.add(folder)
    assert done[:3] == (3, 0, 3)
    assert [(path.name, why.split(".")[0]) for path, why in done.refused] == [
        ("noise.wav", "it is not a WAV file that can be read (it ends too early)"),
        ("secret.pdf", "It is encrypted"),
    ]
    assert notes.ask("when does the ferry leave", 1)[0].path.endswith("trip.pdf")
    assert notes.ask("parking on Sunday", 1)[0].path.endswith("sign.pdf")
    (folder / "trip.pdf").write_bytes(b"%PDF-1.4 damaged")
    assert notes.add(folder)[:3] == (0, 1, 5)


def test_what_is_deleted_is_in_no_file(notes, folder, tmp_path):
    def bytes_of_all():
        return b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())

    assert b"tax.md" in bytes_of_all() and b"zebra" in bytes_of_all()  # its terms are in the index
    assert notes.delete(folder / "tax.md") == 1
    assert b"tax.md" not in bytes_of_all() and b"zebra" not in bytes_of_all()
    assert notes.delete(folder / "tax.md") == 0
    assert notes.delete(folder) == 2 and notes.ask("starter") == []


def test_an_answer_has_the_sentences_of_notes_word_for_word_with_their_sources(notes):
    lines = answered(notes, "When is the tax return due?", 3).splitlines()
    assert lines[0] == "The return is due in July; the number of my file is zebra-4711. [1]"
    assert any(line.startswith("[1] Taxes  ") and "tax.md" in line for line in lines)
    assert answered(notes, "Who painted the Mona Lisa?", 3).startswith("No sentence of your notes answers this")


def test_the_page_of_notes_answers_nobody_else(notes, folder):
    (folder / "tax.md").write_text("# <b>Taxes</b>\n\nThe return is due in <i>July</i>.")
    notes.add(folder)
    with notes_page.server(notes, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        page = httpx.get(url, params={"question": "When is the return due? <"})
        assert (
            "<blockquote>The return is due in &lt;i&gt;July&lt;/i&gt;. " in page.text and 'href="#note-1"' in page.text
        )
        assert "<b>&lt;b&gt;Taxes&lt;/b&gt;</b>" in page.text and "due? &lt;" in page.text
        assert "blockquote" not in httpx.get(url).text.partition("<body>")[2]
        assert httpx.get(url, headers={"Host": "notes.example"}).status_code == 403
        assert httpx.get(f"{url}/other").status_code == 404
        server.shutdown()


def test_notes_about_the_same_are_linked_and_all_are_exported(notes, tmp_path):
    (first, second, cosine), *others = notes.links()
    assert {first.rsplit("/")[-1], second.rsplit("/")[-1]} == {"bread.md", "loaf.txt"} and cosine > 0.5 and not others
    assert notes.export(tmp_path / "all.jsonl") == 3
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert {row["title"] for row in rows} == {"Sourdough", "loaf", "Taxes"}


def test_passages_are_whole_paragraphs(documents):
    text = "\n\n".join(document.fields["text"][:300] for document in documents[:20])
    parts = list(passages(text))
    assert "\n\n".join(parts).split() == text.split()
    assert len(parts) > 5 and all(len(passage.split()) <= WORDS or "\n\n" not in passage for passage in parts)
