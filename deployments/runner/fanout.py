"""A fleet: the hosts of one deployment, each with one connection that is kept until the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from deployments.exceptions import HostError
from deployments.runner.closing import Closing
from deployments.runner.connection import reason
from deployments.runner.delivery import Delivery
from deployments.runner.flow import Cancelled, Done, Ending, Event, Flow, Job, Result
from deployments.runner.follow import tidy
from deployments.runner.hosts import Here, Target
from deployments.runner.jobs import HostJob, Link, Task, send

WIDTH = 64
PATIENCE = 120.0
TICK = 0.5
# A tree that is packed or copied gives no sign meanwhile; each of these steps has its own time-out.
DELIVERY_STANDSTILL = 3_600.0


class Fleet(Closing):
    """For one thread: whoever reads the events is also who starts and cancels."""

    def __init__(
        self, targets: Iterable[Target | Here], *, width: int = WIDTH, patience: float = PATIENCE
    ) -> None:
        self._links = {target.name: Link(target) for target in targets}
        self._width = width
        self._patience = patience
        self._flow: Flow | None = None
        self._jobs: dict[str, HostJob] = {}

    def run(self, tasks: Sequence[Task], *, tick: float = TICK) -> Iterator[Event | None]:
        """Start or attach on each host; give events until each has had its Done.

        Nothing is asked of a host before the first event is. None comes after each `tick` without
        news. Closing the iterator leaves the runs alone.
        """
        self._flow = flow = Flow()
        self._jobs = {
            task.host: HostJob(self._links[task.host], task, flow, self._patience) for task in tasks
        }
        jobs = {host: job.result for host, job in self._jobs.items()}
        return self._events(flow, jobs, tick, Done)

    def deliver(
        self, deliveries: Mapping[str, Delivery], *, tick: float = TICK
    ) -> Iterator[Event | None]:
        """Bring the code to each host; Done then carries what `delivery.deliver` returns."""
        flow = Flow(DELIVERY_STANDSTILL)
        jobs: dict[str, Job] = {
            host: partial(send, self._links[host], flow, delivery, self._patience)
            for host, delivery in deliveries.items()
        }
        return self._events(flow, jobs, tick, Done)

    def request_cancel(self, hosts: Iterable[str], *, grace: float = 10.0) -> None:
        """End the runs of these hosts; those that have not begun never do.

        `run` goes on and gives a Cancelled for each besides. A host that cannot be asked is asked
        again, for as long as it may be away.
        """
        if self._flow is None:
            raise RuntimeError("nothing is being run")
        endings = {host: self._jobs[host].forbid(grace) for host in hosts}
        self._flow.add(endings, Cancelled, self._width)

    def end(
        self, tasks: Sequence[Task], *, grace: float, tick: float = TICK
    ) -> Iterator[Event | None]:
        """End what runs have left on hosts, whatever became of them; give a Cancelled each."""
        flow = Flow()
        jobs = {
            task.host: HostJob(self._links[task.host], task, flow, self._patience).forbid(grace)
            for task in tasks
        }
        return self._events(flow, jobs, tick, Cancelled)

    def tidy(self, hosts: Iterable[str], uploads: Sequence[str]) -> dict[str, Result]:
        """Remove uploads that are not needed any more, and what is older than a day."""
        return self._gather({host: partial(self._tidy, host, list(uploads)) for host in hosts})

    def close(self) -> None:
        if self._flow is not None:
            self._flow.stop.set()
        for link in self._links.values():
            link.close()

    def _events(
        self, flow: Flow, jobs: Mapping[str, Job], tick: float, ending: Ending
    ) -> Iterator[Event | None]:
        self._flow = flow
        flow.add(jobs, ending, self._width)
        try:
            yield from flow.events(tick)
        finally:
            self._flow, self._jobs = None, {}

    def _gather(self, jobs: Mapping[str, Job]) -> dict[str, Result]:
        flow = Flow()
        flow.add(jobs, Done, self._width)
        return {event.host: event.result for event in flow.events(TICK) if isinstance(event, Done)}

    def _tidy(self, host: str, uploads: list[str]) -> Result:
        try:
            return tidy(self._links[host].connection(), uploads=uploads)
        except (OSError, MemoryError, RuntimeError) as error:
            return HostError(f"{host} was not tidied: {reason(error)}")  # the next one does it
