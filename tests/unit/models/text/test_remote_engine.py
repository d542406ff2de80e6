"""Texts of a language model elsewhere, for which a server on this machine stands in."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from capstan.errors import InvalidRow, Unavailable
from capstan.settings import settings
from models.text import whole_texts
from models.text.remote_engine import RemoteEngine
from tests.support.http_server import answering

TOLD = {"token": "Hi", "bytes": None, "logprob": -0.5, "top_logprobs": [{"token": "Ho", "logprob": -1.5}]}
CALL = [{"name": "add", "arguments": '{"a":'}, {"name": None, "arguments": " 1}"}]


def chunk(content: str = "", reason: str | None = None, **more) -> dict:
    return {"choices": [{"delta": {"content": content}, "finish_reason": reason, **more}]}


class Elsewhere(BaseHTTPRequestHandler):
    """A model that repeats what it is asked; what is asked says how it fails."""

    asked: list[dict] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body | {"authorization": self.headers["Authorization"], "path": self.path})
        wish = body["messages"][-1]["content"]
        status = int(wish) if wish.isdecimal() else 200
        self.send_response(status)
        self.end_headers()
        chunks = [chunk(f"{word} ") for word in wish.split()]
        if wish == "call":
            chunks = [{"choices": [{"delta": {"tool_calls": [{"index": 0, "function": part}]}}]} for part in CALL]
        if wish == "likely":
            chunks = [chunk("Hi", logprobs={"content": [TOLD]})]
        chunks += [chunk(reason="length"), {"choices": [], "usage": {"completion_tokens": 7, "prompt_tokens": 5}}]
        for part in chunks if status == 200 else ():
            self.wfile.write(f"data: {json.dumps(part)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n" if status == 200 else b"because")

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def url(monkeypatch) -> Iterator[str]:
    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)) as server:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        for name, value in {"URL": url, "MODEL": "large", "TOKEN": "secret"}.items():
            monkeypatch.setenv(f"CAPSTAN_LLM_{name}", value)
        settings.cache_clear()
        yield url
    settings.cache_clear()


def engine() -> RemoteEngine:
    return RemoteEngine(
        lambda row: {"messages": [{"role": "user", "content": row["prompt"]}], "seed": row["seed"]},
        lambda text, row: {"long": len(text) > 10},
    )


def read(texts: RemoteEngine, *prompts: str) -> list[dict]:
    """Return the whole prediction of each prompt. Raises what failed one."""
    whole = {texts.admit({"prompt": [prompt], "seed": [None]}): {"text": ""} for prompt in prompts}
    while texts.texts:
        for handle, part in texts.step():
            if isinstance(part, Exception):
                raise part
            if part:
                whole[handle] |= dict(part) | {"text": whole[handle]["text"] + part["text"]}
    return [*whole.values()]


def test_texts_come_whole_with_what_is_answered_of_them(url):
    short, long = read(engine(), "one", "one two three")
    assert (short["text"], long["text"]) == ("one ", "one two three ")
    assert (short["long"], long["long"]) == (False, True)
    assert (long["finish_reason"], long["tokens"], long["prompt_tokens"]) == ("length", 7, 5)
    asked = Elsewhere.asked[-1]
    assert (asked["model"], asked["authorization"], asked["path"]) == ("large", "Bearer secret", "/v1/chat/completions")
    assert {text["seed"] for text in (short, long)} == {asked["seed"] for asked in Elsewhere.asked[-2:]}


def test_calls_and_log_probabilities_are_those_of_its_chunks(url):
    call, likely = read(engine(), "call", "likely")
    assert call["tool_calls"] == [{"name": "add", "arguments": '{"a": 1}'}] and call["finish_reason"] == "tool_calls"
    assert likely["logprobs"][0]["bytes"] == [72, 105]
    assert likely["logprobs"][0]["top_logprobs"][0] == {"token": "Ho", "logprob": -1.5, "bytes": [72, 111]}


@pytest.mark.parametrize(
    ("status", "advice"), [("401", "CAPSTAN_LLM_TOKEN"), ("404", "CAPSTAN_LLM_MODEL"), ("500", "")]
)
def test_error_elsewhere_names_it_and_says_what_to_check(url, status, advice):
    with pytest.raises(Unavailable, match=f"{url}/chat/completions answers {status}: because.*{advice}"):
        read(engine(), status)


def test_refused_request_is_a_bad_row(url):
    with pytest.raises(InvalidRow, match="refuses this: because"):
        read(engine(), "400")


def test_nobody_there_is_named(url, monkeypatch):
    monkeypatch.setenv("CAPSTAN_LLM_URL", "http://127.0.0.1:9/v1")
    settings.cache_clear()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/v1/chat/completions does not answer"):
        read(engine(), "one")


def test_failed_text_ends_no_other(url):
    texts = engine()
    good, bad = (texts.admit({"prompt": [prompt], "seed": [3]}) for prompt in ("one", "500"))
    ends = {}
    while texts.texts:
        ends |= {handle: part for handle, part in texts.step() if part is None or isinstance(part, Exception)}
    assert ends[good] is None and isinstance(ends[bad], Unavailable)


def test_rows_that_are_answered_together_fail_together_with_the_number_of_the_bad_one(url):
    texts = engine()
    with pytest.raises(InvalidRow) as refusal:
        whole_texts.of_rows(texts, {"prompt": ["one", "400", "two"], "seed": [3] * 3}, ["text"])
    assert refusal.value.row == 1 and not texts.texts
    rows = whole_texts.of_rows(texts, {"prompt": ["one two", "three"], "seed": [3] * 2}, ["text", "finish_reason"])
    assert rows == {"text": ["one two ", "three "], "finish_reason": ["length"] * 2}


def test_cancelled_text_has_no_more_parts(url):
    texts = engine()
    texts.cancel(texts.admit({"prompt": ["one two"], "seed": [3]}))
    assert not texts.texts and not texts.step()
