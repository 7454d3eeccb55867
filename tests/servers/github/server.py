"""GitHub over real HTTPS: its API under /api/v3, as Enterprise has it, and git beside it."""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.certificates import write_certificate
from tests.servers.github import answers, description, oauth
from tests.servers.github.asking import Refused
from tests.servers.github.hub import Fault, GitHub

API = "/api/v3"
LISTS = ("statuses", "check_runs", "commits")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: GitHub
    context: ssl.SSLContext

    def setup(self) -> None:
        self.hub.connections += 1
        # In the thread of this connection: one that hangs keeps nobody else waiting.
        self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self._body()
        if len(body) < int(self.headers.get("Content-Length") or 0):
            self.close_connection = True  # it came to no end, and asks for nothing
            return
        if self.path.startswith("/login/oauth/"):
            self._sign_in(body)
            return
        if not self.path.startswith(API):
            self._git(body)
            return
        path = self.path.removeprefix(API)
        self.hub.asked.append(f"{self.command} {path}")
        try:
            asked = description.operation(self.command, path)
            headers = {name.lower(): text for name, text in self.headers.items()}
            asked.check_request(path, headers, body)
            fault = self.hub.take_fault(self.command, path)
            status, answer = self._told(fault, body)
            time.sleep(fault.seconds if fault else 0)
            if fault and fault.page is not None:
                self._send(fault.status, fault.page, fault.headers)
                return
            if not fault or not fault.status or fault.status < 500:
                asked.check_answer(status, answer)
            self._reply(status, answer, fault.headers if fault else {})
        except (description.Violation, ValueError) as violation:
            self.hub.violations.append(f"{self.command} {path}: {violation}")
            self._send(400, json.dumps({"message": str(violation)}).encode(), {})

    def _told(self, fault: Fault | None, body: bytes) -> tuple[int, Any]:
        """Do what is asked for and say so, unless something goes wrong."""
        done = None if fault and fault.status and not fault.done else self._answer(body)
        return done if done and not (fault and fault.status) else self._fault(fault or Fault(500))

    def _answer(self, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(self.path.removeprefix(API))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme not in {"Bearer", "token"}:
            return 401, {"message": "Requires authentication"}
        if self.hub.charged >= self.hub.limit:
            return 403, {"message": "API rate limit exceeded"}
        query = dict(parse_qsl(parts.query))
        try:
            return answers.answer(self.hub, self.command, parts.path, query, body, token)
        except Refused as refused:
            return refused.status, refused.answer

    def _fault(self, fault: Fault) -> tuple[int, Any]:
        more = {"errors": fault.errors} if fault.errors else {}
        url = "https://docs.github.com/rest"
        return fault.status, {"message": fault.message, "documentation_url": url, **more}

    def _reply(self, status: int, answer: Any, more: dict[str, str]) -> None:
        headers: dict[str, str] = {}
        if self.command == "GET" and status == 200:
            answer = self._page(answer, headers)
        body = b"" if answer is None else json.dumps(answer).encode()
        etag = f'"{sha256(body).hexdigest()}"'
        if status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        else:
            self.hub.charged += 1
        if status in {200, 304}:
            headers["ETag"] = etag
        headers["X-RateLimit-Limit"] = str(self.hub.limit)
        headers["X-RateLimit-Remaining"] = str(max(self.hub.limit - self.hub.charged, 0))
        headers["X-RateLimit-Reset"] = str(int(time.time()) + 600)
        self._send(status, body, {**headers, **more})

    def _page(self, answer: Any, headers: dict[str, str]) -> Any:
        """Return the page that was asked for, with the way to the next one."""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        name = next((name for name in LISTS if isinstance(answer, dict) and name in answer), "")
        whole = answer[name] if name else answer
        if not isinstance(whole, list):
            return answer
        if len(whole) > size * page:
            following = urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.hub.address}{parts.path}?{following}>; rel="next"'
        shown = whole[size * (page - 1) : size * page]
        return {**answer, name: shown} if name else shown

    def _sign_in(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        given = dict(parse_qsl((body or parts.query.encode()).decode()))
        self.hub.asked.append(f"{self.command} {parts.path}")
        fault = self.hub.take_fault(self.command, parts.path)
        if fault and fault.status:
            self._send(fault.status, fault.message.encode(), fault.headers)
        elif parts.path.endswith("/access_token") and self.command == "POST":
            answer = oauth.exchange(self.hub, given)
            self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})
        else:
            status, headers, page = oauth.authorize(self.hub, given)
            self._send(status, page.encode(), headers)

    def _git(self, body: bytes) -> None:
        """Let git itself serve the repository to who has a token as password."""
        parts = urlsplit(self.path)
        name = "/".join(parts.path.strip("/").split("/")[:2]).removesuffix(".git")
        _, _, given = self.headers.get("Authorization", "").partition(" ")
        token = base64.b64decode(given).decode().partition(":")[2]
        if not token or not self.hub.is_token(token):
            asking = {"WWW-Authenticate": 'Basic realm="GitHub"'}
            self._send(401, b"Repository not found.", asking)
        elif not self.hub.may(token, name):
            self._send(404, b"Repository not found.", {})
        elif not self.hub.repositories[name].git.path.exists():
            self._send(503, b"The disk of the repository is away.", {})
        else:
            rest = parts.path.strip("/").split("/", 2)[2]
            self._backend(f"/{name}.git/{rest}", parts.query, body)

    def _backend(self, path: str, query: str, body: bytes) -> None:
        environment = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.hub.folder),
            "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": self.command, "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*", "REMOTE_USER": "x",
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        self._send(status, content, headers)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        with suppress(ConnectionError):  # whoever asked has gone
            self.send_response(status)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)


@contextmanager
def served(folder: Path) -> Iterator[GitHub]:
    """Serve until the block ends, with folder/server.pem as certificate and authority."""
    folder.mkdir(parents=True, exist_ok=True)
    write_certificate(folder / "server.pem")
    hub = GitHub(folder / "repositories")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    handler = type("Serving", (Handler,), {"hub": hub, "context": context})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        hub.address = f"https://127.0.0.1:{server.server_port}"
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
