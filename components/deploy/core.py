"""Deploy: try a version at the endpoint, then make it the champion; on failure the champion before it stays."""

from contextlib import suppress
from pathlib import Path

import pandas as pd

from capstan import endpoint_client, registry, stack
from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.settings import settings


def deploy(capstone: str, version: str, test: str, report: str) -> str:
    """Make `version` the champion that answers at the endpoint; return the URL to ask.

    The candidate is loaded beside the champion and asked first, for rows of the parquet file `test`; only then do
    requests without a variant reach it. Raises CapstanError when it does not answer as it should.
    """
    stack.ensure("endpoint")
    requests = load_task(capstone).examples(pd.read_parquet(test).tail(3))
    champion = registry.champion(capstone)
    before = champion.version if champion else ""
    if before != version:
        try:
            _promote(capstone, version, before, requests)
        except Exception:
            _restore(capstone, before)
            registry.set_tag(capstone, version, "deployment", "failed")
            raise
    else:
        endpoint.reload(capstone)
    answers = smoke(capstone, requests, version)
    url = f"{settings().endpoint_url}/v1/models/{capstone}:predict"
    lines = [f"Version **{version}** answers at `{url}`.", "", "| request | probability |", "|---|---:|"]
    lines += [f"| {request} | {answer['probability']:.4f} |" for request, answer in zip(requests, answers, strict=True)]
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    Path(report).write_text("\n".join(lines) + "\n")
    return url


def _promote(capstone: str, version: str, before: str, requests: list[dict]) -> None:
    registry.set_alias(capstone, "challenger", version)
    endpoint.reload(capstone)
    smoke(capstone, requests, version, variant="challenger")
    rollout.make_champion(capstone, version, previous=before)
    smoke(capstone, requests, version)


def _restore(capstone: str, before: str) -> None:
    registry.delete_alias(capstone, "challenger")
    if before:
        registry.set_alias(capstone, "champion", before)
    else:
        registry.delete_alias(capstone, "champion")
    with suppress(CapstanError):  # the error that brought us here is the one to tell
        endpoint.reload(capstone)


def smoke(capstone: str, requests: list[dict], version: str, variant: str | None = None) -> list[dict]:
    """Return the endpoint's answers; raise CapstanError unless `version` answers each with a probability."""
    headers = {"x-capstan-variant": variant} if variant else {}
    answers = endpoint.post(f"/v1/models/{capstone}:predict", {"instances": requests}, headers)["predictions"]
    for answer in answers:
        if answer["model_version"] != version or not 0 <= answer["probability"] <= 1:
            raise CapstanError(f"The endpoint should have answered with version {version}, and said {answer}.")
    return answers
