"""The KFP shell of `components.deploy.core.deploy`."""

from kfp import dsl

from capstan.settings import settings


@dsl.component(base_image=settings().image, install_kfp_package=False)
def deploy(capstone: str, version: str, test: dsl.Input[dsl.Dataset], report: dsl.Output[dsl.Markdown]) -> str:
    """Try the version at the endpoint and make it the champion; return the URL to ask."""
    from components.deploy.core import deploy

    return deploy(capstone, version, test.path, report.path)
