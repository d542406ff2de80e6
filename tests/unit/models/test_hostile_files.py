"""Small files that cost much: each is refused by a process of its own, within limits."""

import io
import json
import subprocess
import sys
from resource import RUSAGE_SELF, getrusage

import pytest
from PIL import Image

from capstan.versions import version_code
from models.files import picture_files, text
from models.files.limits import Limits, Refused
from tests.support import made_files as made

ARTICLE = [made.TITLE, made.LEFT, made.RIGHT, *map("\t".join, made.ROWS)]
WIDE = Limits(bytes=5_000_000)
# A process of its own: a child counts the size of its parent until it runs its program, and tests make theirs large.
READER = """
import json, sys
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from models.files import limits, text

content, before = sys.stdin.buffer.read(), getrusage(RUSAGE_SELF)
try:
    text.text_of(content)
except limits.Refused as error:
    refused = str(error)
after, child = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
own = {"seconds": after.ru_utime - before.ru_utime, "kilobytes": after.ru_maxrss - before.ru_maxrss}
print(json.dumps([refused, own, {"seconds": child.ru_utime + child.ru_stime, "kilobytes": child.ru_maxrss}]))
"""


def test_ten_thousand_pages_are_refused():
    with pytest.raises(Refused, match=r"It has 10,000 pages; at most 200"):
        text.text_of(made.pdf(made.said("A page."), pages=10_000), WIDE)


def test_a_pdf_that_would_draw_for_years_is_stopped():
    with pytest.raises(Refused, match=r"takes too (long|much memory)"):  # a fast machine reaches the memory first
        text.text_of(made.forms(12), Limits(seconds=0.5))


def test_a_pdf_that_takes_much_memory_is_stopped():
    with pytest.raises(Refused, match="too much memory"):
        text.text_of(made.pdf(made.said("A page.")), Limits(memory=2_000_000))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (made.crowded, "too much memory"),
        (made.nested_streams, "its streams overlap"),
        (lambda: made.many_attributes(70_000), "too long"),
    ],
    ids=["DOCX", "PDF", "HTML"],
)
def test_what_a_small_file_costs_is_bounded_and_not_paid_by_the_reader(content, reason):
    file = content()
    assert len(file) < Limits().bytes
    done = subprocess.run([sys.executable, "-c", READER], input=file, capture_output=True, check=True)
    refused, own, spent = json.loads(done.stdout)
    assert reason in refused
    assert own["seconds"] < 0.5 and own["kilobytes"] < 50_000
    assert spent["seconds"] < 2.5  # the limit ends it after 2
    assert spent["kilobytes"] < 300_000


def test_a_jpeg_of_many_scans_is_refused_before_it_is_unpacked():
    """A progressive JPEG may go over its pixels once more for each 33 bytes: 400 kB took two minutes."""
    held = io.BytesIO()
    Image.new("L", (4_096, 4_096), 255).save(held, "JPEG", progressive=True)
    content = held.getvalue()
    scan = content[content.rindex(picture_files.SCAN) : -2]
    before = getrusage(RUSAGE_SELF).ru_utime
    with pytest.raises(ValueError, match="over 50 scans"):
        picture_files.opened(content[:-2] + scan * 1_000 + content[-2:])
    assert getrusage(RUSAGE_SELF).ru_utime - before < 1
    assert picture_files.opened(content).size == (4_096, 4_096)


def test_a_file_of_several_jpegs_is_refused_as_one_of_them_is():
    """Pillow opens it in another format: MPO, as telephones write it."""
    held, page = io.BytesIO(), Image.new("L", (64, 64), 255)
    page.save(held, "MPO", save_all=True, append_images=[page])
    content = held.getvalue()
    assert Image.open(io.BytesIO(content)).format == "MPO" and picture_files.opened(content).size == (64, 64)
    with pytest.raises(ValueError, match="over 50 scans"):
        picture_files.opened(content + picture_files.SCAN * 51)


def test_the_program_is_of_the_version_whose_code_starts_it(tmp_path):
    version_code.copy("documents", tmp_path)
    path = tmp_path / "models" / "files" / "program.py"
    path.write_text(path.read_text().replace("It is RTF", "It is the version's RTF"))
    code = version_code.VersionCode({"models": tmp_path / "models"})
    with code.active():
        from models.files import text as of_version

        with pytest.raises(ValueError, match="It is the version's RTF"):
            of_version.text_of(rb"{\rtf1 words}")
    assert not [*tmp_path.rglob("__pycache__")]  # nothing is added to a version
    with pytest.raises(Refused, match="It is RTF"):
        text.text_of(rb"{\rtf1 words}")


@pytest.mark.parametrize("asked", ["words", "pictures"])
def test_a_version_of_before_finds_the_program_that_it_starts(asked):
    before = [500_000, 50_000_000, 200, 4, 5_000, 50_000, 20.0, 2_000_000_000]  # its limits
    done = subprocess.run(
        [sys.executable, "-m", "models.files.pdfium", json.dumps(before), asked],
        input=made.pdf(made.said("The text of it."), pages=2), capture_output=True, check=True,
    )  # fmt: skip
    first, second = map(json.loads, done.stdout.splitlines())
    if asked == "words":
        assert [word[0] for word in first["words"]] == ["The", "text", "of", "it."] and first == second
    else:
        assert first["picture"] and first["point"] == pytest.approx(72 / 150, rel=0.01)
