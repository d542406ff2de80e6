"""The model server with the Feast store of `tiny`: `python -m tests.support.model_server FEAST_HOME PORT GRPC_PORT`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    from serving.logs import configure

    configure()
    from serving.model.repository import CapstoneRepository
    from serving.server import serve
    from tests.support.tiny_store import open_store

    folder, rest_port, grpc_port = sys.argv[1:]
    serve(CapstoneRepository(lambda _name: open_store(Path(folder))), port=int(rest_port), grpc_port=int(grpc_port))
