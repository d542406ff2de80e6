"""`python -m pipelines.distributed_training.studies.search.on_ray FOLDER`: search, continued after a kill."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from capstan.errors import without_tracebacks
from models.search import SEARCHES, on_ray
from models.search.journal import Journal
from pipelines.distributed_training.studies.search import network


def main() -> None:
    """Search, and print the best."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the journal, and of the network after each job")
    parser.add_argument("--by", choices=SEARCHES, default="ASHA")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=int, default=432, help="steps of all trials together")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    search = SEARCHES[options.by](partial(network.draw, options.seed), options.budget, network.PRIOR, options.seed)
    on_ray.run(Journal(options.folder / "journal.json", search), network.train, options.folder, options.workers)
    best = search.best
    print(f"Trial {best.trial} after {best.end} steps: {search.losses[best.number]:.4f} nats, {best.parameters}")
    print(f"Its network: {on_ray.path(options.folder, best.number)}")


if __name__ == "__main__":
    main()
