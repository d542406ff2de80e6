"""`python -m pipelines.churn.calls`: the customers to call, the most profitable call first, as a CSV file.

Those who have left are not on it. It asks nothing of a server: the champion's file of the registry answers for every
customer of the data.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import registry
from pipelines.churn import profits, task
from pipelines.churn.columns import LABEL


def main() -> None:
    """Print the list, or write it into a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=None, help="so many customers; by default all that are worth a call")
    parser.add_argument("--version", default="", help="of the model; by default the newest that was accepted")
    options = parser.parse_args()
    accepted = [version.version for version in registry.versions("churn") if version.tags.get("verdict") == "accepted"]
    if not accepted:
        raise CapstanError("There is no accepted version of churn yet: capstan run churn.")
    model: Any = registry.load_version("churn", options.version or max(accepted, key=int)).model
    rows = task.labelled(settings().data_dir)
    there = rows[rows[LABEL] == 0].reset_index(drop=True)
    profits.listed(model, there).head(options.top).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
