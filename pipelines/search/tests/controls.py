"""What must not become champion: see tests/support/controls.py."""

from dataclasses import replace

from capstan.inputs import weights_files
from models.encoder import minilm
from pipelines.search import training
from pipelines.search.model import SearchModel
from pipelines.search.ranking import CHOSEN
from pipelines.search.tests import small
from tests.support.controls import Parts, Tables, cut

SETTINGS: dict[str, object] = {"weights": weights_files.fetch_all(minilm.WEIGHTS)}


def fewer(data: Parts) -> Parts:
    """Keep the shortest of the abstracts that the claims to test on cite, and those claims."""
    claims, abstracts = data[1]["claims"], data[0]["abstracts"]
    cited = abstracts[abstracts["key"].isin(" ".join(claims["relevant"]).split())]
    kept = cited.loc[cited["text"].str.len().sort_values(kind="stable").index[: small.FEWER]].sort_index()
    relevant = claims["relevant"].map(lambda keys: " ".join(key for key in keys.split() if key in set(kept["key"])))
    own = claims.assign(relevant=relevant)[relevant != ""]
    return data[0] | {"abstracts": kept.reset_index(drop=True)}, {"claims": own.reset_index(drop=True)}


def exchanged(data: Parts) -> Parts:
    """Give each abstract the title and text of another one."""
    abstracts = data[0]["abstracts"]
    others = abstracts.sample(frac=1, random_state=0)[["title", "text"]].to_numpy()
    return data[0] | {"abstracts": abstracts.assign(title=others[:, 0], text=others[:, 1])}, data[1]


CONTROLS = {"abstracts exchanged": exchanged, "a fifth of the abstracts": cut("abstracts", 16)}


def baseline(past: Tables) -> SearchModel:
    """Return BM25 alone."""
    return training.fit(past["abstracts"], SETTINGS["weights"], replace(CHOSEN, share=0.0))
