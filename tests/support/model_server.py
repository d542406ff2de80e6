"""The model server with the Feast store of `tiny`.

`python -m tests.support.model_server FEAST_HOME PORT GRPC_PORT [MODULE.NAME=NUMBER ...]`. The last are constants of
modules, with which a test need not wait so long.
"""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    from serving.logs import configure

    configure()
    from serving.model.repository import CapstoneRepository
    from serving.server import serve
    from tests.support.tiny_store import open_store

    folder, rest_port, grpc_port, *constants = sys.argv[1:]
    for constant in constants:
        name, value = constant.split("=")
        module, name = name.rsplit(".", 1)
        known = getattr(import_module(module), name)
        setattr(import_module(module), name, type(known)(value))
    serve(CapstoneRepository(lambda _name: open_store(Path(folder))), port=int(rest_port), grpc_port=int(grpc_port))
