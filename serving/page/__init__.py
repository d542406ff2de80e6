"""The page for people: `GET /` and the files it is made of. They hold no data, so they need no token."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[Route]:
    """Return `/`, and `/page/FILE` for each of the other files."""
    found = [(file.name, TYPES.get(file.name.rpartition(".")[2]), file) for file in files(__package__).iterdir()]
    return [
        Route("/" if name == "index.html" else f"/page/{name}", _answer(file.read_bytes(), kind))
        for name, kind, file in found
        if kind
    ]


def is_page(path: str) -> bool:
    """Return whether a path is the page's, and not the API's."""
    return path == "/" or path.startswith("/page/")


def _answer(content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        # KServe's V1 clients ask `/` whether the server lives; browsers name the form they want.
        if media_type == "text/html" and media_type not in request.headers.get("accept", ""):
            return JSONResponse({"status": "alive"}, headers=HEADERS)
        return Response(content, headers=HEADERS, media_type=media_type)

    return answer
