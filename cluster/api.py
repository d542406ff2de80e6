"""The Kubernetes API: with the service account in a pod, with the current context of kubectl elsewhere."""

import json
import logging
import os
from functools import cache
from typing import Any

from capstan.errors import CapstanError, Unavailable

SERVER_SIDE_APPLY = "application/apply-patch+yaml"


@cache
def _client() -> Any:
    from kubernetes import client, config
    from kubernetes.config import ConfigException

    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of each retry
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config()
        else:
            config.load_kube_config()
    except ConfigException as error:
        raise CapstanError(f"There is no cluster to talk to ({error}). Start one with `make cluster`.") from error
    return client.ApiClient()


def get(path: str, **query: str) -> dict[str, Any] | None:
    """Return an object or a list, or None when there is none. Raises CapstanError when the API refuses."""
    return _call("GET", path, None, query)


def apply(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make an object what `body` says, by server-side apply; a second time changes nothing. Raises CapstanError."""
    query = {"fieldManager": "capstan", "force": "true"}
    return _call("PATCH", path, body, query) or {}


def create(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Create an object. Raises CapstanError."""
    return _call("POST", path, body, {}) or {}


def delete(path: str) -> None:
    """Delete an object, if there is one. Raises CapstanError."""
    _call("DELETE", path, {"propagationPolicy": "Background"}, {})


def _call(method: str, path: str, body: dict[str, Any] | None, query: dict[str, str]) -> dict[str, Any] | None:
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    kind = SERVER_SIDE_APPLY if method == "PATCH" else "application/json"
    try:
        reply = _client().call_api(
            path,
            method,
            query_params=list(query.items()),
            header_params={"Content-Type": kind, "Accept": "application/json"},
            body=body,
            auth_settings=["BearerToken"],
            _preload_content=False,
            _request_timeout=30,
        )[0]
    except ApiException as error:
        if error.status == 404 and method in ("GET", "DELETE"):
            return None
        raise CapstanError(f"Kubernetes refused {method} {path}: {_message(error)}") from error
    except HTTPError as error:
        raise Unavailable(f"The Kubernetes API does not answer ({error}). See `capstan cluster status`.") from error
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


def _message(error: Any) -> str:
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
