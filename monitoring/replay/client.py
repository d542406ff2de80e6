"""The endpoint, asked many times over one connection."""

import time
from typing import Any

import httpx

from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.services.proxies import is_loopback
from capstan.settings import settings

PATIENCE = 60.0  # seconds, with an endpoint that is being restarted or has too much to do
PAUSE = 0.5
BUSY = (429, 502, 503)
Rows = list[dict[str, Any]]


class Client:
    """Asks the endpoint of a capstone for predictions, and sends it the labels."""

    def __init__(self, capstone: str):
        self._capstone = capstone
        token = settings().token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = profile().endpoint(capstone)
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=not is_loopback(url))
        self._labels = {"Authorization": f"Bearer {settings().labels_token}"} if settings().labels_token else {}
        self.repeated = 0  # requests that had to be sent again

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def predict(self, requests: Rows) -> Rows:
        """Return an answer to each request. Raises CapstanError."""
        reply = self._post(f"/v1/models/{self._capstone}:predict", {"instances": requests})
        if not reply.is_success:
            raise CapstanError(f"The endpoint answered {reply.status_code}: {reply.text[:500]}")
        answers: Rows = reply.json()["predictions"]
        return answers

    def tell(self, actuals: Rows) -> None:
        """Send labels. Raises CapstanError when one is refused."""
        reply = self._post(f"/v2/models/{self._capstone}/actuals", {"actuals": actuals}, self._labels)
        if not reply.is_success:
            raise CapstanError(f"The endpoint refused labels, with {reply.status_code}: {reply.text[:500]}")

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                reply = self._http.post(path, json=body, headers=headers)
                if reply.status_code not in BUSY or time.monotonic() > deadline:
                    return reply
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise CapstanError(
                        f"The endpoint does not answer at {self._http.base_url} ({error}). Start it with `capstan up`, "
                        "and replay again: it goes on where it was."
                    ) from error
            self.repeated += 1
            time.sleep(PAUSE)
