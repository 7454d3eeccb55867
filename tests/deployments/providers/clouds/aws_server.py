"""A server that answers as Elastic Beanstalk and S3 do; what is no request of AWS's is noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from botocore import xform_name

from tests.deployments.providers.clouds import aws_model
from tests.deployments.providers.clouds.served import Handler, at_an_address

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BUCKET = "elasticbeanstalk-eu-west-1-123456789012"
EPOCH = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
Json = dict[str, Any]


class Refuses(Exception):
    """An error that AWS answers with."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message or code, status


@dataclass
class Aws:
    """What AWS knows of one environment, and how it is to behave."""

    address: str = ""
    label: str = "before"
    status: str = "Ready"
    health: str = "Green"
    heals_to: str = "Green"  # what its health is after an update
    processed: str = "PROCESSED"  # what becomes of a version
    at_once: bool = False  # and that without a look at it meanwhile
    fails: str = ""  # an error that the update meets
    rolls_back: bool = False
    looks: int = 2  # so often it is found updating
    go_on: threading.Event = field(default_factory=threading.Event)
    faults: list[tuple[str, Refuses | Json]] = field(default_factory=list)  # answers, once each
    versions: dict[str, Json] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _target: str = ""
    _left: int = 0

    def tell(self, message: str, severity: str = "INFO") -> None:
        when = EPOCH + timedelta(seconds=len(self.events))
        self.events.append({"EventDate": when, "Message": message, "Severity": severity})

    def do(self, name: str, asked: Json) -> Json:
        for fault in self.faults:
            if fault[0] == name:
                self.faults.remove(fault)
                if isinstance(fault[1], Refuses):
                    raise fault[1]
                return fault[1]
        answer: Json = getattr(self, f"_{xform_name(name)}")(asked)
        return answer

    def begin(self, label: str) -> None:
        self.status, self._target, self._left = "Updating", label, self.looks
        self.tell("Environment update is starting.")

    def _create_storage_location(self, asked: Json) -> Json:
        return {"S3Bucket": BUCKET}

    def _describe_application_versions(self, asked: Json) -> Json:
        found = [self.versions[label] for label in asked["VersionLabels"] if label in self.versions]
        answer = {"ApplicationVersions": [dict(version) for version in found]}
        for version in found:
            if version["Status"] == "PROCESSING":
                version["Status"] = self.processed
        return answer

    def _create_application_version(self, asked: Json) -> Json:
        bundle = asked["SourceBundle"]
        if f"{bundle['S3Bucket']}/{bundle['S3Key']}" not in self.objects:
            raise Refuses("InvalidParameterValue", "Unable to download from S3 location")
        if asked["VersionLabel"] in self.versions:
            raise Refuses("InvalidParameterValue", "Application Version x already exists.")
        version = {
            "ApplicationName": asked["ApplicationName"], "VersionLabel": asked["VersionLabel"],
            "Description": asked["Description"], "SourceBundle": bundle,
            "Status": self.processed if self.at_once else "PROCESSING",
            "DateCreated": EPOCH, "DateUpdated": EPOCH,
        }  # fmt: skip
        self.versions[asked["VersionLabel"]] = version
        return {"ApplicationVersion": dict(version)}

    def _delete_application_version(self, asked: Json) -> Json:
        del self.versions[asked["VersionLabel"]]
        return {}

    def _update_environment(self, asked: Json) -> Json:
        if self.status != "Ready":
            said = "Environment shop is in an invalid state for this operation. Must be Ready."
            raise Refuses("InvalidParameterValue", said)
        if asked["VersionLabel"] not in self.versions:
            raise Refuses("InvalidParameterValue", "No Application Version named so found.")
        self.begin(asked["VersionLabel"])
        return self._environment()

    def _describe_environments(self, asked: Json) -> Json:
        if asked["EnvironmentNames"] != ["shop-production"]:
            return {"Environments": []}
        answer = {"Environments": [self._environment()]}
        self._go_on()
        return answer

    def _describe_events(self, asked: Json) -> Json:
        since = asked.get("StartTime", EPOCH)
        found = [event for event in self.events if event["EventDate"] >= since]
        whose = {"ApplicationName": "shop", "EnvironmentName": "shop-production"}
        return {"Events": [{**event, **whose} for event in found[::-1]]}

    def _abort_environment_update(self, asked: Json) -> Json:
        if self.status != "Updating":
            raise Refuses("InvalidParameterValue", "No abortable operation is in progress.")
        self.status = "Aborting"
        return {}

    def _environment(self) -> Json:
        label = self._target if self.status == "Updating" else self.label
        return {
            "EnvironmentName": "shop-production", "EnvironmentId": "e-abcdefghij",
            "ApplicationName": "shop", "VersionLabel": label, "Status": self.status,
            "Health": "Grey" if self.status == "Updating" else self.health,
            "HealthStatus": "Ok" if self.health == "Green" else "Severe",
            "AbortableOperationInProgress": self.status == "Updating", "DateUpdated": EPOCH,
        }  # fmt: skip

    def _go_on(self) -> None:
        if self.status != "Updating" or not self.go_on.is_set():
            return
        self._left -= 1
        if self._left <= 0:
            self.status, self.health = "Ready", self.heals_to
            self.label = self.label if self.rolls_back else self._target
            if self.fails:
                self.tell(self.fails, "ERROR")
            else:
                self.tell("Environment update completed successfully.")


class _Handler(Handler, BaseHTTPRequestHandler):
    aws: Aws

    def do_POST(self) -> None:
        body = self.sent()
        if body is None:
            return
        try:
            self._signed()
            name, asked = aws_model.read(body)
            self.aws.asked.append(name)
            self._answer(200, aws_model.written(name, self.aws.do(name, asked)))
        except Refuses as refusal:
            text = aws_model.refusal(refusal.code, refusal.message)
            self._answer(refusal.status, text)
        except Exception as error:  # noqa: BLE001  whatever is wrong, the test is to see it
            self.aws.wrong.append(f"{body!r}: {error!r}")
            self._answer(400, aws_model.refusal("Wrong", str(error)))

    def do_PUT(self) -> None:
        """Take an object as S3 does."""
        body = self.sent()
        if body is None:
            return
        self.aws.objects[unquote(self.path).lstrip("/")] = body
        self.aws.asked.append("PutObject")
        self._answer(200, b"")

    def _signed(self) -> None:
        if f"Credential={KEY_ID}/" not in (self.headers["Authorization"] or ""):
            said = "The security token included in the request is invalid."
            raise Refuses("InvalidClientTokenId", said, 403)

    def _answer(self, status: int, body: bytes) -> None:
        self.reply(status, body, "text/xml")


@contextmanager
def serving(aws: Aws) -> Iterator[Aws]:
    handler = type("Served", (_Handler,), {"aws": aws})
    with at_an_address(handler, aws.go_on) as aws.address:
        yield aws
