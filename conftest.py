"""A capstone's own tests, in `pipelines/NAME/tests`, share the state folder, the ports and fixtures of `tests`."""

from tests.conftest import home

__all__ = ["home"]
