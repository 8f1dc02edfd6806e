"""An emulator of AWS (ministack) that enforces IAM, and what it cannot do of the descriptions.

It runs rules, and takes dead-letter queues, destinations and event source mappings as they are declared. It sends to
queues as nobody, reads a function's destination but not its alias's, and bounds no retries of a stream: that is checked
statically, in `test_agreement.py` and `test_triggers.py`. It takes a distribution as it is declared, and serves nothing
through it, and runs no function of CloudFront: that is checked statically, too, and the function by Node.js. In
`front.py` a small server stands for it, so that people use the pages of a stage in Chromium.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import adaptation
import boto3
import local_aws

from tests.deploy.descriptions import provider_folder
from tests.deploy.model import DISTRIBUTION_ARN, PICTURES_URL, REGION
from tests.support.processes import free_port, running
from tests.support.tools import ROOT, need

MINISTACK = ROOT / ".venv-emulator" / "bin" / "ministack"
RECORDING = Path(__file__).with_name("recording.py")

CANNOT = {
    "a preflight from the allowed origin is allowed": "it runs no conditions of Velocity: see test_preflight.py",
}
"""The tests of the API collection that cannot pass here, each with the reason. Everything else must."""

BROWSERS = "tests/stage/test_browsers.py"
CANNOT_IN_DEPTH = {
    f"{BROWSERS}::test_a_preflight_permits_what_clients_send": "it runs no conditions of Velocity",
    f"{BROWSERS}::test_a_preflight_of_another_origin_permits_nothing": "it runs no conditions of Velocity",
    f"{BROWSERS}::test_a_body_that_cannot_be_read_is_refused[BASE_URL-not UTF-8]": "it replaces what is not UTF-8",
}
"""The tests of a stage that cannot pass here, each with the reason."""

PREFLIGHTS = ("A preflight", "A preflight from an unknown origin")


def adapt(root: Path) -> Path:
    """Adapt a copy of the repository to the emulator.

    The copy's API collection, which the deploy scripts run, loses the preflights; the whole one is run apart.
    """
    adaptation.adapt(root)
    path = root / "tests" / "api" / "shopkeeper.postman_collection.json"
    collection = json.loads(path.read_text())
    for group in collection["item"]:
        group["item"] = [request for request in group["item"] if request["name"] not in PREFLIGHTS]
    path.write_text(json.dumps(collection))
    return root


class Aws:
    """A running emulator, as seen by tools and by this test."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **local_aws.environment(self.url),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TERRAFORM_PLUGINS": provider_folder(),
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client of a service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def keep_secret(self, stage: str) -> None:
        """Make sure that a stage's secret is there, and where its pictures are, as its data would."""
        secrets = self.client("secretsmanager")
        try:
            secrets.create_secret(Name=f"shopkeeper/{stage}/jwt", SecretString="x" * 64)
        except secrets.exceptions.ResourceExistsException:
            pass
        for name, value in (("pictures-url", PICTURES_URL), ("distribution-arn", DISTRIBUTION_ARN)):
            path = f"/shopkeeper/{stage}/{name}"
            self.client("ssm").put_parameter(Name=path, Value=value, Type="String", Overwrite=True)

    def api(self, name: str) -> str:
        """Return the id of the API called `name`."""
        apis = self.client("apigateway").get_rest_apis(limit=500)["items"]
        (found,) = [api["id"] for api in apis if api["name"] == name]
        return str(found)

    def left_over(self) -> dict[str, list[str]]:
        """Return what there is of ours, by kind; empty where everything is gone."""
        found = {
            "apis": [api["name"] for api in self.client("apigateway").get_rest_apis()["items"]],
            "functions": [one["FunctionName"] for one in self.client("lambda").list_functions()["Functions"]],
            "tables": self.client("dynamodb").list_tables()["TableNames"],
            "secrets": [secret["Name"] for secret in self.client("secretsmanager").list_secrets()["SecretList"]],
            "roles": [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]],
            "alarms": [alarm["AlarmName"] for alarm in self.client("cloudwatch").describe_alarms()["MetricAlarms"]],
            "topics": [topic["TopicArn"] for topic in self.client("sns").list_topics()["Topics"]],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "rules": [rule["Name"] for rule in self.client("events").list_rules()["Rules"]],
            "mappings": [
                mapping["FunctionArn"]
                for mapping in self.client("lambda").list_event_source_mappings()["EventSourceMappings"]
            ],
            "dashboards": [
                board["DashboardName"] for board in self.client("cloudwatch").list_dashboards()["DashboardEntries"]
            ],
            "keys": [key["name"] for key in self.client("apigateway").get_api_keys()["items"]],
            "plans": [plan["name"] for plan in self.client("apigateway").get_usage_plans()["items"]],
            "buckets": [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]],
            "parameters": [one["Name"] for one in self.client("ssm").describe_parameters()["Parameters"]],
            "rewrites": [
                one["Name"]
                for one in self.client("cloudfront")
                .list_functions(Stage="DEVELOPMENT")["FunctionList"]
                .get("Items", [])
            ],
            "signers": [
                one["Name"]
                for one in self.client("cloudfront")
                .list_origin_access_controls()["OriginAccessControlList"]
                .get("Items", [])
            ],
            "distributions": [one["Comment"] for one in _listed(self.client("cloudfront").list_distributions())],
            "stacks": [
                stack["StackName"]
                for stack in self.client("cloudformation").list_stacks()["StackSummaries"]
                if stack["StackStatus"] != "DELETE_COMPLETE"
            ],
            "logs": [group["logGroupName"] for group in self.client("logs").describe_log_groups()["logGroups"]],
        }
        return {kind: ours for kind, names in found.items() if (ours := [name for name in names if _is_ours(name)])}


