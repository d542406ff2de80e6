"""Which settings each step gets."""

from pathlib import Path

from cluster import step_secrets
from components import __path__ as folders


def test_no_secret_is_empty_and_none_has_what_another_has():
    """A step takes an empty one for one that is missing."""
    secrets = step_secrets.contents(
        {"CAPSTAN_TOKEN": "a", "CAPSTAN_LABELS_TOKEN": "b"}, {"CAPSTAN_WEBHOOKS": "json://a"}
    )
    assert secrets[step_secrets.REGISTRY] == {"CAPSTAN_TOKEN": "a", "CAPSTAN_VERIFYING_KEY": ""}
    assert secrets[step_secrets.ALERTS] == {"CAPSTAN_WEBHOOKS": "json://a"}
    names = [name for values in secrets.values() for name in values]
    assert all(secrets.values()) and len(names) == len(set(names)) and "CAPSTAN_LABELS_TOKEN" not in names


def test_platform_comes_before_what_was_there():
    secrets = step_secrets.contents({"CAPSTAN_SIGNING_KEY": "new"}, {"CAPSTAN_SIGNING_KEY": "old"})
    assert secrets[step_secrets.SIGNING] == {"CAPSTAN_SIGNING_KEY": "new"}


def test_every_name_is_that_of_a_component():
    assert all((Path(folders[0]) / name / "component.py").is_file() for name in step_secrets.NEEDED_BY)
