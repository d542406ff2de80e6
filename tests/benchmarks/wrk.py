"""wrk, the load generator (Debian's package `wrk`): POST bodies in turn, and read what it found."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
local bodies, n = {}, 0
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
function request()
  n = n % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[n])
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


def run(url: str, bodies: list[dict], clients: int, seconds: int) -> Run:
    """Keep `clients` connections busy, each with one request at a time."""
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder, "post.lua"), Path(folder, "bodies")
        script.write_text(SCRIPT)
        lines.write_text("".join(json.dumps(body) + "\n" for body in bodies))
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
        done = subprocess.run(command, env={"BODIES": str(lines)}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    milliseconds = {name: found[name] / 1e3 for name in ("p50", "p99", "max")}
    return Run(
        found["requests"] / (found["microseconds"] / 1e6),
        milliseconds["p50"],
        milliseconds["p99"],
        milliseconds["max"],
        found["requests"],
        found["errors"],
    )
