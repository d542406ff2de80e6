"""Counts the functions of the server that one request passes: `python -m tests.benchmarks.call_path [v1|v2]`."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import httpx

from capstan.settings import ROOT
from predictions.log import PredictionLog
from serving.api.dataplane import CapstanDataPlane
from serving.guards.of_settings import guards_of_settings
from serving.model.repository import CapstoneRepository
from serving.model.served_model import ServedModel
from serving.rest import create_app
from tests.support.capstones_of_tests import in_catalogue, variant

FOLDERS = tuple(f"{ROOT / package}/" for package in ("serving", "predictions"))
REQUESTS = {
    "v1": ("/v1/models/plain:predict", {"instances": [{"x": 1.5}]}),
    "v2": (
        "/v2/models/plain/infer",
        {"inputs": [{"name": "x", "shape": [1], "datatype": "FP64", "data": [1.5]}]},
    ),
}


async def passed(protocol: str) -> list[tuple[str, str]]:
    """Return the functions that a request passes, as (file, name), in the order of their first call.

    On a busy machine a request may pass more of them: one whose batch took long, for example. The shortest way of five
    is returned.
    """
    seen: dict[tuple[str, str], None] = {}
    ways: list[list[tuple[str, str]]] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(FOLDERS) and not code.co_name.startswith("<"):
            seen.setdefault((code.co_filename.removeprefix(f"{ROOT}/"), code.co_qualname))

    with TemporaryDirectory() as folder, in_catalogue():
        log = PredictionLog(Path(folder))
        repository = CapstoneRepository(log=log)
        repository.update(ServedModel("plain", {"champion": variant("plain")}, log))
        app = create_app(CapstanDataPlane(repository), 2**20, guards_of_settings())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            path, body = REQUESTS[protocol]
            for number in range(7):
                seen.clear()
                sys.setprofile(note)
                reply = await client.post(path, json=body)
                assert reply.status_code == 200, reply.text
                await asyncio.sleep(0.01)
                sys.setprofile(None)
                if number >= 2:  # the first ones import, connect and leave the event loop
                    ways.append(list(seen))
        log.close()
    return min(ways, key=len)


if __name__ == "__main__":
    functions = asyncio.run(passed(sys.argv[1] if len(sys.argv) > 1 else "v1"))
    for file, name in functions:
        print(f"{file}: {name}")
    print(f"{len(functions)} functions in {len({file for file, _ in functions})} files")
