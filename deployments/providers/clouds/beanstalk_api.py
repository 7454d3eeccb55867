"""AWS Elastic Beanstalk and S3, as far as a deployment needs them, through boto3.

https://docs.aws.amazon.com/elasticbeanstalk/latest/api/
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from deployments.providers.clouds.program import Refusal, say

# AWS's own ways of trying again. BRIEF: whoever asks what runs waits for half a minute. HURRIED:
# whoever ends a program waits for ten seconds.
CONFIG = Config(
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra="shipmate",
)
ONCE = {"total_max_attempts": 1}
BRIEF = CONFIG.merge(Config(connect_timeout=5, read_timeout=10, retries=ONCE))
HURRIED = CONFIG.merge(Config(connect_timeout=3, read_timeout=6, retries=ONCE))
PATIENCE = 300.0  # seconds without a good answer
PAUSE = 10.0
LARGEST = 500 * 1024 * 1024  # what Elastic Beanstalk takes as a source bundle
EVENTS = 100  # in one answer
UNKNOWN_KEYS = {
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
}
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "InsufficientPrivilegesException",
    "UnauthorizedOperation",
    "AllAccessDisabled",
}
Json = dict[str, Any]


class Refused(Refusal):
    """AWS said no, and why."""

    def __init__(self, text: str, said: str) -> None:
        super().__init__(text)
        self.said = said

    @property
    def is_busy(self) -> bool:
        return "Must be Ready" in self.said or "OperationInProgress" in self.said

    @property
    def is_there_already(self) -> bool:
        return "already exists" in self.said


@dataclass(frozen=True)
class Keys:
    """Whom AWS is asked by. Nothing else is looked for: no profile, no role of this machine."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


