"""wrk, the load generator (Debian's package `wrk`): POST bodies in turn, and read what it found."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
local requests, n = {}, 0
function init()
  for line in io.lines(os.getenv("BODIES")) do
    local json, hex = line:match("(%d+) (%x+)")
    local headers = {["Content-Type"] = "application/json"}
    if json ~= "0" then
      headers = {["Content-Type"] = "application/octet-stream", ["Inference-Header-Content-Length"] = json}
    end
    headers["Authorization"] = os.getenv("AUTHORIZATION")
    local body = hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end
function request()
  n = n % #requests + 1
  return requests[n]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests": %d, "microseconds": %d, "errors": %d, "p50": %d, "p99": %d, "max": %d}\\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True)
class Run:
    """What one run found; latencies in milliseconds. Errors are answers other than 2xx and 3xx, and none at all."""

    rate: float  # requests a second
    p50: float
    p99: float
    longest: float
    requests: int
    errors: int


def run(
    url: str,
    bodies: list[dict | tuple[int, bytes]],
    clients: int,
    seconds: int,
    token: str = "",
    within: Sequence[str] = (),
) -> Run:
    """Keep `clients` connections busy, each with one request at a time.

    A body is JSON, or what V2 sends in binary: the length of its JSON, and all its bytes. within: a command that runs
    another one, such as in a network namespace.
    """
    pairs = [body if isinstance(body, tuple) else (0, json.dumps(body).encode()) for body in bodies]
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "post.lua"), Path(folder, "bodies")
        script.write_text(SCRIPT)
        lines.write_text("".join(f"{length} {body.hex()}\n" for length, body in pairs))
        command = [*within, "wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
        environment = {"BODIES": str(lines)} | ({"AUTHORIZATION": f"Bearer {token}"} if token else {})
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    report = json.loads(done.stdout.strip().splitlines()[-1])
    milliseconds = {name: report[name] / 1e3 for name in ("p50", "p99", "max")}
    return Run(
        report["requests"] / (report["microseconds"] / 1e6),
        milliseconds["p50"],
        milliseconds["p99"],
        milliseconds["max"],
        report["requests"],
        report["errors"],
    )
