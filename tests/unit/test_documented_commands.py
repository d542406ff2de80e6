"""Every command of the documentation exists, with the options and arguments that it is given.

Whether they do what the page says is for the tests of the cluster.
"""

import re
import subprocess
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from capstan.old_names import current
from capstan.settings import ROOT
from cli.app import app
from tests.support.documented_commands import Command, commands

PAGES = [ROOT / "docs" / "kubernetes.md", ROOT / "docs" / "operations.md"]
UsageError = typer.BadParameter.__mro__[1]  # of the click that Typer brings
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
# Programs that a reader has, or that the page says to install.
OTHERS = {
    *(
        "aws",
        "base64",
        "capstan",
        "cat",
        "curl",
        "date",
        "docker",
        "export",
        "kfp",
        "kubectl",
        "make",
        "openssl",
        "python",
        "source",
    ),
}


def programs(command: Command) -> list[list[str]]:
    """Return the words of each command of a line: of its pipes, and what runs in `$(...)`."""
    inner = re.findall(r"\$\(([^()]+)\)", command.text)
    text = re.sub(r"\$\([^()]+\)", "value", command.text)
    parts = re.split(r"\s(?:\||&&)\s", text) if "'" not in text and '"' not in text else [text]
    return [Command(part, command.line).words for part in (*parts, *inner) if Command(part, command.line).words]


CAPSTAN, MAKE = [], []
for page in PAGES:
    for command in commands(page):
        for words in programs(command):
            where = f"{page.stem}:{command.line}"
            if Path(words[0]).name == "capstan":
                CAPSTAN.append(pytest.param(words[1:], id=f"{where} {' '.join(words[1:4])}"))
            elif words[0] == "make":
                MAKE.append(pytest.param(words[1:], id=f"{where} {' '.join(words)}"))


def parse(words):
    """Parse a command line as the command does, without doing anything. Raises the command's error of usage."""
    command, context = get_command(app), None
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, list(words), parent=context)
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
    return command.make_context(command.name, list(words), parent=context)


@pytest.mark.parametrize("words", CAPSTAN)
def test_capstan_knows_the_command(words):
    parse(words)


@pytest.mark.parametrize("words", MAKE)
def test_make_knows_the_target(words):
    assert {word for word in words if "=" not in word} <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_other_commands_are_of_programs_that_the_reader_has(page):
    used = {words[0] for command in commands(page) for words in programs(command)}
    assert {Path(name).name for name in used} <= OTHERS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_of_a_page_compiles(page):
    for text in re.findall(r"^```python\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL):
        compile(text, page.name, "exec")


@pytest.mark.parametrize("wrong", [["runn", "flight_delay"], ["run", "flight_delay", "--cannary", "10"], ["compile"]])
def test_mistake_is_found(wrong):
    with pytest.raises(UsageError):
        parse(["--profile", "cluster", *wrong])


def test_commands_of_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Text\n\n```bash\n# a comment\na b \\\n  c\nd '{\n}'\n```\n\n```bash background\nX=1 e\n```\n")
    parsed = list(commands(page))
    assert [(command.text, command.line, command.kind) for command in parsed] == [
        ("a b    c", 5, ""), ("d '{\n}'", 7, ""), ("X=1 e", 12, "background"),
    ]  # fmt: skip
    assert parsed[2].words == ["e"]


# A module that a manifest, an image, a page or a script runs: `python -m cli`, or `[python, -m, cli]`.
RUNS = re.compile(r"python3?(?:\",)?,? \"?-m\"?,? \"?([a-z_]+(?:\.[a-z_]+)*)(?!\.?\w)")
KINDS = {".md", ".py", ".yaml", ".yml", ".sh", ".Dockerfile", ""}
OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests"}


def modules_run() -> set[str]:
    """Return our modules that some file runs."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.splitlines() if Path(name).suffix in KINDS]
    named = {module for path in files if path.is_file() for module in RUNS.findall(path.read_text("utf-8", "ignore"))}
    return {module for module in named if module.partition(".")[0] in OURS}


@pytest.mark.parametrize("module", sorted(modules_run()))
def test_module_that_is_run_is_there(module):
    folder = ROOT.joinpath(*current(module).split("."))
    assert folder.with_suffix(".py").is_file() or (folder / "__main__.py").is_file()
