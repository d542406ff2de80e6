"""The KFP shell of `components.materialize.core.materialize`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def materialize(
    capstone: str, features: dsl.Input[dsl.Dataset], training_set: dsl.Input[dsl.Dataset], as_of: str, verdict: str
) -> str:
    """Write what was known at an instant to the online store, for an accepted model. Return the instant."""
    from components.materialize.core import materialize

    return materialize(capstone, features.path, training_set.path, as_of, verdict)
