"""The KFP shell of `components.validate.core.validate`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def validate(
    capstone: str,
    tables: dsl.Input[dsl.Dataset],
    clean: dsl.Output[dsl.Dataset],
    quarantine: dsl.Output[dsl.Dataset],
    counts: dsl.Output[dsl.Metrics],
):
    """Check every table against its contract, and set bad rows aside."""
    from components.validate.core import validate

    result = validate(capstone, tables.path, clean.path, quarantine.path, counts.path)
    for name, value in result.items():
        counts.log_metric(name, value)
