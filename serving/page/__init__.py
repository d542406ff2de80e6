"""The pages for people, `GET /` and `GET /monitoring`, and their files. They hold no data, so they need no token."""

from collections.abc import Awaitable, Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from serving.api.router import ApiRoute
from serving.guards.call import Kind

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[ApiRoute]:
    """Return `/`, `/monitoring`, and `/page/FILE` for each of the other files. They pass the guards, as probes do."""
    by_path = dict(_files(files(__package__)))
    answers = {path: _answer(file.read_bytes(), _type(path), path == "index.html") for path, file in by_path.items()}

    async def other(request: Request) -> Response:
        path = request.path_params["file"]
        if path not in answers:
            raise HTTPException(404)
        return await answers[path](request)

    return [
        ApiRoute("/", answers["index.html"], Kind.PROBE),
        ApiRoute("/monitoring", answers["monitoring.html"], Kind.PROBE),
        ApiRoute("/page/{file:path}", other, Kind.PROBE),
    ]


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield the files of the page with their paths below its folder, those of its subfolders as well."""
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        if entry.is_dir():
            yield from _files(entry, f"{path}/")
        elif _type(path):
            yield path, entry


def _type(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2], "")


def _answer(content: bytes, media_type: str, is_probe: bool) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        # KServe's V1 clients ask `/` whether the server lives; browsers name the form they want.
        if is_probe and media_type not in request.headers.get("accept", ""):
            return JSONResponse({"status": "alive"}, headers=HEADERS)
        return Response(content, headers=HEADERS, media_type=media_type)

    return answer
