"""Compare the data to train on with those of the last accepted run, before a training is spent on them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capstan import notes
from capstan.catalogue import load
from capstan.data.files import digest, write_markdown_table
from capstan.errors import CapstanError
from capstan.versions import registry, runs
from capstan.versions.best import last_accepted
from components.compare_data.profile import FILE, Profile, profile

FEWEST = 0.5  # of the rows of before
SHOWN = 5  # columns of a table, those that changed most
Line = dict[str, Any]


def compare_data(capstone: str, train: str, report: str, accept: str = "") -> None:
    """Report what changed since the last accepted version, as Markdown.

    Rows, label, columns, and what each column says of the label. Drift alone stops nothing: it is what starts a
    retraining. accept: why a person takes the data as they are.
    Raises CapstanError where fewer than half of the rows are left, or a column that was filled is empty.
    """
    last = last_accepted(registry.versions(capstone))
    if last is None:
        _nothing(report, "No version was accepted yet.")
        return
    if last.tags.get("train_digest") == digest(Path(train)):
        _nothing(report, f"The rows are those of version {last.version}.")
        return
    known = runs.logged_json(last.run_id, FILE)
    if not known:
        _nothing(report, f"Version {last.version} has no profile of its data.")
        return
    now = profile(load(capstone), train, known)
    found = [line for table in known if table in now for line in lines(table, known[table], now[table])]
    write_markdown_table(found, report, before=f"Compared with the data of version {last.version}.")
    notes.note(f"Compared with the data of version {last.version}: {_summary(found)}.")
    reasons = [reason for table, before in known.items() for reason in wrong(table, before, now.get(table))]
    if reasons and not accept:
        raise CapstanError(
            f"{' '.join(reasons)} Repair the source. If the data are right: capstan run {capstone} --accept REASON."
        )
    for reason in reasons:
        notes.note(f"{reason} Accepted: {accept}")


def _nothing(report: str, why: str) -> None:
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    Path(report).write_text(f"{why} There is nothing to compare.\n")


def lines(table: str, before: Profile, now: Profile) -> Iterator[Line]:
    """Yield what to compare of a table: rows, the label, and the columns that changed or explained the label most."""
    yield _line(f"rows of {table}", before["rows"], now["rows"], now["rows"] / max(1, before["rows"]) - 1)
    label = before["label"].get("column")
    if label and now["label"].get("column") == label and None not in (before["label"]["mean"], now["label"]["mean"]):
        means = before["label"]["mean"], now["label"]["mean"]
        yield _line(f"mean of the label {label}", *means, means[1] - means[0])
    moved = {name: _moved(before["columns"][name], now["columns"][name]) for name in _common(before, now)}
    for name in sorted(moved, key=lambda name: -moved[name])[:SHOWN]:
        yield _line(f"drift of {name}", 0.0, moved[name], moved[name])
    old, new = before["label"].get("explained", {}), now["label"].get("explained", {})
    for name in [name for name in old if name in new][:SHOWN]:
        yield _line(f"share of {label} that {name} explains", old[name], new[name], new[name] - old[name])


def _line(what: str, before: float, now: float, difference: float) -> Line:
    return {"what": what, "before": before, "now": now, "difference": difference}


def _common(before: Profile, now: Profile) -> list[str]:
    return [name for name in before["columns"] if name in now["columns"]]


def _moved(before: Profile, now: Profile) -> float:
    """Return the share of the rows that would have to change their bin for both to be equal, from 0 to 1."""
    old, new = (part["counts"] for part in (before, now))
    if not sum(old) or not sum(new):
        return float(bool(sum(old)) != bool(sum(new)))
    return float(sum(abs(a / sum(old) - b / sum(new)) for a, b in zip(old, new, strict=True)) / 2)


def _summary(lines: list[Line]) -> str:
    """Return one line of words for each kind: the rows and the label, and what changed most of the others."""
    rows = [line for line in lines if line["what"].startswith("rows of")]
    parts = [f"{line['what']} {line['before']:,} -> {line['now']:,}" for line in rows]
    for kind in ("mean of", "drift of", "share of"):
        of_kind = [line for line in lines if line["what"].startswith(kind)]
        if of_kind:
            most = max(of_kind, key=lambda line: abs(line["difference"]))
            parts.append(f"{most['what']} {most['before']:.3f} -> {most['now']:.3f}")
    return ", ".join(parts)


def wrong(table: str, before: Profile, now: Profile | None) -> Iterator[str]:
    """Yield why a table is none to train on, in sentences."""
    if now is None:
        yield f"The table {table} is gone."
        return
    if now["rows"] < FEWEST * before["rows"]:
        yield f"{table} has {now['rows']:,} rows, where the last accepted run had {before['rows']:,}."
    for name, filled in before["filled"].items():
        if filled and not now["filled"].get(name):
            yield f"The column {name} of {table} is empty, which it was not."
