"""Which hosts are this machine, seen from itself."""

import os
import socket
from collections.abc import Iterable
from ipaddress import ip_address

MLFLOW_HOSTS = "MLFLOW_SERVER_ALLOWED_HOSTS"


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens there."""
    try:
        addresses = [entry[4][0] for entry in socket.getaddrinfo(host, None)]
    except OSError:  # what listens there reports it
        return False
    return all(ip_address(address).is_loopback for address in addresses)


def is_local(name: str) -> bool:
    """Return whether a browser looks for a host on its own machine, whatever a DNS server answers."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")  # RFC 6761


def mlflow_hosts(host: str, allowed: Iterable[str]) -> dict[str, str]:
    """Return the environment with the hosts that MLflow answers for; none where it listens for others as well.

    Its default has `10.*`, which is for addresses and matches the name 10.example.org as well.
    """
    allowed = list(allowed)
    if not (is_loopback(host) or allowed):
        return {}
    return {MLFLOW_HOSTS: os.environ.get(MLFLOW_HOSTS, patterns([host, *allowed]))}


def patterns(hosts: Iterable[str]) -> str:
    """Return the names of this machine and some hosts, with any port, as MLflow's `--allowed-hosts` takes them."""
    every = dict.fromkeys(["localhost", "*.localhost", "127.0.0.1", "::1", *hosts])
    written = [f"[[]{host}]" if ":" in host else host for host in every]  # a bracket alone begins a set
    return ",".join(pattern for host in written for pattern in (host, f"{host}:*"))
