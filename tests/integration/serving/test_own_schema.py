"""Each version is served by the task that it was trained with, whatever became of the capstone's files."""

import re
from pathlib import Path

import pytest

from capstan.rollout.traffic import Traffic
from predictions import read
from tests.small_capstones.models import Sum
from tests.support.capstones_of_tests import FOLDER
from tests.support.processes import wait_until

HEADERS = {role: {"x-capstan-variant": role} for role in ("champion", "challenger", "candidate")}


def write(edited: Path, extra: str = "", title: str = "first") -> None:
    """Write the capstone `edited`: `plain`, with another title and perhaps another field."""
    text = (FOLDER / "plain" / "task.py").read_text().replace("A plain capstone", title)
    text = text.replace("    y: float | None = None\n", f"    y: float | None = None\n{extra}")
    (edited / "edited").mkdir(exist_ok=True)
    (edited / "edited" / "task.py").write_text(text)


@pytest.fixture
def versions(server, mlflow, edited) -> list[str]:
    """Three versions of `edited`: as first, with a required field `z`, and with a required `w`."""
    registered = []
    for extra, title in (("", "first"), ("    z: float\n", "second"), ("    w: str\n", "third")):
        write(edited, extra, title)
        registered.append(mlflow.register("edited", model=Sum(["x", "y"], float(len(registered))), fresh=True))
    (edited / "edited" / "task.py").write_text("an edit in the middle of a (sentence")
    yield registered
    mlflow.roles("edited")
    server.load("edited")


def test_variants_with_different_fields_serve_side_by_side(server, mlflow, versions):
    first, second, third = versions
    mlflow.roles("edited", champion=first, challenger=second, candidate=third)
    reply = server.load("edited").json()
    assert reply["variants"] == {"champion": first, "challenger": second, "candidate": third}
    rows = {"champion": {"x": 1}, "challenger": {"x": 1, "z": 2}, "candidate": {"x": 1, "w": "three"}}
    for role, row in rows.items():
        answer = server.predict(row, name="edited", headers=HEADERS[role]).json()["predictions"][0]
        assert (answer["variant"], answer["model_version"]) == (role, reply["variants"][role])
        for other in rows.values():
            if other != row:
                refused = server.predict(other, name="edited", headers=HEADERS[role])
                assert refused.status_code == 400 and "Expected fields: x, y (optional)" in refused.json()["error"]
    assert server.predict({"x": 1}, name="edited").json()["predictions"][0]["variant"] == "champion"
    titles = {v: server.client.get(f"/v2/models/edited/versions/{v}").json() for v in versions}
    assert [titles[v]["title"] for v in versions] == ["first", "second", "third"]
    assert [[t["name"] for t in titles[v]["inputs"]] for v in versions] == [
        ["x", "y"],
        ["x", "y", "z"],
        ["x", "y", "w"],
    ]


def test_a_variant_is_picked_before_its_rows_are_read(server, mlflow, versions):
    """In a canary a key meets the same variant in every protocol, and the schema of that variant."""
    first, second, _ = versions
    traffic = Traffic("canary", 50)
    mlflow.roles("edited", traffic, champion=first, challenger=second, candidate=second)
    assert server.load("edited").status_code == 200
    keys = {key: traffic.variant(key) for key in map(str, range(40))}
    assert set(keys.values()) == {"champion", "challenger"}
    for key, variant in keys.items():
        by, row = {"x-capstan-key": key}, {"x": 1} if variant == "champion" else {"x": 1, "z": 0}
        answer = server.predict(row, name="edited", headers=by).json()
        assert answer["predictions"][0]["variant"] == variant
        tensors = [{"name": k, "shape": [1], "datatype": "INT64", "data": [v]} for k, v in row.items()]
        assert server.infer(*tensors, name="edited", headers=by).json()["parameters"] == {"variant": variant}
        other = {"x": 1, "z": 0} if variant == "champion" else {"x": 1}
        assert server.predict(other, name="edited", headers=by).status_code == 400


def test_a_shadow_reads_rows_by_its_own_schema(server, mlflow, versions):
    """One that cannot read them leaves a line in the log, and disturbs nobody."""
    first, second, _ = versions
    mlflow.roles("edited", Traffic("shadow"), champion=first, challenger=first)
    assert server.load("edited").status_code == 200
    (answer,) = server.predict({"x": 3}, name="edited").json()["predictions"]

    def variants() -> list[str]:
        logged = read("edited")
        return sorted(logged.loc[logged["prediction_id"] == answer["prediction_id"], "variant"])

    wait_until(lambda: variants() == ["champion", "shadow"])
    mlflow.roles("edited", Traffic("shadow"), champion=first, challenger=second)
    assert server.load("edited").status_code == 200
    assert server.predict({"x": 3}, name="edited").status_code == 200
    wait_until(lambda: re.search("a shadow prediction failed: Invalid.* at row 0, z", server.log.read_text()))


def test_a_champion_keeps_its_schema_when_the_file_changes(server, mlflow, versions, edited):
    mlflow.roles("edited", champion=versions[0])
    assert server.load("edited").status_code == 200
    write(edited, "    z: float\n", "an edit")
    for _ in range(2):
        assert server.predict({"x": 1}, name="edited").status_code == 200
        assert server.client.get("/v2/models/edited").json()["title"] == "first"
        assert server.load("edited").status_code == 200


def test_a_candidate_alone_answers_only_by_name(server, mlflow, versions):
    mlflow.roles("edited", Traffic("ab", 100), candidate=versions[0])
    assert server.load("edited").json()["variants"] == {"candidate": versions[0]}
    assert server.predict({"x": 1}, name="edited", headers=HEADERS["candidate"]).status_code == 200
    reply = server.predict({"x": 1}, name="edited")
    assert reply.status_code == 503 and "has no champion yet" in reply.json()["error"]
    assert server.client.get("/v2/health/ready").status_code == 200
