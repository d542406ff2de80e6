"""What listens on this machine is reached without a proxy of the environment."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capstan.services.proxies import is_loopback, spare_loopback
from tests.support.processes import ROOT, free_port

# Data and webhooks come from, and go to, elsewhere: their requests take the proxy.
ELSEWHERE = {"capstan/inputs/downloads.py"}
CALLS = {"get", "post", "put", "delete", "request", "stream", "Client", "AsyncClient"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://127.9.9.9", True),
        ("https://models.example.org", False),
        ("http://10.0.0.1", False),
    ],
)
def test_addresses_of_this_machine_are_known(url, expected):
    assert is_loopback(url) is expected


def test_what_was_exempt_from_the_proxy_stays_exempt(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org, localhost")
    monkeypatch.setenv("no_proxy", "example.com")
    spare_loopback()
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "example.org,localhost,example.com,127.0.0.1,::1"


@pytest.mark.parametrize("proxy", ["http", "socks5"])
def test_a_request_to_this_machine_takes_no_proxy(tmp_path, proxy):
    (tmp_path / "hello").write_text("hello")
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], cwd=tmp_path)
    try:
        script = (
            "from capstan.services import http; from tests.support.processes import wait_until; import httpx, sys\n"
            "def answers():\n"
            "    try: return http.request('GET', sys.argv[1], 5).text == 'hello'\n"
            "    except httpx.ConnectError: return False\n"
            "wait_until(answers)"
        )
        names = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), f"{proxy}://127.0.0.1:9")
        environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | names
        command = [sys.executable, "-c", script, f"http://127.0.0.1:{port}/hello"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    finally:
        server.kill()
        server.wait()


def test_every_request_to_a_service_says_whether_it_takes_a_proxy():
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and is_request(node.func)
        if not any(keyword.arg in ("trust_env", None) for keyword in node.keywords)
    ]
    assert silent == []


def product_files() -> list[Path]:
    files = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in files.split() if "tests/" not in name and name not in ELSEWHERE]


def is_request(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in CALLS
        and isinstance(function.value, ast.Name)
        and function.value.id == "httpx"
    )
