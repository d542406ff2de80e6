"""Which studies there are: `pipelines/NAME/studies/QUESTION/study.py`."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from capstan import catalogue
from capstan.data.files import digest
from capstan.errors import CapstanError, did_you_mean
from capstan.settings import settings
from capstan.study.protocol import Study

FOLDER = "studies"


def questions(capstone: str) -> list[str]:
    """Return the names of a capstone's studies, sorted."""
    return sorted(path.parent.name for path in (catalogue.folder(capstone) / FOLDER).glob("*/study.py"))


def folder(capstone: str, question: str) -> Path:
    """Return the folder of a study. Raises CapstanError when there is none."""
    known = questions(capstone)
    if question not in known:
        hint = did_you_mean(question, known)
        raise CapstanError(f"{capstone} has no study {question!r}.{hint} Known: {', '.join(known) or 'none'}.")
    return catalogue.folder(capstone) / FOLDER / question


def module(capstone: str, question: str) -> ModuleType:
    """Return the module of a study."""
    folder(capstone, question)
    catalogue.add_search_path()
    return import_module(f"pipelines.{capstone}.{FOLDER}.{question}.study")


def load(capstone: str, question: str) -> Study:
    """Return a study: `STUDY` of its module."""
    study: Study = module(capstone, question).STUDY
    return study


def title(capstone: str, question: str) -> str:
    """Return what a study asks: the first line of its module."""
    source = (folder(capstone, question) / "study.py").read_text()
    return source.lstrip().removeprefix('"""').splitlines()[0].removesuffix('"""')


def data_digest(capstone: str, study: Study) -> str:
    """Return the digest of what a study reads: its files, or the tables that the capstone loads from a package."""
    from pandas.util import hash_pandas_object

    task, data_dir = catalogue.load(capstone), settings().data_dir
    if files := study.files or task.files:
        return digest(*(path for _, path in sorted(files(data_dir).items())))
    tables = sorted(task.load(data_dir).items())
    return digest(*(f"{name} {hash_pandas_object(table, index=False).sum()}" for name, table in tables))
