"""What the task details of a run say, second by second."""

from cluster.follow import Event, Follower, steps_of

SPEC = {
    "root": {
        "dag": {"tasks": {"split": {"componentRef": {"name": "comp-split"}}, "if": {"componentRef": {"name": "if"}}}}
    },
    "components": {
        "comp-split": {"executorLabel": "exec-split"},
        "comp-deploy": {"executorLabel": "exec-deploy"},
        "if": {"dag": {"tasks": {"deploy": {"componentRef": {"name": "comp-deploy"}}}}},
    },
}


def task(name, state, began, ended="1970-01-01T00:00:00Z", number=""):
    start, end = (text if "T" in text else f"2026-01-01T00:00:{text}Z" for text in (began, ended))
    return {"task_id": name + number, "display_name": name, "state": state, "start_time": start, "end_time": end}


def test_steps_are_found_inside_conditions_and_conditions_are_none():
    assert steps_of(SPEC) == {"split", "deploy"}


def test_each_change_is_told_once_and_seconds_count_from_the_driver():
    follower = Follower({"split", "deploy"})
    tasks = [task("root-driver", "SUCCEEDED", "00", "05"), task("split-driver", "PENDING", "05")]
    assert follower.read(tasks) == [Event("split", "started")]
    tasks = [task("split-driver", "SUCCEEDED", "05", "10"), task("split", "RUNNING", "11"), {"task_id": "unnamed"}]
    assert follower.read(tasks) == []
    tasks = [tasks[0], task("split", "SUCCEEDED", "11", "18"), task("deploy-driver", "RUNNING", "18")]
    assert follower.read(tasks) == [Event("split", "done", 13.0), Event("deploy", "started")]
    assert follower.read(tasks) == []


def test_failed_and_skipped_steps():
    follower = Follower({"split", "deploy", "train"})
    tasks = [task("split-driver", "SUCCEEDED", "01", "02"), task("split", "FAILED", "02", "09")]
    tasks += [task("deploy", "SKIPPED", "09", "09"), task("train-driver", "FAILED", "10", "12")]
    assert follower.read(tasks) == [
        Event("split", "started"), Event("split", "failed", 8.0),
        Event("train", "started"), Event("train", "failed", 2.0),
    ]  # fmt: skip


def test_steps_of_a_loop_have_drivers_of_their_own():
    follower = Follower({"fit"})
    tasks = [task("fit-driver", "SUCCEEDED", "01", "04", "a"), task("fit", "SUCCEEDED", "05", "09", "a")]
    tasks += [task("fit-driver", "SUCCEEDED", "09", "11", "b"), task("fit", "SUCCEEDED", "12", "20", "b")]
    done = [event.seconds for event in follower.read(tasks) if event.state == "done"]
    assert done == [8.0, 11.0]


def test_step_whose_name_ends_as_a_driver_does_is_a_step():
    follower = Follower({"train", "train-driver"})
    events = follower.read(
        [task("train-driver-driver", "RUNNING", "01"), task("train-driver", "SUCCEEDED", "02", "03")]
    )
    assert events == [Event("train-driver", "started"), Event("train-driver", "done", 2.0)]
