"""What the log of a step says: its notes, and why it failed."""

from capstan.errors import CapstanError, TemporaryFailure
from capstan.runner import failure
from cluster import logs

LOG = """I1121 02:21:39.632288      15 launcher_v2.go:417] Component starts
capstan note: Version 1 is the champion.
Traceback (most recent call last):
  File "a.py", line 1, in <module>
{error}
E1121 02:21:39.632288      15 launcher_v2.go:417] Component failed to execute successfully: exit status 1
F1121 02:21:39.634481      15 main.go:58] failed to execute component: exit status 1
time="2026-11-21T02:21:40.482Z" level=info msg="sub-process exited" argo=true error="<nil>"
Error: exit status 1
"""


def test_notes_of_a_step():
    assert logs.notes(LOG) == ["Version 1 is the champion."]


def test_error_that_a_user_can_fix_is_its_message():
    assert logs.message(LOG.format(error="capstan.errors.CapstanError: The table is empty.")) == "The table is empty."


def test_error_of_a_service_that_is_away_is_its_message_and_may_pass():
    log = LOG.format(error="capstan.errors.Unavailable: MLflow does not answer at http://mlflow.capstan:5000.")
    assert logs.message(log) == "MLflow does not answer at http://mlflow.capstan:5000."
    assert failure.kind(log) is TemporaryFailure
    assert failure.kind(LOG.format(error="capstan.errors.CapstanError: The table is empty.")) is CapstanError
    assert failure.kind(LOG.format(error="ValueError: no")) is CapstanError


def test_another_error_is_its_traceback_without_the_lines_of_kubeflow_and_argo():
    text = logs.message(LOG.format(error="ValueError: no"))
    assert text.splitlines()[0] == logs.TRACEBACK and text.splitlines()[-1] == "ValueError: no"


def test_step_that_took_too_much_memory_says_so():
    assert "memory" in logs.message("F1121 02:21:39.6 15 main.go:58] failed to execute component: signal: killed")


def test_step_whose_inputs_cannot_be_fetched_says_what_the_launcher_says():
    error = 'failed to download input artifact "features": dial tcp 10.96.248.124:9000: connect: connection refused'
    log = f"""I1121 10:15:24.491559      15 cache.go:89] Connecting to cache endpoint ml-pipeline:8887
F1121 10:15:49.639535      15 main.go:58] failed to execute component: {error}
time="2026-11-21T10:15:50.391Z" level=info msg="sub-process exited" argo=true error="<nil>"
Error: exit status 1
"""
    assert logs.message(log) == error


def test_driver_says_its_last_words_and_not_what_it_printed_before():
    error = "rpc error: code = Unavailable desc = dial tcp 10.96.43.173:8080: connect: connection refused"
    log = f"""I1121 12:31:32.003629      15 main.go:178] input ContainerSpec:{{
  "image": "capstan:0.2.0"
}}
F1121 12:34:04.167585      15 main.go:113] KFP driver: driver.Container(task="ingest") failed: {error}
time="2026-11-21T12:34:05.038Z" level=error msg="cannot save parameter /tmp/outputs/condition" argo=true
Error: exit status 1
"""
    assert logs.message(log) == error


def test_step_that_was_killed_after_its_work_was_done_says_so():
    log = """I1121 12:31:32.003629      15 launcher_v2.go:417] Component starts
capstan note: Version 2 is the challenger.
[KFP Executor 2025-11-21 12:31:40,123 INFO]: Wrote executor output file to /tmp/kfp/outputs/executor_output.json.
time="2026-11-21T12:31:41.038Z" level=info msg="sub-process exited" argo=true error="<nil>"
"""
    assert logs.message(log) == logs.ENDED


def test_silent_log_has_no_message():
    assert logs.message("") == ""
