"""The flagship's endpoint on the cluster: where it is, and the flight that the README asks for."""

from dataclasses import dataclass

import httpx

from tests.e2e import kube

CAPSTONE = "flight_delay"
SERVICE = "flight-delay"
PODS = f"serving.kserve.io/inferenceservice={SERVICE}"
FLIGHT = {
    "carrier": "UA", "origin": "EWR", "dest": "TPA", "tailnum": "N483UA",
    "sched_dep": "2013-12-30T20:15:00-05:00", "sched_arr": "2013-12-30T23:22:00-05:00",
}  # fmt: skip
PROBABILITY = 0.256  # as the README shows, in per cent


@dataclass
class Endpoint:
    """Ports of this machine, with the fields that the clients of `tests.support.foreign` look at."""

    port: int
    grpc_port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    def predict(self, *rows: dict, headers: dict | None = None, **body) -> list[dict]:
        """Return the predictions of V1."""
        url, body = f"{self.url}/v1/models/{CAPSTONE}:predict", {"instances": list(rows)} | body
        reply = httpx.post(url, json=body, headers=self.bearer | (headers or {}), timeout=30)
        assert reply.is_success, reply.text
        return reply.json()["predictions"]


def predicted() -> float:
    """Return the probability that `capstan predict` shows for the flight, as the README rounds it."""
    options = [f"--entity={name}={value}" for name, value in FLIGHT.items()]
    [answer] = kube.answer("predict", CAPSTONE, *options)["predictions"]
    return round(answer["probability"], 3)


def replicas(count: int) -> list[str]:
    """Wait for exactly so many pods that get requests; return their names."""

    def ready() -> list[str]:
        there = kube.pods(PODS)
        return [pod["metadata"]["name"] for pod in there] if all(map(kube.ready, there)) and len(there) == count else []

    return kube.wait_until(ready, 180, f"{count} replicas")


def scale(least: int, most: int = 3) -> None:
    """Change how many pods there are, as a user of KServe does."""
    patch = f'{{"spec": {{"predictor": {{"minReplicas": {least}, "maxReplicas": {most}}}}}}}'
    kube.kubectl("patch", "inferenceservice", SERVICE, "--namespace=capstan", "--type=merge", f"--patch={patch}")
