"""`python -m serving`: serve every capstone that has an endpoint."""

import argparse
import logging
import sys

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.unread_settings import unread
from serving.limits import DRAIN_DELAY


def main() -> None:
    """Parse the options, set up the log, serve."""
    own = settings()
    parser = argparse.ArgumentParser("python -m serving", description=__doc__, allow_abbrev=False)
    parser.add_argument("--host", default=own.host, help="address to listen on, REST and gRPC (%(default)s)")
    parser.add_argument("--port", type=int, default=own.endpoint_port, help="REST port (%(default)s)")
    parser.add_argument("--grpc-port", type=int, default=own.grpc_port, help="gRPC port (%(default)s)")
    closing = "seconds between not ready and closed, after SIGTERM (%(default)s)"
    parser.add_argument("--drain-delay", type=float, default=DRAIN_DELAY, help=closing)
    options = parser.parse_args()

    from serving.logs import configure

    configure()
    for warning in unread():
        logging.getLogger("serving").warning(warning)
    from serving.server import serve

    try:
        serve(None, options.host, options.port, options.grpc_port, options.drain_delay)
    except CapstanError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
