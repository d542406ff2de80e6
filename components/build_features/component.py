"""The KFP shell of `components.build_features.core.build_features`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def build_features(
    capstone: str,
    tables: dsl.Input[dsl.Dataset],
    features: dsl.Output[dsl.Dataset],
    training_set: dsl.Output[dsl.Dataset],
    counts: dsl.Output[dsl.Metrics],
):
    """Make the rows of each feature view, and join them, point in time, into the training set."""
    from components.build_features.core import build_features

    result, service = build_features(capstone, tables.path, features.path, training_set.path, counts.path, keep=True)
    training_set.metadata["feature_service"] = service
    for name, value in result.items():
        counts.log_metric(name, value)
