"""`python -m pipelines.moderation.cases`: the moderators' queue, in which every decision is kept.

    cases fill                                       take in the texts that the endpoint gave to a person
    cases list                                       what waits, the most expensive first
    cases decide ID offensive --by anna --why "an insult, to nobody's group"
    cases second ID --by anna --why "I am not sure"  another person decides, too
    cases appeal ID --by author --why "I quoted it"  a person who has not decided on it decides again, and finally
    cases history ID                                 who did what, when and why
    cases labels FILE                                the decisions as labels: capstan labels load moderation FILE
    cases verify                                     whether the journal is what was written

ID is `prediction_id` of the answer. Any text that was answered may be appealed, whether a person or the model decided.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from capstan.errors import CapstanError
from capstan.settings import settings
from models.journal import Entry, Journal
from pipelines.moderation.data import CLASSES

OPENED, DECIDED, SECOND, APPEALED = "opened", "decided", "second opinion", "appealed"
SYSTEM = "the endpoint"
APPEAL_FIRST = 10.0  # what an appeal adds to the priority, in looks: it comes before what nobody has seen yet


class Case(NamedTuple):
    """Where a text stands. waits: for a decision. people: who has decided. kind, at: the last decision, and when."""

    text_id: str
    text: str
    priority: float
    waits: bool
    people: frozenset[str]
    kind: str | None
    at: str
    appealed: bool


def case(entries: Sequence[Entry]) -> Case:
    """Return where a text stands after its entries, of which the first opened it."""
    first = entries[0].more
    state = Case(entries[0].text_id, first["text"], first["priority"], True, frozenset(), None, "", appealed=False)
    for entry in entries[1:]:
        if entry.act == DECIDED:
            people = state.people | {entry.person}
            state = state._replace(waits=False, people=people, kind=entry.more["kind"], at=entry.time)
        elif entry.act == SECOND:
            state = state._replace(waits=True)
        else:
            state = state._replace(waits=True, appealed=True, priority=state.priority + APPEAL_FIRST)
    return state


def priority(prediction: dict[str, Any]) -> float:
    """Return what the best decision without a person is expected to cost: much where expensive and unsure."""
    return min(float(option["cost"]) for option in prediction["costs"] if option["decision"] != "ask")


class Cases:
    """The queue over a journal. Each act is checked and written while nobody else writes."""

    def __init__(self, journal: Journal):
        self.journal = journal

    def open(self, text_id: str, text: str, prediction: dict[str, Any]) -> None:
        """Take in a text that the endpoint answered. Raises CapstanError where it is there already."""

        def allowed(entries: list[Entry]) -> None:
            if entries:
                raise CapstanError(f"{text_id} is in the queue already.")

        more = {"text": text, "priority": priority(prediction), "said": prediction["kind"]}
        self.journal.add(text_id, OPENED, SYSTEM, f"it decided: {prediction['decision']}", more, allowed)

    def decide(self, text_id: str, kind: str, person: str, why: str) -> None:
        """Say what a text is. Raises CapstanError where it does not wait, or where the person has decided on it."""
        if kind not in CLASSES:
            raise CapstanError(f"{kind!r} is none of {', '.join(CLASSES)}.")

        def allowed(entries: list[Entry]) -> None:
            found = _there(text_id, entries)
            if not found.waits:
                raise CapstanError(f"{text_id} is decided: {found.kind}. Appeal, or ask for a second opinion.")
            if person.strip() in found.people:
                raise CapstanError(f"{person.strip()} has decided on {text_id}. Another person has to.")
            if any(entry.act == APPEALED and entry.person == person.strip() for entry in entries):
                raise CapstanError(f"{person.strip()} has appealed on {text_id}. Another person has to decide.")

        self.journal.add(text_id, DECIDED, person, why, {"kind": kind}, allowed)

    def second(self, text_id: str, person: str, why: str) -> None:
        """Ask for another person's decision on a text that is decided."""
        self.journal.add(text_id, SECOND, person, why, allowed=lambda entries: _decided(text_id, entries))

    def appeal(self, text_id: str, person: str, why: str) -> None:
        """Ask for a new decision, once. Raises CapstanError for a text that waits or was appealed before."""

        def allowed(entries: list[Entry]) -> None:
            _decided(text_id, entries)
            if case(entries).appealed:
                raise CapstanError(f"{text_id} was appealed before. The decision after an appeal is final.")

        self.journal.add(text_id, APPEALED, person, why, allowed=allowed)

    def all(self) -> list[Case]:
        """Return every text, in the order in which they came."""
        by_text: dict[str, list[Entry]] = {}
        for entry in self.journal.entries():
            by_text.setdefault(entry.text_id, []).append(entry)
        return [case(entries) for entries in by_text.values()]

    def waiting(self) -> list[Case]:
        """Return what waits for a decision, the most expensive first."""
        return sorted((record for record in self.all() if record.waits), key=lambda record: -record.priority)

    def labels(self) -> list[dict[str, Any]]:
        """Return the decisions that stand, as the endpoint takes labels; a later one corrects the one before."""
        return [
            {
                "prediction_id": record.text_id,
                "label": record.kind,
                "known_at": record.at,
                "correct": len(record.people) > 1,
            }
            for record in self.all()
            if record.kind and not record.waits
        ]


