"""`capstan clean`: every kind, one after the other."""

from capstan import catalogue
from capstan.data.retention_policy import Removed, policy
from capstan.profile import profile
from capstan.rollout import store
from capstan.versions import registry
from predictions.retention import labels, predictions, versions


def clean(capstone: str = "", dry: bool = False) -> list[Removed]:
    """Remove what the policy does not keep, of one capstone or of all. Return what was done, by kind."""
    # On a cluster, the image that cleans up holds no capstone: the registry knows those that were ever deployed.
    names = [known(capstone)] if capstone else sorted({*catalogue.names(), *store.read_all()})
    rules = policy(dry)
    by_kind: dict[str, Removed] = {}
    done = profile().clean_runs(names, rules)
    for name in names:
        done += [*versions.clean(name, rules), *predictions.clean(name, rules), labels.clean(name, rules)]
    for item in done:
        by_kind[item.kind] = by_kind[item.kind] + item if item.kind in by_kind else item
    return list(by_kind.values())


def known(name: str) -> str:
    """Return the name of a capstone: of the catalogue, or of the registry alone, when its source was deleted."""
    if not (catalogue.is_name(name) and name not in catalogue.names() and registry.versions(name)):
        catalogue.folder(name)
    return name
