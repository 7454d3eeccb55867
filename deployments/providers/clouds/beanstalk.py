"""`python -m deployments.providers.clouds.beanstalk`: bring a commit to an environment there.

The code becomes a version whose label holds the commit, and the environment is brought to that
version. Whatever was done before is found again by the label, so that the program may be started
anew wherever it was ended.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deployments.providers.clouds.beanstalk_api import Beanstalk, Json, Keys, Refused
from deployments.providers.clouds.packing import tarball, zipped
from deployments.providers.clouds.program import (
    Ended,
    Refusal,
    answer,
    carry_out,
    say,
    secret,
    write,
)

PAUSE = 5.0  # seconds between two looks
LATE = 60.0  # seconds until an update shows
LABEL = "shipmate-"
SHA = re.compile(rf"(?:{LABEL})?([0-9a-f]{{40}})")
HEALTHY = {"green": ("Green",), "yellow": ("Green", "Yellow")}
ERRORS = ("ERROR", "FATAL")


@dataclass(frozen=True)
class Order:
    """What is to run, and from when on it counts as running."""

    sha: str
    code: Path
    about: str = ""
    bucket: str = ""
    health: str = "green"
    health_seconds: int = 300

    @property
    def label(self) -> str:
        return f"{LABEL}{self.sha}"


def deploy(cloud: Beanstalk, order: Order) -> None:
    """Bring the environment to the commit; end when it runs and is well."""
    state = cloud.state()
    _have_version(cloud, order)
    watch = Watch(cloud)
    try:
        _update(cloud, order, state, watch)
        _wait_until_ready(cloud, order, watch)
    except Ended:
        _abort(cloud, watch)
        raise
    _wait_until_well(cloud, order, watch)
    say(f"{cloud.environment} runs {order.sha[:12]}.")


def truth(cloud: Beanstalk) -> str:
    """Return the commit that the environment's label tells, or a label that tells none."""
    state = cloud.state()
    if state["Status"] != "Ready":
        raise Refusal(f"It is {state['Status'].lower()} now.")
    label = str(state.get("VersionLabel") or "")
    found = SHA.fullmatch(label)
    return found[1] if found else label


class Watch:
    """The environment's events as the log, and what they said of errors."""

    def __init__(self, cloud: Beanstalk) -> None:
        self._cloud = cloud
        self._seen: set[tuple[object, str]] = set()
        self.asked = self.began = False  # the update: it may have begun, it has
        self.error = ""
        # What happened before is not about this.
        self._since = None
        for event in cloud.events(None):
            self._seen.add((event["EventDate"], event["Message"]))
            self._since = event["EventDate"]

    def look(self) -> Json:
        """Tell what happened since; return how the environment is."""
        state = self._cloud.state()
        for event in self._cloud.events(self._since):
            key = (event["EventDate"], event["Message"])
            if key not in self._seen:
                self._seen.add(key)
                self._since = event["EventDate"]
                self._tell(event)
        return state

    def _tell(self, event: Json) -> None:
        severity, message = event.get("Severity", "INFO"), event["Message"]
        write(f"{event['EventDate']:%H:%M:%S} {severity:5} {message}\n".encode())
        if severity in ERRORS:
            self.error = message


def _have_version(cloud: Beanstalk, order: Order) -> None:
    """See to it that the version is there and was processed."""
    version = cloud.version(order.label)
    if version and _status(version) == "FAILED":
        say(f"Version {order.label} could not be processed before. Making it anew.")
        cloud.remove_version(order.label)
        version = None
    if version is None:
        _make_version(cloud, order)
        version = cloud.version(order.label)
    while version and _status(version) in ("PROCESSING", "BUILDING"):
        time.sleep(PAUSE)
        version = cloud.version(order.label)
    if version is None or _status(version) == "FAILED":
        raise Refusal(
            f"Elastic Beanstalk could not process version {order.label}: see .ebextensions and "
            "env.yaml in the code, and the environment's events. Nothing was deployed."
        )


def _make_version(cloud: Beanstalk, order: Order) -> None:
    key = f"shipmate/{cloud.application}/{order.sha}.zip"
    with TemporaryDirectory(prefix="shipmate-") as folder:
        archive = tarball(order.code, Path(folder) / "code.tar.gz")
        bundle = zipped(archive, Path(folder) / "code.zip")
        say(f"Bringing {bundle.stat().st_size:,} bytes to S3.")
        bucket = cloud.store(bundle, order.bucket, key)
    try:
        cloud.create_version(order.label, order.about, bucket, key)
    except Refused as refused:
        if not refused.is_there_already:
            raise
    say(f"Version {order.label} is made of s3://{bucket}/{key}.")


