"""Traffic of a deployed stage: hits, what their site's owner reads of them, and what schedules make of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.deploy.deployment import Deployment
from tests.deploy.mails import confirm
from tests.support.http import post_json
from tests.support.shop import Owner

SITE = "https://shop.example"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:68.0) Gecko/20100101 Firefox/68.0"
"""A browser that sends no fetch metadata."""


def traffic_is_counted(deployment: Deployment) -> bool:
    """Count a hit for a business, read and share it, close its day, and write the mail of its week."""
    owner = Owner(deployment.place)
    change = owner.ask("PATCH", f"/api/businesses/{owner.business_id}", {"site": SITE, "traffic_emails": True})
    hit = post_json(
        deployment.place, "/hit", {"p": "/", "n": owner.business_id}, **{"Origin": SITE, "User-Agent": BROWSER}
    )
    if (change.status, hit.status) != (200, 204) or not _is_read(owner):
        return False
    confirm(deployment, owner)
    return _is_closed(deployment, owner) and _is_told(deployment, owner)


def _is_read(owner: Owner) -> bool:
    read = owner.ask("GET", "/api/traffic")
    if read.status != 200 or read.json["totals"]["views"] != 1:
        return False
    shared = owner.ask("POST", "/api/traffic/share")
    return shared.status == 200 and owner.ask("DELETE", "/api/traffic/share").status == 204


def _is_closed(deployment: Deployment, owner: Owner) -> bool:
    """Let the day of the hit be over, and return whether the schedule closes it and forgets its salt."""
    database = deployment.aws.client("dynamodb")
    day = datetime.now(UTC).date().isoformat()
    salts = {"visitor": {"S": f"salt|{owner.business_id}"}}
    _set(database, "traffic-dev", {"site_period": {"S": "|open"}, "at": {"S": f"{owner.business_id}|{day}"}}, "ends")
    _set(database, "visitors-dev", salts, "day_ends")
    if not deployment.run_schedule("traffic-closing"):
        return False
    closed = {"site_period": {"S": f"{owner.business_id}|{day[:4]}"}, "at": {"S": day}}
    item = database.get_item(TableName="traffic-dev", Key=closed).get("Item", {})
    salt = database.get_item(TableName="visitors-dev", Key=salts)["Item"]["salt"]
    return bool(item.get("v") == {"N": "1"} and salt == {"S": ""})


def _is_told(deployment: Deployment, owner: Owner) -> bool:
    """Note a week as one that ended yesterday, and return whether the schedule writes its mail down."""
    database = deployment.aws.client("dynamodb")
    monday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    note = {"site_period": {"S": "|weeks"}, "at": {"S": f"{monday}|{owner.business_id}"}}
    database.put_item(TableName="traffic-dev", Item=note)
    if not deployment.run_schedule("traffic-weekly"):
        return False
    mail = {"mail_id": {"S": f"traffic_{owner.business_id}_{monday}"}}
    is_written = "Item" in database.get_item(TableName="mails-dev", Key=mail)
    return is_written and "Item" not in database.get_item(TableName="traffic-dev", Key=note)


def _set(database: Any, table: str, key: dict[str, Any], name: str) -> None:
    """Let something have ended long ago."""
    database.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #name = :past",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
