"""A description on the emulator: deployed by its script, called, taken down."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shopkeeper.clock import rfc3339
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.facts import facts
from tests.deploy.cloudformation import Template
from tests.deploy.descriptions import OSLS, copy_repository, run, transformed
from tests.deploy.emulator import CANNOT_IN_DEPTH, Aws, adapt, complete_preflights, failures
from tests.deploy.model import bucket
from tests.support.faults import FaultyServer, answers
from tests.support.http import Answer, post_json, send
from tests.support.pictures import PNG, attach, post_form
from tests.support.shop import Owner, order_for, place
from tests.support.tools import ROOT, UNHURRIED, need

SCRIPTS = {"sam": "deploy-sam.sh", "serverless": "deploy.sh", "terraform": "deploy-terraform.sh"}
NAME = "shopkeeper-dev-blue"
SETTINGS = {
    "ORDER_ACCEPT_SECONDS": "3210",
    "COUNTER_RETENTION_DAYS": "30",
    "MAIL_FROM": "shop@example.com",
    "SITE_URL": "https://shop.example",
    "FRONT": "distribution",
    "LOG_DETAIL": "brief",
}
"""What it is deployed with, in the environment of its script."""

ATTEMPT_SECONDS = 60.0
PAUSE_SECONDS = 6.0
"""After a first refusal an event is sent again in five seconds, and up to a tenth more."""

STACKS = (NAME, "shopkeeper-data-dev")


class Deployment:
    """Stage dev in blue, of one description."""

    def __init__(self, description: str, root: Path, aws: Aws) -> None:
        self.description = description
        self.root = adapt(copy_repository(root))
        self.aws = aws
        self.status = -1
        self.output = ""

    def deploy(self, *options: str, **settings: str) -> None:
        """Run the script with SETTINGS and others, and keep how it ended and what it said."""
        done = subprocess.run(
            [str(self.root / "scripts" / SCRIPTS[self.description]), "dev", *options],
            env={**os.environ, **UNHURRIED, **self.aws.environment, **SETTINGS, **settings},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        self.status, self.output = done.returncode, done.stdout + done.stderr

    @property
    def url(self) -> str:
        """Where the API answers, by a name of its own."""
        port = self.aws.url.rpartition(":")[2]
        return f"http://{self.aws.api(NAME)}.execute-api.localhost:{port}/dev"

    def call(self, method: str, path: str, body: object = None, token: str = "") -> Answer:
        """Send a request to the API, by the emulator's address."""
        place = f"/_aws/execute-api/{self.aws.api(NAME)}/dev{path}"
        if body is not None:
            return post_json(self.aws.url, place, body)
        return send(self.aws.url, method, place, headers={"Authorization": f"Bearer {token}"} if token else {})

    @property
    def place(self) -> str:
        """The API by the emulator's address, a URL that every resolver knows."""
        return f"{self.aws.url}/_aws/execute-api/{self.aws.api(NAME)}/dev"

    def in_depth(self) -> "subprocess.CompletedProcess[str]":
        """Run tests/stage against the API, but for what the emulator cannot do."""
        left_out = [f"--deselect={name}" for name in CANNOT_IN_DEPTH]
        command = [sys.executable, "-m", "pytest", "tests/stage", "-q", "-p", "no:cacheprovider", *left_out]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "BASE_URL": self.url, "ALLOWED_ORIGIN": "http://localhost:1580"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def start_anew(self, function: str) -> None:
        """Put a new version of a function into service, whose process has read no secret yet."""
        functions = self.aws.client("lambda")
        name = f"{NAME}-{function}"
        functions.update_function_configuration(FunctionName=name, Description=f"anew at {time.time_ns()}")
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def run_schedule(self, name: str) -> bool:
        """Invoke the function of a schedule, as its rule does, and return whether it ended well."""
        schedule = facts()["schedules"][name]
        answer = self.aws.client("lambda").invoke(
            FunctionName=f"{NAME}-{schedule['function']}", Qualifier="live", Payload=json.dumps(schedule["input"])
        )
        answer["Payload"].read()
        return "FunctionError" not in answer

    def expire_an_order(self, runs: int = 1) -> list[str]:
        """Place an order whose time is over, run the sweep, and return what the feed tells of it.

        The time is moved back in the table, instead of being waited for.
        """
        owner = Owner(self.place)
        order = place(owner, order_for(owner.add())).json
        late = datetime.fromisoformat(order["accept_until"]) - timedelta(days=1)
        self.aws.client("dynamodb").update_item(
            TableName="orders-dev",
            Key={"order_id": {"S": order["order_id"]}},
            UpdateExpression="SET accept_until = :late",
            ExpressionAttributeValues={":late": {"S": rfc3339(late)}},
        )
        for _ in range(runs):
            self.run_schedule("order-expiry")
        return [event["type"] for event in owner.events() if event["order_id"] == order["order_id"]]

    def end_a_pause(self) -> list[str]:
        """Pause a business in two ways, run the job that ends pauses, and return what the feed tells of it.

        The time is moved back in the table, instead of being waited for.
        """
        owner = Owner(self.place)
        path = f"/api/businesses/{owner.business_id}"
        now = datetime.now(UTC)
        until = rfc3339(now + timedelta(hours=1))
        for change in ({"paused_until": until}, {"accepting_orders": False}, {"accepting_orders": True}):
            owner.ask("PATCH", path, change)
        self.aws.client("dynamodb").update_item(
            TableName="pauses-dev",
            Key={"business_id": {"S": owner.business_id}},
            UpdateExpression="SET #until = :past",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":past": {"S": rfc3339(now - timedelta(hours=1))}},
        )
        self.run_schedule("pause-end")
        return [event["type"] for event in owner.events()]

    def pass_on(self, name: str, business_id: str, seq: int) -> bool:
        """Invoke the function of a stream with an event, as Lambda does, and return whether it ended well."""
        stream = facts()["streams"][name]
        place = f"arn:aws:dynamodb:us-east-1:000000000000:table/{stream['table']}-dev/stream/2026-11-21T00:00:00.000"
        image = {"business_id": {"S": business_id}, "seq": {"N": str(seq)}}
        record = {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": image}}
        answer = self.aws.client("lambda").invoke(
            FunctionName=f"{NAME}-{stream['function']}",
            Qualifier="live",
            Payload=json.dumps({"Records": [{**record, "eventSourceARN": place}]}),
        )
        answer["Payload"].read()
        return "FunctionError" not in answer

    def webhooks_are_sent(self) -> bool:
        """Let an event be refused, sent again by itself and replayed, and return whether all of it went well.

        Switching a webhook off is an event, which it gets when it is on again.
        """
        with FaultyServer(answers(404, b""), answers(404, b""), answers(200, b"")) as server:
            owner = Owner(self.place)
            path = f"/api/businesses/{owner.business_id}/webhooks"
            made = [owner.ask("POST", path, {"url": server.url}) for _ in range(2)]
            if [one.status for one in made] != [201, 201] or owner.ask("GET", path).status != 200:
                return False
            place, other = (f"{path}/{one.json['webhook_id']}" for one in made)
            any_version = {"If-Match": "*"}
            switched = [owner.ask("PATCH", place, {"enabled": one}, **any_version).status for one in (False, True)]
            if owner.ask("DELETE", other, **any_version).status != 204 or switched != [200, 200]:
                return False

            def states(number: int) -> bool:
                """Return whether there have been so many attempts; the stream may be at the first one."""
                ends = time.monotonic() + ATTEMPT_SECONDS
                while time.monotonic() < ends:
                    found = owner.ask("GET", f"{place}/deliveries")
                    if found.status != 200:
                        return False
                    if sum(one["attempts"] for one in found.json["deliveries"]) >= number:
                        return True
                    time.sleep(0.2)
                return False

            if not self.pass_on("webhook-events", owner.business_id, 1) or not states(1):
                return False
            time.sleep(PAUSE_SECONDS)
            if not self.run_schedule("webhook-retries") or not states(2):
                return False
            replayed = owner.ask("POST", f"{place}/replay", {"from": 1})
            return replayed.status == 200 and self.run_schedule("webhook-retries") and states(3)

    def show_a_picture(self) -> bool:
        """Give an item a picture and take it away, as an owner does, and return whether all of it was done."""
        owner = Owner(self.place)
        item = owner.add()
        form = owner.ask("POST", f"/api/items/{item['item_id']}/picture", {"media_type": "image/png", "size": len(PNG)})
        if form.status != 201 or post_form("", form.json["upload"], PNG).status != 204:
            return False
        shown = attach(owner, item, form.json["picture"])
        address = str(shown.json.get("picture_url"))
        is_whole = address.startswith("https://") and address.endswith(f"/pictures/{form.json['picture']}")
        return shown.status == 200 and is_whole and attach(owner, item, None).status == 200 and not self.pictures()

    def pictures(self) -> list[str]:
        """Return the keys of the pictures."""
        return self.files("pictures/")

    def files(self, prefix: str = "") -> list[str]:
        """Return the keys of the bucket that begin so."""
        listed = self.aws.client("s3").list_objects_v2(Bucket=bucket("dev"), Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def fronts(self) -> dict[str, str]:
        """Return which pages the distribution serves, which API, and which Function URL if it asks one."""
        cloudfront = self.aws.client("cloudfront")
        (made,) = cloudfront.list_distributions()["DistributionList"]["Items"]
        origins = {origin["Id"]: origin for origin in made["Origins"]["Items"]}
        return {
            "pages": origins["pages"]["OriginPath"],
            "api": origins["api"]["DomainName"].partition(".execute-api.")[0],
            **({"counter": origins["counter"]["DomainName"]} if "counter" in origins else {}),
        }

    def empty_bucket(self) -> None:
        """Remove all files: CloudFormation removes no bucket that holds any."""
        for key in self.files():
            self.aws.client("s3").delete_object(Bucket=bucket("dev"), Key=key)

    def live_versions(self) -> dict[str, str]:
        """Return the versions behind the alias."""
        client = self.aws.client("lambda")
        return {
            function.name: client.get_alias(FunctionName=f"{NAME}-{function.name}", Name="live")["FunctionVersion"]
            for function in FUNCTIONS
        }

    def complete_preflights(self) -> None:
        """Give the API the preflights that the emulator's import of a SAM template left out."""
        if self.description == "sam":
            source = transformed(self.root / "infrastructure" / "sam" / "template.yaml")
            api = Template(source, {"Stage": "dev", "Colour": "blue"}).only("AWS::ApiGateway::RestApi") or {}
            complete_preflights(self.aws, self.aws.api(NAME), "dev", api["Body"])

    def collection(self) -> set[str]:
        """Run the whole API collection, as it stands, and return the tests that failed."""
        report = self.root / "report.json"
        self._newman(ROOT, "--reporters", "json", "--reporter-json-export", str(report))
        return failures(report)

    def collection_passes(self) -> bool:
        """Run the collection without what this emulator cannot do, up to the first failure."""
        return self._newman(self.root, "--bail", "--silent") == 0

    def _newman(self, root: Path, *options: str) -> int:
        environment = {**os.environ, **UNHURRIED, "BASE_URL": self.url, "ALLOWED_ORIGIN": "http://localhost:1580"}
        command = [str(root / "scripts" / "run-api-tests.sh"), "blue", *options]
        return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False).returncode

    def remove(self) -> None:
        """Take everything down, code before data."""
        infrastructure = self.root / "infrastructure"
        self.empty_bucket()
        if self.description == "sam":
            sam = str(self.root / ".venv-deploy" / "bin" / "sam")
            for stack in STACKS:
                command = [sam, "delete", "--stack-name", stack, "--no-prompts", "--region", "us-east-1"]
                run(command, self.root, self.aws.environment)
        elif self.description == "serverless":
            for folder in (infrastructure / "serverless", infrastructure / "serverless" / "data"):
                run([need(OSLS), "remove", "--stage", "dev"], folder, self.aws.environment)
        else:
            for part in ("code", "data"):
                command = ["terraform", "destroy", "-auto-approve", "-input=false", "-no-color", "-var=stage=dev"]
                run(command, infrastructure / "terraform" / part, self.aws.environment)
