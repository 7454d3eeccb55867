"""A commit comes to Elastic Beanstalk. All of it keeps to AWS's own model: see aws_model."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import replace

import pytest

from deployments.providers.clouds import beanstalk as program
from deployments.providers.clouds.beanstalk import Order
from deployments.providers.clouds.beanstalk_api import Beanstalk, Keys
from deployments.providers.clouds.program import Refusal
from tests.deployments.providers.clouds.aws_server import BUCKET, Aws, Refuses
from tests.deployments.providers.clouds.conftest import SHA

pytestmark = pytest.mark.slow

LABEL = f"shipmate-{SHA}"


def test_a_commit_becomes_a_version_and_runs(
    cloud: Beanstalk, aws: Aws, asked: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    program.deploy(cloud, asked)

    assert aws.label == LABEL
    assert program.truth(cloud) == SHA
    assert f"shop-production runs {SHA[:12]}." in capfd.readouterr().out


def test_its_events_since_then_are_the_log(
    cloud: Beanstalk, aws: Aws, asked: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    program.deploy(cloud, asked)

    said = capfd.readouterr().out
    assert said.count("12:00:01 INFO  Environment update is starting.\n") == 1
    assert "12:00:02 INFO  Environment update completed successfully.\n" in said
    assert "transitioned to Ok" not in said


def test_the_code_lies_in_s3_as_a_zip(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    program.deploy(cloud, asked)

    held = zipfile.ZipFile(io.BytesIO(aws.objects[f"{BUCKET}/shipmate/shop/{SHA}.zip"]))
    modes = {info.filename: info.external_attr >> 16 for info in held.infolist()}
    assert sorted(modes) == ["Procfile", "bin/serve", "serve"]
    assert modes["bin/serve"] == 0o100755
    assert stat.S_ISLNK(modes["serve"])
    assert held.read("serve") == b"bin/serve"


def test_the_code_lies_in_the_bucket_that_is_set(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    program.deploy(cloud, replace(asked, bucket="ours"))

    assert list(aws.objects) == [f"ours/shipmate/shop/{SHA}.zip"]


def test_a_version_that_is_there_is_not_made_again(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    program.deploy(cloud, asked)
    aws.label = "another"

    program.deploy(cloud, asked)

    assert aws.asked.count("CreateApplicationVersion") == 1
    assert aws.label == LABEL


def test_a_version_that_another_made_meanwhile_is_taken(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    program.deploy(cloud, asked)
    aws.label, aws.faults = (
        "another",
        [("DescribeApplicationVersions", {"ApplicationVersions": []})],
    )

    program.deploy(cloud, asked)

    assert aws.label == LABEL


def test_a_version_that_cannot_be_processed_is_not_deployed(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    aws.processed = "FAILED"

    with pytest.raises(Refusal, match="could not process version"):
        program.deploy(cloud, asked)

    assert "UpdateEnvironment" not in aws.asked


def test_a_version_that_could_not_be_processed_is_made_anew(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    aws.processed = "FAILED"
    with pytest.raises(Refusal):
        program.deploy(cloud, asked)
    aws.processed = "PROCESSED"

    program.deploy(cloud, asked)

    assert aws.label == LABEL


def test_an_update_that_meets_an_error_fails(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    aws.fails = "Failed to deploy application."

    with pytest.raises(Refusal, match=r"ended with errors.*says: Failed to deploy application"):
        program.deploy(cloud, asked)


def test_an_update_that_was_taken_back_fails(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    aws.rolls_back, aws.fails = True, "During an aborted deployment"

    with pytest.raises(Refusal, match="it is at before"):
        program.deploy(cloud, asked)


def test_an_environment_that_is_not_well_fails(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    aws.heals_to = "Yellow"

    with pytest.raises(Refusal, match="not well: its health is Yellow"):
        program.deploy(cloud, asked)


@pytest.mark.parametrize(("health", "wanted"), [("Yellow", "yellow"), ("Red", "any")])
def test_how_well_it_must_be_is_a_setting(
    cloud: Beanstalk, aws: Aws, asked: Order, health: str, wanted: str
) -> None:
    aws.heals_to = health

    program.deploy(cloud, replace(asked, health=wanted))

    assert aws.label == LABEL


def test_an_environment_that_is_there_already_is_left_alone(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    program.deploy(cloud, asked)

    program.deploy(cloud, asked)

    assert aws.asked.count("UpdateEnvironment") == 1


def test_an_update_that_was_begun_before_is_followed(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    program.deploy(cloud, asked)
    aws.label = "another"
    aws.begin(LABEL)

    program.deploy(cloud, asked)

    assert aws.asked.count("UpdateEnvironment") == 1
    assert aws.label == LABEL


def test_an_environment_that_is_busy_is_waited_for(
    cloud: Beanstalk, aws: Aws, asked: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    aws.begin("of somebody else")

    program.deploy(cloud, asked)

    assert "busy (updating). Waiting" in capfd.readouterr().out
    assert aws.label == LABEL


def test_one_that_became_busy_meanwhile_is_waited_for(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    busy = Refuses("InvalidParameterValue", "It is in an invalid state. Must be Ready.")
    aws.faults = [("UpdateEnvironment", busy)]

    program.deploy(cloud, asked)

    assert aws.label == LABEL


def test_a_rollback_takes_the_version_that_is_there(
    cloud: Beanstalk, aws: Aws, asked: Order
) -> None:
    program.deploy(cloud, asked)
    program.deploy(cloud, replace(asked, sha="f" * 40))

    program.deploy(cloud, asked)

    assert aws.label == LABEL
    assert aws.asked.count("PutObject") == 2


def test_a_label_of_somebody_else_is_told_as_it_is(cloud: Beanstalk) -> None:
    assert program.truth(cloud) == "before"


def test_what_runs_is_not_known_while_it_changes(cloud: Beanstalk, aws: Aws) -> None:
    aws.go_on.clear()
    aws.begin("another")

    with pytest.raises(Refusal, match="It is updating now"):
        program.truth(cloud)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refuses("AccessDenied", "Not allowed", 403), "Give their owner the rights"),
        (Refuses("SignatureDoesNotMatch", "Signature expired: 1", 403), "clock of this machine"),
        (Refuses("ExpiredToken", "", 403), "does not know these keys"),
        (Refuses("TooManyBucketsException", "Too many"), "refuses CreateStorageLocation"),
    ],
)
def test_a_refusal_is_told_in_words(
    cloud: Beanstalk, aws: Aws, asked: Order, refusal: Refuses, words: str
) -> None:
    aws.faults = [("CreateStorageLocation", refusal)]

    with pytest.raises(Refusal, match=words):
        program.deploy(cloud, asked)


def test_keys_that_aws_does_not_know_are_told(aws: Aws, asked: Order) -> None:
    keys = Keys("AKIAOFSOMEBODYELSE00", "x" * 40)
    cloud = Beanstalk("shop", "shop-production", "eu-west-1", keys, aws.address)

    with pytest.raises(Refusal, match="does not know these keys"):
        program.deploy(cloud, asked)


def test_an_environment_that_is_not_there_is_told(aws: Aws, cloud: Beanstalk, asked: Order) -> None:
    cloud.environment = "shop-prodcution"

    with pytest.raises(Refusal, match="no environment “shop-prodcution” in eu-west-1"):
        program.deploy(cloud, asked)


def test_throttling_is_waited_for(cloud: Beanstalk, aws: Aws, asked: Order) -> None:
    aws.faults = [("DescribeEvents", Refuses("Throttling", "Rate exceeded"))]

    program.deploy(cloud, asked)

    assert aws.label == LABEL


def test_aws_that_does_not_answer_is_given_up(
    cloud: Beanstalk, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "_patience", 0.001)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # boto3 waits by itself, too
    aws.faults = [("DescribeEnvironments", Refuses("InternalFailure", "", 500))] * 5

    with pytest.raises(Refusal, match="its last word: InternalFailure"):
        program.truth(cloud)
