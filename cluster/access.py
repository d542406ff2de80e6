"""Use the cluster's services from here. In a pod their names work; on a laptop, ports are forwarded to them."""

import atexit
import json
import os
import re
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.unread_settings import unread
from cluster.forward import READY_SECONDS, Forward, forwarded
from cluster.kubectl import kubectl
from cluster.names import IMAGES, KFP_NAMESPACE, NAMESPACE, SECRETS, SETTINGS

__all__ = ["connect", "forward", "forwarded", "inside", "local_addresses"]

# An address of a Service of ours: NAME.NAMESPACE:PORT, or NAME.NAMESPACE.svc.cluster.local:PORT, in a URL or alone.
ADDRESS = re.compile(
    rf"\b(?P<name>[a-z0-9-]+)\.(?P<namespace>{NAMESPACE}|{KFP_NAMESPACE})(?:\.svc(?:\.cluster\.local)?)?:(?P<port>\d+)\b"
)
STORED = (f"configmap/{SETTINGS}", f"secret/{SECRETS}", f"configmap/{IMAGES}")  # what holds the settings
HOME = "cluster"  # the folder, in this machine's state folder, of what commands on a cluster leave here


def inside() -> bool:
    """Return whether this process runs in a pod of the cluster, where names of Services resolve."""
    return "KUBERNETES_SERVICE_HOST" in os.environ


@contextmanager
def connect(*variables: str) -> Iterator[None]:
    """Use the cluster's settings in this process, until the end of the `with` statement. In a pod, do nothing.

    What the environment sets already stays. A run takes the images that the cluster has, unless CAPSTAN_IMAGE has a
    tag. The addresses in `variables`, such as "CAPSTAN_TRACKING_URI", become ports of this machine; the others stay as
    pods know them. The state folder is `cluster` in that of this machine.
    """
    if inside():
        yield
        return
    stored = _stored()
    environment = {name: value for name, value in stored.items() if name not in os.environ}
    home = settings().home
    environment["CAPSTAN_HOME"] = str(home if home.name == HOME else home / HOME)
    known = os.environ | environment
    with local_addresses(READY_SECONDS, **{name: known[name] for name in variables if name in known}) as addresses:
        environment |= addresses
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        settings.cache_clear()
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            settings.cache_clear()


@contextmanager
def local_addresses(seconds: float = READY_SECONDS, **values: str) -> Iterator[dict[str, str]]:
    """Yield texts, such as URLs, with the addresses of the cluster's Services in them as this process reaches them.

    Raises CapstanError when one cannot be reached within some seconds.
    """
    wanted = {match.group(): match for value in values.values() for match in ADDRESS.finditer(value)}
    if inside() or not wanted:
        yield values
        return
    with ExitStack() as stack:
        forwards: dict[str, Forward] = {}
        for text, match in wanted.items():  # all at once: each takes 0.2 s
            forwards[text] = Forward(match["namespace"], f"svc/{match['name']}", int(match["port"]))
            stack.callback(forwards[text].close)
        ports = {text: forward.wait(seconds) for text, forward in forwards.items()}
        yield {
            name: ADDRESS.sub(lambda match: f"127.0.0.1:{ports[match.group()]}", value)
            for name, value in values.items()
        }


@cache
def forward(namespace: str, target: str, port: int) -> int:
    """Return a local port that is forwarded to a port of `svc/NAME` or `pod/NAME` until this process ends."""
    tunnel = Forward(namespace, target, port)
    atexit.register(tunnel.close)
    return tunnel.wait()


@cache
def _stored() -> dict[str, str]:
    """Return the settings that the cluster keeps."""
    options = ["--namespace", NAMESPACE, "--ignore-not-found", "--output", "json", "--request-timeout", "10s"]
    items = json.loads(kubectl("get", *STORED, *options) or "{}").get("items", [])
    if len(items) < len(STORED):
        raise CapstanError("The cluster of kubectl's context has no Capstan. Run `make cluster`.")
    values: dict[str, str] = {}
    for item in items:
        if item["metadata"]["name"] == IMAGES:
            values["CAPSTAN_IMAGES"] = json.dumps(item.get("data") or {})
            continue
        for name, value in (item.get("data") or {}).items():
            values[name] = b64decode(value).decode() if item["kind"] == "Secret" else value
    for warning in unread(values):
        print(f"Warning: the cluster's settings: {warning}", file=sys.stderr)
    return values