def _update(cloud: Beanstalk, order: Order, state: Json, watch: Watch) -> None:
    """Have the environment brought to the version, unless it is, or is on its way there."""
    while True:
        if state.get("VersionLabel") == order.label:
            if state["Status"] == "Updating":
                say("The environment is being brought to this version already. Following it.")
                watch.began = True
                return
            if state["Status"] == "Ready":
                say(f"The environment is at {order.label} already.")
                return
        if state["Status"] in ("Terminating", "Terminated"):
            raise Refusal(f"The environment {cloud.environment} is {state['Status'].lower()}.")
        if state["Status"] == "Ready" and _begin(cloud, order, watch):
            return
        say(f"The environment is busy ({state['Status'].lower()}). Waiting for it.")
        time.sleep(PAUSE)
        state = watch.look()


def _begin(cloud: Beanstalk, order: Order, watch: Watch) -> bool:
    """Ask for the update; return whether the environment was not too busy to take it."""
    watch.asked = True
    try:
        cloud.update(order.label)
    except Refused as refused:
        watch.asked = False
        if refused.is_busy:
            return False
        raise
    watch.began = True
    say(f"Elastic Beanstalk brings {cloud.environment} to {order.label}.")
    return True


def _wait_until_ready(cloud: Beanstalk, order: Order, watch: Watch) -> None:
    """Tell what happens until the environment is ready again, and see that it took the version."""
    until, was_busy = time.monotonic() + LATE, False
    while True:
        state = watch.look()
        is_ready = state["Status"] == "Ready"
        was_busy = was_busy or not is_ready
        if is_ready and (state.get("VersionLabel") == order.label or was_busy):
            break
        if is_ready and time.monotonic() > until:
            break
        time.sleep(PAUSE)
    watch.look()  # the last events come late
    if state.get("VersionLabel") != order.label:
        raise Refusal(
            f"The environment did not go to {order.label}: it is at "
            f"{state.get('VersionLabel') or 'no version'}. {_why(watch)}"
        )
    if watch.error:
        raise Refusal(
            f"The update ended with errors; the environment is at {order.label} and "
            f"{state.get('Health', 'of unknown health')}. {_why(watch)}"
        )


def _wait_until_well(cloud: Beanstalk, order: Order, watch: Watch) -> None:
    wanted = HEALTHY.get(order.health)
    until = time.monotonic() + order.health_seconds
    while wanted:
        state = watch.look()
        if state.get("Health") in wanted:
            return
        if time.monotonic() > until:
            raise Refusal(
                f"The environment runs the version, but is not well: its health is "
                f"{state.get('Health')} ({state.get('HealthStatus', 'no more is known')}) after "
                f"{order.health_seconds} seconds. {_why(watch)}"
            )
        time.sleep(PAUSE)


def _abort(cloud: Beanstalk, watch: Watch) -> None:
    """Ask AWS to end our update, and say what is true: going back takes its time."""
    if watch.began:
        against = cloud.abort()
        say(
            f"The update of {cloud.environment} goes on: AWS did not end it ({against})."
            if against
            else f"Elastic Beanstalk ends the update and takes {cloud.environment} back to the "
            "version before, which takes some minutes."
        )
    elif watch.asked:  # another's update must not be ended for it
        say(f"The update of {cloud.environment} may have begun, and goes on: see its events.")


def _status(version: Json) -> str:
    return str(version.get("Status", "")).upper()


def _why(watch: Watch) -> str:
    return f"Elastic Beanstalk says: {watch.error}" if watch.error else "Its events say no more."


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)

    def cloud(*, brief: bool = False) -> Beanstalk:
        keys = Keys(
            secret("AWS_ACCESS_KEY_ID", "the name of a key for AWS"),
            secret("AWS_SECRET_ACCESS_KEY", "the secret half of a key for AWS"),
            os.environ.get("AWS_SESSION_TOKEN", "").strip(),
        )
        place = (asked.application, asked.environment, asked.region)
        return Beanstalk(*place, keys, asked.endpoint, brief=brief)

    if asked.what == "truth":
        return answer(lambda: truth(cloud(brief=True)))
    order = Order(
        asked.sha, asked.code, asked.about, asked.bucket, asked.health, asked.health_seconds
    )
    return carry_out(lambda: deploy(cloud(), order))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="beanstalk", description=__doc__)
    parser.add_argument("what", choices=("deploy", "truth"))
    parser.add_argument("--application", required=True)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--sha", default="", help="the commit")
    parser.add_argument("--code", type=Path, default=Path(), help="a folder, or a tar.gz")
    parser.add_argument("--about", default="", help="what is written to the version")
    parser.add_argument("--bucket", default="", help="where the zip lies; AWS's own if empty")
    parser.add_argument("--health", choices=("green", "yellow", "any"), default="green")
    parser.add_argument("--health-seconds", type=int, default=300)
    parser.add_argument("--endpoint", default="", help="where AWS is, if not where it usually is")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
