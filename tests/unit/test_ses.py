"""Messages go to Amazon SES as botocore would send them, and what SES answers decides whether they go again."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from botocore.session import get_session

from shopkeeper.aws.client import AwsClient
from shopkeeper.aws.ses import FINAL, SES, NotTaken, SesSender
from shopkeeper.aws.settings import AwsSettings
from shopkeeper.aws.signing import Credentials, Signer
from shopkeeper.secret import Secret
from tests.support import faults
from tests.support.faults import FaultyServer

SENDER, BOB = "shop@example.com", "bob@example.com"
MESSAGE = b"From: shop@example.com\r\nTo: bob@example.com\r\nSubject: Hello\r\n\r\nHello\r\n"


def settings(url: str) -> AwsSettings:
    return AwsSettings(access_key="test", secret_key=Secret("test"), endpoint_url=url)


def send(url: str, region: str = "us-east-1") -> None:
    with closing(SesSender(region, settings(url))) as ses:
        ses.send(SENDER, BOB, MESSAGE)


def request_of_botocore() -> Any:
    """The request that botocore makes of the same call, unsigned."""
    client = boto3.client("sesv2", region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    made: list[Any] = []

    def keep(request: Any, **_: Any) -> None:
        made.append(request)
        raise InterruptedError

    client.meta.events.register("before-send.sesv2.SendEmail", keep)
    with pytest.raises(InterruptedError):
        client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": [BOB]},
            Content={"Raw": {"Data": MESSAGE}},
        )
    return made[0]


def test_the_request_is_botocores() -> None:
    with FaultyServer(faults.answers(200, b'{"MessageId": "m"}')) as server:
        send(server.url, "eu-central-1")
    theirs = request_of_botocore()
    (ours,) = server.requests
    first = ours.header.split(b"\r\n")[0].decode()
    assert first == f"{theirs.method} {theirs.url.partition('.com')[2]} HTTP/1.1"
    assert json.loads(ours.body) == json.loads(theirs.body)
    assert theirs.url.startswith("https://email.eu-central-1.amazonaws.com/")


def test_its_own_host_is_botocores() -> None:
    client = AwsClient(SES, "eu-central-1", AwsSettings(access_key="test", secret_key=Secret("test")))
    assert client._host_field == "email.eu-central-1.amazonaws.com"
    model = get_session().get_service_model("sesv2")
    operation = model.operation_model("SendEmail")
    assert (SES.paths["SendEmail"], SES.name) == (operation.http["requestUri"], model.signing_name)
    assert set(FINAL) <= {shape.name for shape in operation.error_shapes}


def test_a_path_is_signed_as_botocore_signs_it() -> None:
    now = datetime.now(UTC)
    headers = {"host": "email.us-east-1.amazonaws.com", "content-type": "application/json"}
    path, body = SES.paths["SendEmail"], b'{"a": 1}'
    theirs = AWSRequest("POST", f"https://{headers['host']}{path}", headers=dict(headers), data=body)
    SigV4Auth(BotoCredentials("key", "secret"), "ses", "us-east-1").add_auth(theirs)
    moment = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs((moment - now).total_seconds()) < 60
    ours = Signer("us-east-1", "ses").sign(Credentials("key", "secret"), headers, body, moment, path=path)
    assert ours["authorization"] == theirs.headers["Authorization"]


@pytest.mark.parametrize(
    ("status", "code", "is_final"),
    [
        (400, "BadRequestException", True),
        (400, "MessageRejected", False),
        (400, "SendingPausedException", False),
        (400, "MailFromDomainNotVerifiedException", False),
        (403, "AccessDeniedException", False),
        (404, "NotFoundException", False),
    ],
)
def test_only_a_bad_request_is_final_and_no_address_is_told(status: int, code: str, is_final: bool) -> None:
    said = json.dumps({"message": "bob@example.com is not verified"}).encode()
    refuses = faults.answers(status, said, x_amzn_errortype=f"{code}:http://internal.example/")
    with FaultyServer(refuses) as server, pytest.raises(NotTaken) as raised:
        send(server.url)
    assert (str(raised.value), raised.value.is_final) == (f"SES {code}", is_final)
    assert len(server.requests) == 1


def test_a_lost_answer_is_not_final_and_is_not_repeated_at_once() -> None:
    with FaultyServer(faults.hangs_up) as server, pytest.raises(NotTaken, match="SES NoAnswer") as raised:
        send(server.url)
    assert not raised.value.is_final
    assert len(server.requests) == 1


def test_moto_takes_a_message(moto: str) -> None:
    boto3.client(
        "ses", endpoint_url=moto, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    ).verify_email_identity(EmailAddress=SENDER)
    send(moto)
