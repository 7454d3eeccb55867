"""A server that answers as Heroku does, and holds every request and answer against its schema."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

from tests.deployments.providers.clouds import heroku_schema
from tests.deployments.providers.clouds.served import Handler, at_an_address

TOKEN = "HRKU-0123456789abcdef"
APP = {"id": str(uuid4()), "name": "shop"}
USER = {"id": str(uuid4()), "email": "alice@example.com"}
WHEN = "2026-11-28T12:00:00Z"
UNHEARD = -1  # a fault: what is asked for is done, and nobody hears of it
Json = dict[str, Any]


@dataclass
class Heroku:
    """What the server knows, and how it is to behave."""

    address: str = ""
    output: bytes = b"-----> Building on the Heroku-24 stack\n-----> Done\n"
    result: str = "succeeded"
    release_output: bytes = b""
    release_result: str = "succeeded"
    break_output_after: int = 0  # the connection breaks there, once
    faults: list[tuple[str, int]] = field(default_factory=list)  # “POST builds” → status, once each
    go_on: threading.Event = field(default_factory=threading.Event)  # builds may end
    stops: int = 404  # what a wish to stop a build is answered with
    builds: list[Json] = field(default_factory=list)
    releases: list[Json] = field(default_factory=list)
    slugs: dict[str, Json] = field(default_factory=dict)
    code: bytes = b""
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def build(self, source: Json) -> Json:
        name = str(uuid4())
        made = {
            "id": name, "app": {"id": APP["id"]}, "user": USER, "buildpacks": None,
            "created_at": WHEN, "updated_at": WHEN, "stack": "heroku-24", "status": "pending",
            "output_stream_url": f"{self.address}/output/{name}", "release": None, "slug": None,
            "source_blob": {"checksum": None, "version": None, "version_description": None,
                            **source},
        }  # fmt: skip
        self.builds.insert(0, made)
        return made

    def settle(self) -> None:
        """End the builds that may end, and release those that succeeded."""
        if not self.go_on.is_set():
            return
        for build in self.builds:
            if build["status"] == "pending":
                build["status"] = self.result
                if self.result == "succeeded":
                    slug = self.slug(build["source_blob"]["version"])
                    build["slug"] = {"id": slug["id"]}
                    build["release"] = {"id": self.release(slug["id"])["id"]}

    def slug(self, commit: str | None) -> Json:
        name = str(uuid4())
        blob = {"method": "GET", "url": "https://example.com/slug.tgz"}
        stack = {"id": str(uuid4()), "name": "heroku-24"}
        self.slugs[name] = {
            "id": name, "blob": blob, "buildpack_provided_description": "Python", "checksum": None,
            "commit": commit, "commit_description": None, "created_at": WHEN, "updated_at": WHEN,
            "process_types": {"web": "gunicorn shop"}, "size": 2048, "stack": stack,
        }  # fmt: skip
        return self.slugs[name]

    def release(self, slug: str) -> Json:
        name, number = str(uuid4()), len(self.releases) + 1
        made = {
            "id": name, "app": APP, "user": USER, "created_at": WHEN, "updated_at": WHEN,
            "description": "Deploy", "slug": {"id": slug}, "version": number, "current": False,
            "addon_plan_names": [], "status": "pending" if self.release_output else "succeeded",
            "output_stream_url": f"{self.address}/output/{name}" if self.release_output else None,
        }  # fmt: skip
        self.releases.insert(0, made)
        if made["status"] == "succeeded":
            self._make_current(made)
        return made

    def end_release(self, name: str) -> None:
        for release in self.releases:
            if release["id"] == name and release["status"] == "pending":
                release["status"] = self.release_result
                if self.release_result == "succeeded":
                    self._make_current(release)

    def _make_current(self, release: Json) -> None:
        for other in self.releases:
            other["current"] = other is release


class _Handler(Handler, BaseHTTPRequestHandler):
    heroku: Heroku

    def do_GET(self) -> None:
        if self.path.startswith("/output/"):
            with suppress(ConnectionError):  # whoever reads was ended
                self._output(self.path.rpartition("/")[2])
        else:
            self._api()

    def do_POST(self) -> None:
        self._api()

    def do_DELETE(self) -> None:
        self.heroku.asked.append(f"DELETE {self.path}")
        if "cancel-build" not in self.headers["Accept"]:
            self.heroku.wrong.append("a build was to be stopped without the variant of the API")
        self._answer(self.heroku.stops, {})

    def do_PUT(self) -> None:
        if self.headers["Authorization"] or self.headers["Content-Type"]:
            self.heroku.wrong.append("the store was told more than the code")
        code = self.sent()
        if code is not None:
            self.heroku.code = code
            self._answer(200, {})

    def _api(self) -> None:
        sent = self.sent()
        if sent is None:
            return
        body = json.loads(sent) if sent else None
        self.heroku.asked.append(f"{self.command} {self.path}")
        status, answer = self._judged(body)
        if status == UNHEARD:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._answer(status, answer)

    def _judged(self, body: Any) -> tuple[int, Any]:
        """Answer as the schema says; note what does not keep to it."""
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"id": "unauthorized", "message": "Invalid credentials provided."}
        fault = self._fault()
        if fault > 0:
            return fault, {"id": "fault", "message": f"Fault {fault}"}
        status, answer = self._valid(body)
        return (status if fault != UNHEARD else UNHEARD), answer

    def _valid(self, body: Any) -> tuple[int, Any]:
        asked = heroku_schema.links(self.command, self.path)
        try:
            asked[0].check_request(body)
            answer = self._do(self.path.strip("/").split("/"), body)
            if answer is not None:
                asked[0].check_answer(answer)
        except Exception as error:  # noqa: BLE001  whatever is wrong, the test is to see it
            self.heroku.wrong.append(f"{self.command} {self.path}: {error}")
            return 500, {}
        if answer is None:
            return 404, {"id": "not_found", "message": "Couldn't find that app."}
        return (201 if self.command == "POST" else 200), answer

    def _fault(self) -> int:
        name = f"{self.command} {self.path.rpartition('/')[2]}"
        for fault in self.heroku.faults:
            if fault[0] == name:
                self.heroku.faults.remove(fault)
                return fault[1]
        return 0

    def _do(self, path: list[str], body: Any) -> Any:
        heroku = self.heroku
        heroku.settle()
        match self.command, path:
            case "POST", ["sources"]:
                code = f"{heroku.address}/code"
                return {"source_blob": {"get_url": code, "put_url": code}}
            case _, ["apps", app, *_] if app != APP["name"]:
                return None
            case "POST", [_, _, "builds"]:
                return heroku.build(body["source_blob"])
            case "POST", [_, _, "releases"]:
                former = next(one for one in heroku.releases if one["id"] == body["release"])
                return heroku.release(former["slug"]["id"])
            case "GET", [_, _, "builds"]:
                return heroku.builds
            case "GET", [_, _, "releases"]:
                return heroku.releases
            case "GET", [_, _, "slugs", name]:
                return heroku.slugs[name]
            case "GET", [_, _, "builds" | "releases", name]:
                known = [*heroku.builds, *heroku.releases]
                return next((one for one in known if one["id"] == name), None)
        raise AssertionError("nobody asks for this")

    def _output(self, name: str) -> None:
        heroku, is_build = self.heroku, any(one["id"] == name for one in self.heroku.builds)
        whole = heroku.output if is_build else heroku.release_output
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if self.headers["Authorization"]:
            heroku.wrong.append("the token was shown to the output's address")
        self.send_response(206 if start else 200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if heroku.break_output_after and is_build:
            self._chunk(whole[: heroku.break_output_after])
            heroku.break_output_after = 0
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._chunk(whole[start:])
        while is_build and not heroku.go_on.wait(0.2):
            self._chunk(b"\0")
        if not is_build:
            heroku.end_release(name)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _answer(self, status: int, answer: Any) -> None:
        again = {"Retry_After": "1"} if status == 429 else {}
        self.reply(status, json.dumps(answer).encode(), "application/json", **again)


@contextmanager
def serving(heroku: Heroku) -> Iterator[Heroku]:
    handler = type("Served", (_Handler,), {"heroku": heroku})
    with at_an_address(handler, heroku.go_on) as heroku.address:
        yield heroku
