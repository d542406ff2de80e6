"""The KFP shell of `components.ingest.core.ingest`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def ingest(capstone: str, tables: dsl.Output[dsl.Dataset], counts: dsl.Output[dsl.Metrics]):
    """Read the raw tables from their source."""
    from components.ingest.core import ingest

    for name, value in ingest(capstone, tables.path, counts.path).items():
        counts.log_metric(name, value)