def _listed(answer: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = answer["DistributionList"].get("Items", [])
    return found


def _is_ours(name: str) -> bool:
    return ("shopkeeper-" in name or "shopkeeper/" in name or name.endswith("-dev")) and "api-gateway-logs" not in name


@contextmanager
def ministack(folder: Path) -> Iterator[Aws]:
    """Run the emulator on a free port, with IAM enforced."""
    port = free_port()
    settings = {
        **local_aws.settings(port),
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1",
    }
    command = [
        "env",
        *(f"{name}={value}" for name, value in settings.items()),
        str(Path(need(MINISTACK)).with_name("python")),
        str(RECORDING),
    ]
    with running(command, port, folder / "ministack.log"):
        yield Aws(port)


def complete_preflights(aws: Aws, api: str, stage: str, body: Mapping[str, Any]) -> None:
    """Give an API the mocks of its own document, whose answers the emulator's import leaves out."""
    gateway = aws.client("apigateway")
    places = {item["path"]: item["id"] for item in gateway.get_resources(restApiId=api, limit=500)["items"]}
    preflights = {path: methods["options"] for path, methods in body["paths"].items() if "options" in methods}
    for path, preflight in preflights.items():
        integration = preflight["x-amazon-apigateway-integration"]
        where = {"restApiId": api, "resourceId": places[path], "httpMethod": "OPTIONS"}
        (answer,) = integration["responses"].values()
        gateway.put_integration(**where, type="MOCK", requestTemplates=integration["requestTemplates"])
        names = dict.fromkeys(answer["responseParameters"], False)
        gateway.put_method_response(**where, statusCode="200", responseParameters=names)
        gateway.put_integration_response(
            **where,
            statusCode="200",
            responseParameters=answer["responseParameters"],
            responseTemplates=answer["responseTemplates"],
        )
    gateway.create_deployment(restApiId=api, stageName=stage)


def failures(report: Path) -> set[str]:
    """Return the names of the tests of the API collection that failed."""
    run = json.loads(report.read_text())["run"]
    assert run["stats"]["assertions"]["total"] > 500
    return {failure["error"]["test"] for failure in run["failures"]}
