"""The KFP shell of `components.deploy.core.deploy`."""

from kfp import dsl

from capstan.image_names import BASE


@dsl.component(base_image=BASE, install_kfp_package=False)
def deploy(
    capstone: str,
    version: str,
    test: dsl.Input[dsl.Dataset],
    judged: dsl.Input[dsl.Markdown],
    report: dsl.Output[dsl.Markdown],
    canary: float,
) -> str:
    """Try the version at the endpoint, then give it requests, unless the champion changed since the gate judged it.

    Return its URL.
    """
    from components.deploy.core import deploy

    return deploy(capstone, version, test.path, report.path, canary, judged.metadata["champion"])
