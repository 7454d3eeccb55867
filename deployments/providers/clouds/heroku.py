"""`python -m deployments.providers.clouds.heroku`: bring a commit to a Heroku app.

The code is brought to Heroku, built there, and released. What was begun is found again by a mark,
so that the program may be started anew wherever it was ended.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from deployments.providers.clouds.heroku_api import ADDRESS, Client, Json, Unheard
from deployments.providers.clouds.heroku_output import Output
from deployments.providers.clouds.packing import sha256, tarball
from deployments.providers.clouds.program import Ended, Refusal, answer, carry_out, say, secret

PAUSE = 2.0  # seconds between two questions about a build or a release
LATE = 60.0  # seconds that a release may take to appear after its build
SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Order:
    """What is to run. `mark` is what our build is known by."""

    sha: str
    code: Path
    mark: str
    returns: bool = False


@dataclass
class Begun:
    """What Heroku is at work on, for the case that somebody ends the deployment."""

    asked: bool = False  # for a build, or for a release of a former slug
    build: Json | None = None
    release: Json | None = None


def deploy(client: Client, order: Order) -> None:
    """Have Heroku build and release the commit, or go back to it; end when it runs."""
    begun = Begun()
    try:
        _bring(client, order, begun)
    except Ended:
        _stop(client, begun)
        raise


def truth(client: Client) -> str:
    """Return the commit that the current release was built from, or whatever else is told of it."""
    release = _current(client)
    slug = ((release or {}).get("slug") or {}).get("id")
    if not slug:
        return ""
    commit = str(client.slug(slug).get("commit") or "")
    if SHA.fullmatch(commit):
        return commit
    made = (build for build in client.builds() if (build.get("slug") or {}).get("id") == slug)
    return _version(next(made, {})) or commit or f"v{(release or {}).get('version')}"


def _bring(client: Client, order: Order, begun: Begun) -> None:
    former = _former(client, order.sha) if order.returns else None
    begun.release = _return(client, order, former, begun) if former else None
    if begun.release is None:
        begun.build = _own(client, order) or _begin(client, order, begun)
        _watch_build(client, begun.build, begun)
        begun.release = _release_of(client, begun.build)
    release = _watch_release(client, begun.release, begun)
    say(f"Heroku runs {order.sha[:12]} as v{release['version']}.")


def _own(client: Client, order: Order) -> Json | None:
    """Return the build that this deployment began, or one of the same commit that is under way."""
    of_commit = [build for build in client.builds() if _version(build) == order.sha]
    for build in of_commit:
        if build["source_blob"].get("version_description") == order.mark:
            say(f"This deployment's build {build['id']} was begun before. Following it.")
            return build
    for build in of_commit:
        if build["status"] == "pending":
            say(f"Build {build['id']} of the same commit is under way. Following it.")
            return build
    return None


def _begin(client: Client, order: Order, begun: Begun) -> Json:
    with TemporaryDirectory(prefix="shipmate-") as folder:
        archive = tarball(order.code, Path(folder) / "code.tar.gz")
        say(f"Bringing {archive.stat().st_size:,} bytes to Heroku.")
        source = {
            "url": client.upload(archive),
            "checksum": f"SHA256:{sha256(archive)}",
            "version": order.sha,
            "version_description": order.mark,
        }
    begun.asked = True
    while True:
        try:
            begun.build = client.create_build(source)
        except Unheard as unheard:
            say(f"Heroku may have begun a build: {unheard}. Looking for it.")
            time.sleep(PAUSE)
            if found := _own(client, order):
                return found
        else:
            say(f"Heroku builds {order.sha[:12]} as build {begun.build['id']}.")
            return begun.build


def _watch_build(client: Client, build: Json, begun: Begun) -> None:
    """Pass on the build's output; come back once it has succeeded."""
    output = Output(build.get("output_stream_url"))
    while build["status"] == "pending":
        if output.read():
            time.sleep(PAUSE)
        begun.build = build = client.build(build["id"])
    output.finish()
    if build["status"] != "succeeded":
        raise Refusal("Heroku could not build it. What ran before goes on running.")


