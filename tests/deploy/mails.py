"""Mails of a deployed stage, as the emulator's SES takes them."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from shopkeeper.clock import rfc3339
from shopkeeper.domains.mail.model import KEPT_SECONDS, Mail, mail_record
from shopkeeper.identifiers import uuid7
from shopkeeper.storage.values import encode_item
from tests.deploy.deployment import SETTINGS, Deployment
from tests.support.http import post_json, send
from tests.support.shop import Owner, order_for, place

ARRIVES_SECONDS = 120.0
NEW_PASSWORD = "another password"
ORDERED, ASKED = "New order", "Choose a new password"


def mails_are_sent(deployment: Deployment) -> bool:
    """Let an order be told and a password be reset by mail, and return whether all of it went well."""
    deployment.aws.client("ses").verify_email_identity(EmailAddress=SETTINGS["MAIL_FROM"])
    owner = Owner(deployment.place)
    confirm(deployment, owner)
    placed = place(owner, order_for(owner.add()))
    asked = post_json(deployment.place, "/api/auth/reset/request", {"email": owner.email})
    invitation = _invite(deployment)
    if (placed.status, asked.status) != (201, 202) or not deployment.pass_on("mail-events", owner.business_id, 1):
        return False
    texts = _await(lambda: _sent(deployment, owner.email))
    if texts is None or _await(lambda: _outcome(deployment, invitation)) != {"outcome": "obsolete"}:
        return False
    token = re.search(rf"{SETTINGS['SITE_URL']}/reset#token=(\S+)", texts[ASKED])
    body = {"token": token[1] if token else "", "new_password": NEW_PASSWORD}
    if post_json(deployment.place, "/api/auth/reset", body).status != 204:
        return False
    owner.tokens = post_json(deployment.place, "/api/auth/login", {"email": owner.email, "password": NEW_PASSWORD}).json
    return _is_looked_after(deployment, owner, placed.json["order_id"])


def confirm(deployment: Deployment, owner: Owner) -> None:
    """Confirm the owner's address in the table: without that orders give no mails."""
    deployment.aws.client("dynamodb").update_item(
        TableName="users-dev",
        Key={"user_id": {"S": owner.user["user_id"]}},
        UpdateExpression="SET email_confirmed_at = :now",
        ExpressionAttributeValues={":now": {"S": "2026-01-01T00:00:00.000Z"}},
    )


def _invite(deployment: Deployment) -> str:
    """Write down the mail of an invitation that was replaced, so that nothing is sent, and return its id."""
    now = datetime.now(UTC)
    mail = Mail(
        mail_id=uuid7(),
        kind="invite",
        recipient="ann@example.com",
        facts={},
        created_at=rfc3339(now),
        due_at=rfc3339(now + timedelta(days=1)),
        expires=int(now.timestamp()) + KEPT_SECONDS,
    )
    database = deployment.aws.client("dynamodb")
    database.put_item(TableName="mails-dev", Item=encode_item(mail_record(mail)))
    database.update_item(  # so that the schedule finds it, and not the stream, which passes on what is added
        TableName="mails-dev",
        Key={"mail_id": {"S": mail.mail_id}},
        UpdateExpression="SET due_at = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
    )
    return mail.mail_id


def _outcome(deployment: Deployment, mail_id: str) -> dict[str, str] | None:
    """Return what became of a mail, None while nothing did."""
    database = deployment.aws.client("dynamodb")
    item = database.get_item(TableName="mails-dev", Key={"mail_id": {"S": mail_id}})["Item"]
    return {"outcome": item["outcome"]["S"]} if "outcome" in item else None


def _sent(deployment: Deployment, address: str) -> dict[str, str] | None:
    """Run the schedule, and return the texts to an address by the beginnings of their subjects, once both are there."""
    if not deployment.run_schedule("mail"):
        return None
    found: Any = send(deployment.aws.url, "GET", "/_ministack/ses/messages").json
    messages = [one for of_account in found["messages"].values() for one in of_account if one["To"] == [address]]
    texts = {
        subject: one["BodyText"]
        for one in messages
        for subject in (ORDERED, ASKED)
        if one["Subject"].startswith(subject)
    }
    return texts if len(texts) == 2 else None


def _await(look: Callable[[], dict[str, str] | None]) -> dict[str, str] | None:
    ends = time.monotonic() + ARRIVES_SECONDS
    while time.monotonic() < ends:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    return None


def _is_looked_after(deployment: Deployment, owner: Owner, order_id: str) -> bool:
    """Let the schedule look at the business's subscription while it exists, and remove it once it does not."""
    database = deployment.aws.client("dynamodb")
    key = {"business_id": {"S": owner.business_id}, "name": {"S": "mail"}}

    def look() -> bool:
        """Run the schedule as if a minute had passed."""
        database.update_item(
            TableName="subscriptions-dev",
            Key=key,
            UpdateExpression="SET due_at = :past REMOVE leased_until",
            ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
        )
        return deployment.run_schedule("mail-missed")

    if not look() or owner.ask("POST", f"/api/orders/{order_id}/reject").status != 200:
        return False
    if owner.ask("DELETE", f"/api/businesses/{owner.business_id}").status != 204 or not look():
        return False
    return "Item" not in database.get_item(TableName="subscriptions-dev", Key=key)
