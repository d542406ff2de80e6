"""The pages of the cluster's services, in a browser on this machine."""

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from capstan.errors import CapstanError, did_you_mean
from capstan.settings import settings
from cluster.access import local_addresses
from cluster.names import NAMESPACE, service_name

PORTS = {"mlflow": 5000, "evidently": 8000, "prometheus": 9090, "predict": 80}
GATED = {"mlflow", "evidently"}  # their gate takes the token from the URL, and leaves a cookie


@contextmanager
def open_page(name: str, capstone: str | None = None) -> Iterator[str]:
    """Forward a port to a page, `predict` being that of a capstone's endpoint, and yield its URL.

    Raises CapstanError when there is no such page, or when its service does not run.
    """
    if name not in PORTS:
        raise CapstanError(f"There is no page {name!r}.{did_you_mean(name, PORTS)} There are: {', '.join(PORTS)}.")
    if name == "predict" and not capstone:
        raise CapstanError("Each capstone has its own endpoint: `capstan --profile cluster open predict NAME`.")
    service = f"{service_name(capstone or '')}-predictor" if name == "predict" else name
    with local_addresses(page=f"http://{service}.{NAMESPACE}:{PORTS[name]}/") as addresses:
        token = settings().token if name in GATED else ""
        yield addresses["page"] + (f"?token={quote(token)}" if token else "")


def show(url: str) -> bool:
    """Open a URL in the browser, if there is a screen. Return whether it was."""
    screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and webbrowser.open(url)
