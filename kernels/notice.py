"""What says that a reference answered in place of a kernel."""

import functools
import warnings


class FallbackWarning(UserWarning):
    """A kernel was asked for, and its reference answered."""


@functools.cache
def warn(kernel: str, reason: str) -> None:
    """Warn, once for each kernel and reason."""
    warnings.warn(f"kernels.{kernel}: {reason}; its reference answers instead.", FallbackWarning, stacklevel=4)
