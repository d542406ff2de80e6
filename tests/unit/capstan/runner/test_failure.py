"""A failed step's own message, from real tracebacks of a new capstone."""

import traceback

import mlflow
import pytest

import pipelines
from capstan import catalogue
from capstan.errors import Busy, CapstanError
from capstan.runner import failure
from capstan.runner.local import _explain
from capstan.runner.progress import Progress
from capstan.scaffold.create import create
from capstan.settings import settings

TRAIN = '    rows = tables["patients"]\n    return Regressor('


@pytest.fixture
def fail(tmp_path, monkeypatch):
    """A function that makes a capstone whose `train` runs some lines, trains, and returns what the step prints."""
    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()

    def print_of(name: str, *lines: str) -> str:
        task = create(name, set(), tmp_path) / "task.py"
        text = task.read_text()
        assert TRAIN in text
        task.write_text(text.replace(TRAIN, "".join(f"    {line}\n" for line in lines) + TRAIN))
        capstone = catalogue.load(name)
        try:
            capstone.train(capstone.load(None))
        except Exception:
            return f"started\n{traceback.format_exc()}\n\n"
        raise AssertionError("it did not fail")

    yield print_of
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]


@pytest.fixture
def explained(tmp_path):
    """A function that returns what a run says when its step `train` printed something and failed."""

    def explain(printed: str) -> str:
        log = tmp_path / "run.log"
        with log.open("wb", buffering=0) as file:
            stream = Progress(file, lambda *_: None)
            stream.write(f"Executing task 'train'\n{printed}Task 'train' finished with status FAILURE\n")
            stream.write("Skipping task 'evaluate': upstream task(s) ['train'] failed.\n")
        return _explain(stream, log)

    return explain


def test_run_shows_every_line_of_a_user_error_and_no_traceback(fail, explained):
    printed = fail(
        "fails_lines", "from capstan.errors import CapstanError", 'raise CapstanError("Too few.\\nAdd some.")'
    )
    message = explained(printed)
    assert message.startswith("Step train failed: Too few.\nAdd some.\nThe log is ") and "Traceback" not in message


def test_run_ends_with_the_message_of_a_bug(fail, explained):
    message = explained(fail("fails_end", 'raise ValueError("two rows")'))
    assert message.startswith("Step train failed. The log is ") and message.endswith("\nValueError: two rows")


def test_user_error_is_its_message_with_all_of_its_lines_and_nothing_more(fail):
    printed = fail(
        "fails_user", "from capstan.errors import CapstanError", 'raise CapstanError("Too few rows.\\nAdd some.")'
    )
    assert failure.user_error(printed) == "Too few rows.\nAdd some."


def test_errors_of_a_kind_of_their_own_are_user_errors_too(fail):
    printed = fail("fails_busy", "from capstan.errors import Busy", 'raise Busy("Wait.")')
    assert failure.user_error(printed) == "Wait."
    assert issubclass(Busy, CapstanError)


def test_bug_is_the_frame_of_the_capstone_with_its_message_last(fail):
    frames = failure.bug(fail("fails_bug", 'raise ValueError("one\\n\\nthree")'))
    assert frames.startswith("Traceback (most recent call last):\n  File ") and frames.count("  File ") == 1
    assert "fails_bug/task.py" in frames and frames.endswith("ValueError: one\n\nthree")


def test_frames_of_libraries_are_left_out(fail, tmp_path):
    printed = fail("fails_library", "import mlflow", f'mlflow.pyfunc.load_model("{tmp_path}/nowhere")')
    assert mlflow.__path__[0] in printed
    frames = failure.bug(printed)
    assert frames.count("  File ") == 1 and mlflow.__path__[0] not in frames and "fails_library/task.py" in frames
    assert "nowhere" in frames.splitlines()[-1]


def test_error_that_led_to_another_leaves_the_message_of_the_last(fail):
    frames = failure.bug(
        fail("fails_twice", "try:", "    int('x')", "except ValueError:", '    raise TypeError("last")')
    )
    assert frames.endswith('raise TypeError("last")\nTypeError: last') and "invalid literal" not in frames


def test_error_outside_of_the_capstone_has_no_frames_of_its_own():
    try:
        int("x")
    except ValueError:
        assert failure.bug(traceback.format_exc()) == ""


def test_only_what_the_step_printed_counts():
    log = "Executing task 'ingest'\nold\nTask 'ingest' finished with status SUCCESS\nExecuting task 'train'\nnew\n"
    printed = failure.printed_by("train", f"{log}Task 'train' finished with status FAILURE\nSkipping")
    assert printed == "Executing task 'train'\nnew"
