"""Somebody's notes on a page of this machine: a question, quotes that answer it, and the notes that they are from."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from pipelines.search.notes import Found, Notes
from pipelines.search.quoting import Quote

HOST = "127.0.0.1"  # nobody else can ask
MOST = 500  # characters of a question
STYLE = """body { font: 1.05rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
input { font: inherit; width: 100%; box-sizing: border-box; padding: 0.5rem }
blockquote { margin: 1rem 0; padding-left: 0.8rem; border-left: 3px solid #2563eb }
small { color: #666; overflow-wrap: anywhere }"""
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def drawn(question: str, quotes: Sequence[Quote], found: Sequence[Found]) -> str:
    """Return the page. What notes say is text on it, never markup."""
    asked = escape(question, quote=True)
    field = f'<input name="question" value="{asked}" maxlength="{MOST}" aria-label="Question" autofocus>'
    parts = [f"<h1>Your notes</h1><form>{field}</form>"]
    if question and not quotes:
        parts.append("<p>No sentence of your notes answers this well enough.</p>")
    for sentence in quotes:
        number = sentence.paper + 1
        parts.append(f'<blockquote>{escape(sentence.text)} <a href="#note-{number}">[{number}]</a></blockquote>')
    if found:
        notes = "".join(
            f'<li id="note-{number}"><b>{escape(passage.title)}</b><br>{escape(passage.snippet)}<br>'
            f"<small>{escape(passage.path)}</small></li>"
            for number, passage in enumerate(found, 1)
        )
        parts.append(f"<h2>Notes</h2><ol>{notes}</ol>")
    head = f'<meta charset="utf-8"><title>Your notes</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def server(notes: Notes, port: int) -> HTTPServer:
    """Return what serves the page at `http://127.0.0.1:port`. It keeps no question."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer a question, or show where to ask."""
            # A site that calls itself by another name for this machine must not read the notes.
            if self.headers.get("Host", "").partition(":")[0] not in (HOST, "localhost"):
                return self.send_error(403, "Open this page by the address of this machine, 127.0.0.1.")
            address = urlsplit(self.path)
            if address.path != "/":
                return self.send_error(404)
            question = parse_qs(address.query).get("question", [""])[0].strip()[:MOST]
            found = notes.ask(question) if question else []
            content = drawn(question, notes.answer(question, found) if found else [], found).encode()
            self.send_response(200)
            for name, value in (HEADERS | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            return None

        def log_message(self, format: str, *args: object) -> None:
            """Write no log: questions are not kept."""

    return HTTPServer((HOST, port), Handler)
