"""Every setting and every error is documented, and no link of the documentation is broken."""

import json
import re
from pathlib import Path

import pytest

from capstan.settings import ROOT, Settings
from serving.errors import STATUSES

SETTINGS = (ROOT / "docs" / "settings.md").read_text()
ROWS = dict(re.findall(r"^\| `(CAPSTAN_\w+)` \| (.+?) \|", SETTINGS, flags=re.MULTILINE))
SERVING = [path.read_text() for name in ("README.md", "REFERENCE.md") if (path := ROOT / "serving" / name).exists()]
FOLDERS = [folder for folder in ROOT.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in folder.rglob("*.md"))])


@pytest.mark.parametrize("field", Settings.model_fields)
def test_setting_is_documented_with_its_default(field):
    default = Settings.model_fields[field].default
    if isinstance(default, Path):
        default = default.relative_to(ROOT)
    shown = (
        "none" if default in (None, "", []) else f"`{default if isinstance(default, Path) else json.dumps(default)}`"
    )
    assert ROWS.get(f"CAPSTAN_{field.upper()}", "no row").replace('"', "") == shown.replace('"', "")


def test_no_row_of_the_settings_is_left_over():
    assert ROWS.keys() == {f"CAPSTAN_{field.upper()}" for field in Settings.model_fields}


def test_settings_are_linked_from_the_readme():
    assert "(docs/settings.md)" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("status", sorted({status for status, _ in STATUSES.values()}))
def test_http_status_of_an_error_is_documented(status):
    assert any(re.search(rf"\b{status}\b", text) for text in SERVING), (
        f"serving's documentation does not mention {status}"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    files = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in files if not (page.parent / link).exists()] == []
