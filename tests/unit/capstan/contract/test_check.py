"""`capstan check` finds before training what would fail after it, without data."""

import sys

import pytest

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.scaffold.create import create
from capstan.settings import settings
from cli.new import check
from tests.support.stack_depth import off_stack


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that makes a capstone with a name of its own, replaces some of its text and checks it."""
    import pipelines

    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(tmp_path))
    settings.cache_clear()

    def make(name: str, edits: dict[str, str], features: str = "") -> None:
        """features: added to `features.py`."""
        folder = create(name, {"endpoint", "features"} if features else {"endpoint"}, tmp_path)
        if features:
            with (folder / "features.py").open("a") as file:
                file.write(features)
        task = folder / "task.py"
        text = task.read_text()
        for old, new in edits.items():
            assert old in text
            text = text.replace(old, new)
        task.write_text(text)
        off_stack(check, name)

    yield make
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(tmp_path)]
    for name in [name for name in sys.modules if name.startswith("pipelines.checked_")]:
        del sys.modules[name]


def declared(kind: str) -> dict[str, str]:
    """Return the edit that makes `age` an input of this type, as a class attribute."""
    inputs = f'    inputs = dict.fromkeys(INPUTS, "double") | {{"age": "{kind}"}}'
    return {'    requirements = ("scikit-learn", "numpy")': inputs}


AGE = 'age: float = Field(title="Age", examples=[0.038])'


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("checked_default", "long", "age: int | None = None"),
        ("checked_required", "long", "age: int | None"),
        ("checked_unstated", "long", "age: int = None"),
        ("checked_items", "long[]", "age: list[int | None] = Field(max_length=3)"),
    ],
)
def test_integer_that_may_be_missing_is_refused(name, kind, field, made):
    with pytest.raises(CapstanError, match=r"age may be None in Request, .*declare it 'double"):
        made(name, declared(kind) | {AGE: field})


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("checked_whole", "long", "age: int = 30"),
        ("checked_real", "double", "age: int | None = None"),
        ("checked_list", "long[]", "age: list[int] | None = Field(None, max_length=3)"),
    ],
)
def test_what_mlflow_can_hold_passes(name, kind, field, made, capsys):
    made(name, declared(kind) | {AGE: field})
    assert f"{name} is complete" in capsys.readouterr().out


def test_input_that_no_request_has_is_named(made):
    with pytest.raises(CapstanError, match="the model's inputs age are no fields of Request"):
        made("checked_lacking", declared("double") | {f"    {AGE}\n": ""})


def test_example_of_a_field_that_the_request_refuses_is_named(made):
    with pytest.raises(CapstanError, match=r"no request: age: .* \(got 'old'\)"):
        made("checked_example", {AGE: AGE.replace("0.038", '"old"')})


def test_field_without_an_example_hides_no_wrong_one(made):
    with pytest.raises(CapstanError, match=r"no request: sex: "):
        made("checked_partly", {AGE: "age: float", "examples=[0.051]": "examples=[None]"})


def test_readme_and_tests_of_the_scaffold_are_named_until_they_are_edited(made, capsys):
    made("checked_fresh", {})
    assert "README.md, tests/test_task.py" in capsys.readouterr().out
    folder = catalogue.folder("checked_fresh")
    (folder / "README.md").write_text("# Mine\n")
    off_stack(check, "checked_fresh")
    assert "them: tests/test_task.py." in capsys.readouterr().out
    (folder / "tests" / "test_task.py").unlink()
    off_stack(check, "checked_fresh")
    assert "Warning" not in capsys.readouterr().out


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.capstone(name)) for name in catalogue.names()])
def test_capstones_of_the_checkout_pass_without_a_warning(name, capsys):
    off_stack(check, name)
    assert "Warning" not in capsys.readouterr().out


VIEW = """
from feast import RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import String

asked = RequestSource(name="asked", schema=[Field(name="ward", dtype=String)])


@on_demand_feature_view(sources=[asked], mode="python", schema=[Field(name="floor", dtype=Float64)])
def floors(inputs: dict) -> dict:
    return {"floor": [KNOWN for ward in inputs["ward"]]}
"""


def test_an_on_demand_view_is_called_with_values_that_feast_makes_up(made):
    made("checked_view", {}, VIEW.replace("KNOWN", '{"A": 1.0}.get(ward, 0.0)'))
    with pytest.raises(CapstanError, match=r"the on-demand view floors fails for .* \(KeyError"):
        made("checked_bad_view", {}, VIEW.replace("KNOWN", '{"A": 1.0}[ward]'))
