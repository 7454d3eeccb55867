"""Health checks by HTTP: every host is asked until it answers well or its time is over."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from deployments.services import probes
from deployments.services.probes import Told
from tests.deployments.services import web


@pytest.fixture
def server() -> Iterator[web.Server]:
    with web.serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PAUSE", 0.05)


def told(urls: dict[str, str], seconds: int = 5) -> list[Told]:
    return [one for one in probes.ask_all(urls, seconds, 0.05) if one is not None]


def test_a_good_answer_is_the_last_word(server: web.Server) -> None:
    url = f"http://127.0.0.1:{server.port}/up"

    assert told({"web-1": url}) == [Told("web-1", f"GET {url} answers well", over=True)]


def test_a_bad_answer_is_asked_again(server: web.Server) -> None:
    server.answers = [500, 404]

    texts = [one.text.rpartition("/")[2] for one in told({"web-1": _url(server)})]

    assert texts == [" answered 500", " answered 404", " answers well"]


def test_a_redirection_is_no_good_answer_and_not_followed(server: web.Server) -> None:
    server.answers = [302]

    told({"web-1": _url(server)})

    assert server.asked == ["/", "/"]


def test_each_host_is_asked_by_itself(server: web.Server) -> None:
    hosts = {f"web-{number}": _url(server) for number in range(40)}

    over = [one.host for one in told(hosts) if one.over]

    assert sorted(over) == sorted(hosts)


def test_a_host_that_never_answers_well_is_a_problem_in_the_end(server: web.Server) -> None:
    server.answer = 503

    last = told({"web-1": _url(server)}, seconds=0)[-1]

    assert last.problem == f"GET {_url(server)} answered 503 (web-1)"


def test_nobody_listening_is_a_problem_in_the_end() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    assert "failed: ConnectionError" in told({"web-1": f"http://127.0.0.1:{port}/"}, 0)[-1].problem


def test_an_answer_that_breaks_off_is_a_problem_and_not_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_break_off, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        assert told({"web-1": url}, seconds=0)[-1].over


def _break_off(server: socket.socket) -> None:
    line, _ = server.accept()
    line.recv(1_000)
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    line.close()


@pytest.mark.parametrize("url", ["http://[broken", "http:///", "ftp://127.0.0.1/", "http://a b/"])
def test_an_address_that_is_none_is_a_problem(url: str) -> None:
    assert told({"web-1": url}, seconds=0)[-1].problem


def test_there_is_time_for_something_else_while_they_are_asked(server: web.Server) -> None:
    server.answer = 500

    with closing(probes.ask_all({"web-1": _url(server)}, 60, 0.01)) as news:
        assert any(next(news) is None for _ in range(50))


def test_who_asks_no_more_is_not_kept_waiting(server: web.Server) -> None:
    server.answer = 500
    began = time.monotonic()

    with closing(probes.ask_all({"web-1": _url(server)}, 60, 0.01)) as news:
        next(news)

    assert time.monotonic() - began < 30


def _url(server: web.Server) -> str:
    return f"http://127.0.0.1:{server.port}/"