def _there(text_id: str, entries: list[Entry]) -> Case:
    if not entries:
        raise CapstanError(f"{text_id} is not in the queue: `cases fill` takes in what was answered.")
    return case(entries)


def _decided(text_id: str, entries: list[Entry]) -> None:
    if _there(text_id, entries).waits:
        raise CapstanError(f"{text_id} waits for a decision.")


def fill(cases: Cases, everything: bool = False) -> int:
    """Take in the answered texts that a person should decide, or all of them; return how many were new."""
    import predictions

    known, count = {record.text_id for record in cases.all()}, 0
    for row in predictions.read("moderation").to_dict("records"):
        text_id, prediction = str(row["prediction_id"]), row["prediction"]
        if text_id not in known and (everything or prediction["decision"] == "ask"):
            cases.open(text_id, row["inputs"]["text"], prediction)
            count += 1
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command, do it and say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fill").add_argument("--all", action="store_true", help="also what the endpoint decided alone")
    commands.add_parser("list").add_argument("--top", type=int, default=20)
    commands.add_parser("verify")
    commands.add_parser("labels").add_argument("file", type=Path)
    for name in ("history", "decide", "second", "appeal"):
        command = commands.add_parser(name)
        command.add_argument("id")
        if name == "decide":
            command.add_argument("kind", choices=CLASSES)
        if name != "history":
            command.add_argument("--by", required=True, help="who")
            command.add_argument("--why", required=True, help="the reason, which is kept")
    options = parser.parse_args(arguments)
    cases = Cases(Journal(settings().home / "moderation" / "cases.sqlite"))
    try:
        print(done(cases, options))
    except CapstanError as error:
        sys.exit(str(error))


def done(cases: Cases, options: argparse.Namespace) -> str:
    """Do what is asked, and return what is printed."""
    if options.command == "fill":
        return f"{fill(cases, options.all)} new, {len(cases.waiting())} wait"
    if options.command == "list":
        shown = cases.waiting()[: options.top]
        return (
            "\n".join(f"{record.priority:6.2f}  {record.text_id}  {record.text}" for record in shown)
            or "Nothing waits."
        )
    if options.command == "verify":
        return f"{cases.journal.verify()} entries, as they were written"
    if options.command == "labels":
        found = cases.labels()
        options.file.write_text("".join(json.dumps(label) + "\n" for label in found))
        return f"{len(found)} decisions in {options.file}: capstan labels load moderation {options.file}"
    if options.command == "decide":
        cases.decide(options.id, options.kind, options.by, options.why)
    elif options.command != "history":
        (cases.second if options.command == "second" else cases.appeal)(options.id, options.by, options.why)
    entries = cases.journal.entries(options.id)
    return "\n".join(
        f"{entry.time}  {entry.act}  {entry.more.get('kind', '')}  by {entry.person}: {entry.reason}"
        for entry in entries
    )


if __name__ == "__main__":
    main()
