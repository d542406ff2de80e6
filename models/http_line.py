"""A client for load generators: HTTP/1.1 over one connection, at a tenth of the processor time of a full one."""

from __future__ import annotations

import asyncio


class Line:
    """A connection to a server, which takes one request at a time."""

    def __init__(self, port: int, longest: float):
        self.port, self.longest = port, longest
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body. Raises OSError or EOFError where the server is lost, and TimeoutError where slow."""
        try:
            async with asyncio.timeout(self.longest):
                return await self._ask(method, path, body)
        except (OSError, EOFError, TimeoutError):
            self.close()
            raise

    async def _ask(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.streams = self.streams or await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = f"{method} {path} HTTP/1.1", "host: localhost", "content-type: application/json"
        writer.write("\r\n".join([*head, f"content-length: {len(body)}", "", ""]).encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        sizes = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")]
        return int(lines[0].split()[1]), await reader.readexactly(sizes[0]) if sizes else b""

    def close(self) -> None:
        """Forget the connection; the next request opens another."""
        if self.streams:
            self.streams[1].close()
        self.streams = None
