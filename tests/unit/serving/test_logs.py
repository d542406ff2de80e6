"""What the server's log leaves out."""

import subprocess
import sys

SCRIPT = """
import logging
from grpc._cython.cygrpc import ExecuteBatchError
from serving.logs import configure

configure()
log = logging.getLogger("grpc._cython.cygrpc")
for error in (ExecuteBatchError("of a client that left"), KeyError("of a bug")):
    try:
        raise error
    except Exception:
        log.exception("Unexpected")
"""


def test_client_of_grpc_that_left_is_no_problem_of_the_server():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert "ExecuteBatchError" not in done.stderr and done.stderr.count("Unexpected") == 1 and "KeyError" in done.stderr