def _watch_release(client: Client, release: Json, begun: Begun) -> Json:
    """Pass on what the release command prints; come back once it has succeeded."""
    output = Output(release.get("output_stream_url"))
    while release.get("status") == "pending":
        if output.read():
            time.sleep(PAUSE)
        begun.release = release = client.release(release["id"])
    output.finish()
    if release.get("status") != "succeeded":
        raise Refusal(
            f"The release command of v{release['version']} failed. What ran before goes on running."
        )
    return release


def _stop(client: Client, begun: Begun) -> None:
    """Ask Heroku to stop what it can, and say what is true of the rest: it goes on."""
    if begun.release:
        say(f"v{begun.release['version']} goes on at Heroku: a release cannot be stopped.")
    elif begun.build:
        _stop_build(client, begun.build)
    elif begun.asked:
        say("Heroku may have begun already, and goes on with it: see the app's activity there.")


def _stop_build(client: Client, build: Json) -> None:
    try:
        status = client.stop_build(build["id"])
    except requests.RequestException:
        status = 0
    if status in (200, 202, 204):
        say(f"Heroku was asked to stop build {build['id']}, and takes it.")
    else:
        say(
            f"Build {build['id']} goes on at Heroku, which did not take the wish to stop it "
            f"({status or 'no answer'}). If it succeeds, Heroku releases it."
        )


def _release_of(client: Client, build: Json) -> Json:
    """Return the release of a build, which appears soon after its end."""
    until = time.monotonic() + LATE
    while time.monotonic() < until:
        if name := (build.get("release") or {}).get("id"):
            return client.release(name)
        slug = (build.get("slug") or {}).get("id")
        for release in client.releases():
            if slug and (release.get("slug") or {}).get("id") == slug:
                return release
        time.sleep(PAUSE)
        build = client.build(build["id"])
    raise Refusal(
        f"Build {build['id']} succeeded, but Heroku made no release of it. "
        "What ran before goes on running."
    )


def _former(client: Client, sha: str) -> Json | None:
    """Return the release that this commit was built into, where Heroku still knows it."""
    for build in client.builds():
        name = (build.get("release") or {}).get("id")
        if build["status"] == "succeeded" and _version(build) == sha and name:
            return client.release(name)
    say(f"Heroku remembers no build of {sha[:12]}: it is built again.")
    return None


def _return(client: Client, order: Order, former: Json, begun: Begun) -> Json | None:
    """Release a former slug anew, which takes no build; None where Heroku will not."""
    slug = (former.get("slug") or {}).get("id")
    newest = next(iter(client.releases()), {})
    if slug and (newest.get("slug") or {}).get("id") == slug and newest.get("status") != "failed":
        say(f"v{newest['version']} is of {order.sha[:12]} already.")
        return newest
    say(f"Going back to v{former['version']}, which was built from {order.sha[:12]}.")
    begun.asked = True
    try:
        return client.roll_back(former["id"])
    except Unheard as unheard:
        say(f"Heroku may have gone back: {unheard}. Looking.")
        time.sleep(PAUSE)
        return _return(client, order, former, begun)
    except Refusal as refusal:
        say(f"{refusal} It is built again.")
        return None


def _current(client: Client) -> Json | None:
    releases = client.releases()
    current = (release for release in releases if release.get("current"))
    good = (release for release in releases if release.get("status") == "succeeded")
    return next(current, next(good, None))


def _version(build: Json) -> str:
    return str((build.get("source_blob") or {}).get("version") or "")


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)

    def client(*, brief: bool = False) -> Client:
        token = secret("HEROKU_API_KEY", "a token for Heroku's API")
        return Client(asked.app, token, asked.api, brief=brief)

    if asked.what == "truth":
        return answer(lambda: truth(client(brief=True)))
    order = Order(asked.sha, asked.code, asked.mark, asked.back)
    return carry_out(lambda: deploy(client(), order))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heroku", description=__doc__)
    parser.add_argument("what", choices=("deploy", "truth"))
    parser.add_argument("--app", required=True, help="the app's name at Heroku")
    parser.add_argument("--sha", default="", help="the commit")
    parser.add_argument("--code", type=Path, default=Path(), help="a folder, or a tar.gz")
    parser.add_argument("--mark", default="", help="what this deployment's build is known by")
    parser.add_argument("--back", action="store_true", help="release a former slug if there is one")
    parser.add_argument("--api", default=ADDRESS, help="where the API is")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