class Beanstalk:
    """What is asked of AWS for one environment."""

    def __init__(
        self,
        application: str,
        environment: str,
        region: str,
        keys: Keys,
        endpoint: str = "",
        *,
        brief: bool = False,
    ) -> None:
        """`brief`: ask once, and take no answer in a few seconds for none."""
        self.application, self.environment = application, environment
        self._patience, self._config = (0.0, BRIEF) if brief else (PATIENCE, CONFIG)
        # A file of whoever runs the worker must not add to what is set for this deployment.
        os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        self._session = boto3.session.Session(
            aws_access_key_id=keys.key_id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token or None,
            region_name=region,
        )
        self._endpoint = endpoint or None
        self._beanstalk = self._client("elasticbeanstalk", self._config)

    def _client(self, service: str, config: Config) -> Any:
        return self._session.client(service, config=config, endpoint_url=self._endpoint)

    def store(self, archive: Path, bucket: str, key: str) -> str:
        """Bring a zip to S3; return the bucket, which AWS makes where none is named."""
        size = archive.stat().st_size
        if size > LARGEST:
            raise Refusal(
                f"The code has {size // 1024**2} MB as a zip; Elastic Beanstalk takes 500 MB."
            )
        bucket = bucket or str(self._ask(self._beanstalk.create_storage_location)["S3Bucket"])
        style = Config(s3={"addressing_style": "path"}) if self._endpoint else Config()
        with archive.open("rb") as file:
            s3 = self._client("s3", CONFIG.merge(style))
            self._ask(
                s3.put_object, Bucket=bucket, Key=key, Body=file, ContentType="application/zip"
            )
        return bucket

    def version(self, label: str) -> Json | None:
        """Return the application version of this label."""
        found = self._ask(
            self._beanstalk.describe_application_versions,
            ApplicationName=self.application,
            VersionLabels=[label],
        )
        return next(iter(found["ApplicationVersions"]), None)

    def create_version(self, label: str, about: str, bucket: str, key: str) -> None:
        """Have a version made of a zip in S3, and its configuration files checked."""
        self._ask(
            self._beanstalk.create_application_version,
            ApplicationName=self.application,
            VersionLabel=label,
            Description=about[:200],
            SourceBundle={"S3Bucket": bucket, "S3Key": key},
            AutoCreateApplication=False,
            Process=True,
        )

    def remove_version(self, label: str) -> None:
        self._ask(
            self._beanstalk.delete_application_version,
            ApplicationName=self.application,
            VersionLabel=label,
            DeleteSourceBundle=False,
        )

    def update(self, label: str) -> None:
        """Have the environment brought to a version."""
        self._ask(
            self._beanstalk.update_environment,
            ApplicationName=self.application,
            EnvironmentName=self.environment,
            VersionLabel=label,
        )

    def state(self) -> Json:
        """Return the environment as it is."""
        found = self._ask(
            self._beanstalk.describe_environments,
            ApplicationName=self.application,
            EnvironmentNames=[self.environment],
            IncludeDeleted=False,
        )["Environments"]
        if not found:
            raise Refusal(
                f"The application “{self.application}” has no environment “{self.environment}” in "
                f"{self._session.region_name}. See names and region in the settings."
            )
        return dict(found[0])

    def events(self, since: datetime | None) -> list[Json]:
        """Return what happened from a moment on, the first first."""
        asked: Json = {"StartTime": since} if since else {}
        events: list[Json] = []
        while True:
            page = self._ask(
                self._beanstalk.describe_events,
                ApplicationName=self.application,
                EnvironmentName=self.environment,
                MaxRecords=EVENTS,
                **asked,
            )
            events += page["Events"]
            if since is None or not page.get("NextToken"):
                return events[::-1]
            asked["NextToken"] = page["NextToken"]

    def abort(self) -> str:
        """Ask once for the end of an update; return what AWS has against it."""
        client = self._client("elasticbeanstalk", HURRIED)
        try:
            client.abort_environment_update(EnvironmentName=self.environment)
        except ClientError as error:
            return _message(error)
        except BotoCoreError as error:
            return type(error).__name__
        return ""

    def _ask(self, operation: Callable[..., Any], **asked: Any) -> Json:
        """Ask until there is an answer, beyond what boto3 tries by itself."""
        until = time.monotonic() + self._patience
        while True:
            try:
                return dict(operation(**asked))
            except ClientError as error:
                if not _passes(error):
                    raise Refused(_words(error), f"{_code(error)} {_message(error)}") from error
                why = _code(error)
            except HTTPClientError as error:
                why = type(error).__name__
            except BotoCoreError as error:
                raise Refusal(f"AWS cannot be asked: {error}") from error
            if time.monotonic() + PAUSE > until:
                if not self._patience:
                    raise Refusal(f"AWS did not answer: {why}.")
                raise Refusal(
                    f"AWS did not answer for {self._patience:.0f} seconds; its last word: {why}. "
                    "See https://health.aws.amazon.com, then retry: what began is found again."
                )
            say(f"AWS: {why}. Asking again in {PAUSE:.0f} s.")
            time.sleep(PAUSE)


def _passes(error: ClientError) -> bool:
    """Return whether it may be another answer in a while."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status >= 500 or "Throttl" in _code(error) or _code(error) == "SlowDown"


def _words(error: ClientError) -> str:
    """Say what an error of AWS means, and what to do."""
    code, said = _code(error), _message(error)
    if "Signature expired" in said or code == "RequestTimeTooSkewed":
        return f"The clock of this machine is wrong, so AWS does not take what it signs: {said}"
    if code in UNKNOWN_KEYS:
        return (
            f"AWS does not know these keys ({code}). Set the secrets AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY anew, and AWS_SESSION_TOKEN where the keys are temporary."
        )
    if code in DENIED:
        return (
            f"These keys may not do this ({code}: {said}). Give their owner the rights that "
            "docs/clouds.md lists, then retry."
        )
    if code == "NoSuchBucket":
        return f"There is no such bucket: {said}. See the bucket's name in the settings."
    return f"AWS refuses {error.operation_name} ({code}): {said}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", "") or _code(error))
