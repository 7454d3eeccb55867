"""What is asked for at once is done in one go; whoever is alone waits for nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from deployments.together import MOST, Together


class Slow:
    """Doubles numbers; the first round lasts until it is let go on."""

    def __init__(self) -> None:
        self.rounds = list[list[int]]()
        self.go_on = threading.Event()

    def double(self, asked: list[int]) -> list[int | Exception]:
        self.rounds.append(asked)
        assert self.go_on.wait(60)
        if 999 in asked:
            raise ArithmeticError("999 is never doubled")
        return [ValueError("No.") if one < 0 else 2 * one for one in asked]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def together(slow: Slow) -> Together[int, int]:
    return Together(slow.double)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.005)


def at_once(together: Together[int, int], slow: Slow, *numbers: int) -> list[Future[int]]:
    """Ask for the first; while that is done, for the others."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        found = [pool.submit(together.ask, numbers[0])]
        until(lambda: len(slow.rounds) == 1)
        found += [pool.submit(together.ask, number) for number in numbers[1:]]
        until(lambda: len(together._waiting) == len(numbers) - 1)
        slow.go_on.set()
    return found


def test_who_is_alone_is_served_at_once(together: Together[int, int], slow: Slow) -> None:
    slow.go_on.set()

    assert [together.ask(1), together.ask(2)] == [2, 4]
    assert slow.rounds == [[1], [2]]


def test_who_comes_meanwhile_is_served_in_one_go(together: Together[int, int], slow: Slow) -> None:
    found = at_once(together, slow, 1, 2, 3, 4, 5)

    assert [one.result() for one in found] == [2, 4, 6, 8, 10]
    assert [sorted(one) for one in slow.rounds] == [[1], [2, 3, 4, 5]]


def test_one_go_has_an_end(together: Together[int, int], slow: Slow) -> None:
    found = at_once(together, slow, *range(MOST + 2))

    assert [one.result() for one in found] == [2 * one for one in range(MOST + 2)]
    assert [len(one) for one in slow.rounds] == [1, MOST, 1]


def test_what_is_wrong_with_one_is_told_that_one_alone(
    together: Together[int, int], slow: Slow
) -> None:
    one, wrong, other = at_once(together, slow, 1, -1, 3)

    assert (one.result(), other.result()) == (2, 6)
    with pytest.raises(ValueError, match="No"):
        wrong.result()


def test_what_fails_as_a_whole_is_told_each_and_the_next_are_served(
    together: Together[int, int], slow: Slow
) -> None:
    one, *others = at_once(together, slow, 1, 999, 3)

    assert one.result() == 2
    for other in others:
        with pytest.raises(ArithmeticError):
            other.result()
    assert together.ask(4) == 8
