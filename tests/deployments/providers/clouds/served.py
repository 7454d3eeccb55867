"""What the stand-ins for clouds share: HTTP with programs that may be ended anywhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def sent(self) -> bytes | None:
        """Return what was sent, or nothing where whoever asked was ended before all of it was."""
        size = int(self.headers["Content-Length"] or 0)
        body = self.rfile.read(size)
        if len(body) == size:
            return body
        self.close_connection = True
        return None

    def reply(self, status: int, body: bytes, kind: str, **more: str) -> None:
        with suppress(ConnectionError):  # whoever asked was ended
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in more.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def at_an_address(handler: type[Handler], go_on: threading.Event) -> Iterator[str]:
    """Serve until the block ends; who still waits then is let go on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            go_on.set()
            server.shutdown()
            thread.join()
