"""A language model elsewhere: that of CAPSTAN_LLM_URL, an endpoint with OpenAI's chat completions."""

import json
from collections.abc import Generator, Mapping
from typing import Any

import httpx

from capstan.errors import InvalidRow, Unavailable
from capstan.services.http import certificates
from capstan.services.proxies import is_loopback
from capstan.settings import settings

SECONDS = httpx.Timeout(60, connect=10)  # without a part of the answer
SHOWN = 200  # characters of what it says of an error
ADVICE = {
    401: " Check CAPSTAN_LLM_TOKEN.",
    403: " Check CAPSTAN_LLM_TOKEN.",
    404: " Check CAPSTAN_LLM_URL, which often ends with /v1, and CAPSTAN_LLM_MODEL.",
}


def is_elsewhere() -> bool:
    """Return whether the settings name one."""
    return bool(settings().llm_url)


def chunks(body: Mapping[str, Any]) -> Generator[dict[str, Any], None, None]:
    """Yield the chunks of a chat completion, the last with its usage. body: the request, without the model's name.

    Raises Unavailable, which names the endpoint, where it does not answer, and InvalidRow where it refuses the request.
    """
    own = settings()
    url = f"{own.llm_url.rstrip('/')}/chat/completions"
    asked = {**body, "model": own.llm_model, "stream": True, "stream_options": {"include_usage": True}}
    headers = {"Authorization": f"Bearer {own.llm_token}"} if own.llm_token else {}
    try:
        with httpx.stream(
            "POST", url, json=asked, headers=headers, timeout=SECONDS, verify=certificates(),
            trust_env=not is_loopback(url),
        ) as reply:  # fmt: skip
            _check(url, reply)
            for line in reply.iter_lines():
                content = line.removeprefix("data:").strip()
                if content and content != line and content != "[DONE]":
                    yield json.loads(content)
    except (httpx.HTTPError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Unavailable(f"The language model at {url} does not answer: {why}. Check CAPSTAN_LLM_URL.") from error


def _check(url: str, reply: httpx.Response) -> None:
    if reply.is_success:
        return
    reply_text = reply.read().decode(errors="replace")[:SHOWN]
    if reply.status_code == httpx.codes.BAD_REQUEST:
        raise InvalidRow(f"The language model at {url} refuses this: {reply_text}", 0, "prompt")
    raise Unavailable(
        f"The language model at {url} answers {reply.status_code}: {reply_text}{ADVICE.get(reply.status_code, '')}"
    )
