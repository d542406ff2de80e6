"""Which library a step is forked from: the one that its component imports, which takes seconds to import."""

from capstan.versions.code import files, imports

# What can be imported before a fork, in the order of a pipeline: it starts no threads. A step is forked from the
# process of the last module of which its component imports all the names.
LIBRARIES = {
    "feast": {"feast"},
    "mlflow.pyfunc": {"mlflow"},
    # Any request that MLflow sends imports feast, through feast's plug-in.
    "mlflow.tracking.request_header.registry": {"mlflow", "capstan.versions.registry"},
    "evidently": {"evidently"},
}


def library(source: str) -> str | None:
    """Return the module that the step of a component's source is forked from, or None where it needs none of them."""
    names = {*imports(source)}
    for _ in range(2):  # the component's core, and the modules next to it; the whole closure names every library
        mine = [path for name in names if not name.startswith("capstan") for path in files(name)]
        names |= {name for path in mine for name in imports(path.read_text())}
    names |= {name.split(".")[0] for name in names}
    return next((module for module, needed in reversed(LIBRARIES.items()) if needed <= names), None)
