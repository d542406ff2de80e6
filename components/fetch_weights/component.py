"""The KFP shell of `components.fetch_weights.core.fetch_weights`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def fetch_weights(capstone: str, weights: dsl.Output[dsl.Artifact]):
    """Fetch the weights that the task states. Their sources and licences are metadata of the artifact."""
    from components.fetch_weights.core import fetch_weights

    weights.metadata.update(fetch_weights(capstone, weights.path))
