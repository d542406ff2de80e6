"""Decisions that a seeded mutator makes of good ones, from operators and from others.

Only operators decide, and each decision that was acknowledged is in the history.
"""

import json
from collections import Counter
from typing import Any

import pytest

from monitoring.history import Event, History
from tests.fuzz.mutations import Mutator

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
HEADERS = ("content-type", "content-encoding", "origin", "sec-fetch-site", "x-request-id", "accept")
PARTS = ("champion", "challenger", "candidate", "previous", "since")
VERBS = ("pause", "resume") * 6 + ("promote", "rollback")  # a roll-out is loaded again, which takes a while


def told(event: Event) -> tuple[Any, ...]:
    return event.kind, event.by, event.reason, event.at.isoformat()


def test_decisions(console, console_home, console_tokens, fuzz):
    fuzz.watch(console.log)
    history = History(f"sqlite:///{console_home}/predictions/circle.db")
    before, acknowledged = Counter(map(told, history.events("plain"))), Counter()
    for mutator in fuzz.examples("console", 150):
        random, who = mutator.random, mutator.random.choice(("olga", "olga", "olga", "ann", "airline", "nobody", ""))
        token = console_tokens.get(who, who)
        if token and random.random() < 0.1:
            token, who = mutator.bytes(token.encode()).hex(), "nobody"
        headers = mutator.headers({"content-type": "application/json"}, HEADERS)
        headers += [(b"authorization", f"Bearer {token}".encode())] * bool(token)
        content = decision(mutator, console.client.get("/v2/monitoring/plain").json()["rollout"])
        reply = fuzz.post(console.client, mutator, f"/v2/monitoring/plain/{random.choice(VERBS)}", content, headers)
        if reply and reply.status_code == 200:
            answer = reply.json()
            assert who == answer["by"] == "olga", mutator.seed
            acknowledged[answer["kind"], answer["by"], answer["reason"], answer["at"]] += 1
    fuzz.verify()
    after = Counter(map(told, history.events("plain")))
    assert acknowledged and acknowledged <= after and after - before == acknowledged


def decision(mutator: Mutator, rollout: dict[str, Any]) -> bytes:
    """Return the body of a decision, on the roll-out as it is or on another."""
    body: dict[str, Any] = {"reason": f"Reason {mutator.random.randrange(10**6)}."}
    if mutator.random.random() < 0.5:
        body["state"] = {name: rollout[name] for name in mutator.random.sample(PARTS, mutator.random.randrange(6))}
    return json.dumps(body).encode() if mutator.random.random() < 0.4 else mutator.body(body)


@pytest.mark.parametrize(
    "path", ["/v2/repository/index", "/v2/repository/models/nobody/load", "/v2/monitoring/x/pause"]
)
def test_other_bodies_of_operators(console, console_tokens, fuzz, path):
    fuzz.watch(console.log)
    for mutator in fuzz.examples(path, 40):
        who = mutator.random.choice(("olga", "ann"))
        headers = mutator.headers({"authorization": f"Bearer {console_tokens[who]}"}, HEADERS)
        fuzz.post(console.client, mutator, path, mutator.body({"ready": True, "reason": "x"}), headers)
    fuzz.verify()
