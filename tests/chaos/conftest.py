"""`make chaos` deletes pods and restarts the node of a cluster, so these tests run only where they are named."""

from pathlib import Path

import pytest

from tests.chaos.targets import TARGETS

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--only TARGET`, which may be given more than once."""
    names = [target.name for target in TARGETS]
    parser.addoption("--only", action="append", choices=names, metavar="TARGET", help=f"one of {', '.join(names)}")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave this folder out of `pytest` and `pytest tests`."""
    named = any(HERE in (path := Path(argument.split("::")[0]).resolve(), *path.parents) for argument in config.args)
    return None if named else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test for each target, or for those of `--only`."""
    if "target" in metafunc.fixturenames:
        only = metafunc.config.getoption("only")
        chosen = [target for target in TARGETS if not only or target.name in only]
        metafunc.parametrize("target", chosen, ids=[target.name for target in chosen])
