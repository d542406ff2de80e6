"""Every pipeline there is, compiled: those of `pipelines/` and those of `tests/capstones`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from capstan import catalogue
from capstan.settings import ROOT, settings
from tests.support.stack_depth import off_stack

EXAMPLES = ROOT / "tests" / "capstones"


@pytest.fixture(scope="session")
def compile_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that returns the YAML of a capstone's pipeline. It compiles each pipeline once."""
    from kfp import compiler

    texts: dict[str, str] = {}

    def compiled(name: str) -> str:
        if name not in texts:
            path = tmp_path_factory.mktemp("compiled") / "pipeline.yaml"
            off_stack(lambda: compiler.Compiler().compile(catalogue.load_pipeline(name), str(path)))
            texts[name] = path.read_text()
        return texts[name]

    return compiled


@pytest.fixture(autouse=True)
def examples(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The capstones of `tests/capstones`, found through CAPSTAN_CAPSTONES."""
    import pipelines

    monkeypatch.setenv("CAPSTAN_CAPSTONES", str(EXAMPLES))
    settings.cache_clear()
    yield EXAMPLES
    settings.cache_clear()
    pipelines.__path__[:] = [path for path in pipelines.__path__ if path != str(EXAMPLES)]
