"""Zero downtime for all three descriptions: move the alias `live` in steps, watch the alarms, go back if one fires.

release versions STAGE COLOUR                 the versions in service, as JSON
release shift STAGE COLOUR [--steps 10,50] [--pause 60]
                                              from the versions in service to the newest ones
release back STAGE COLOUR                     at once to the versions before those in service
release promote STAGE COLOUR --domain NAME    give a domain to a colour, after its health was seen
"""

import argparse
import json
import sys
import time
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import account
import boto3
from botocore.exceptions import BotoCoreError, ClientError

ALIAS = "live"
FUNCTIONS = ("visits", "health", "auth", "accounts", "orders")
HEALTH_PATHS = ("/health", "/health/detailed", "/auth/health")
LOOK_EVERY_SECONDS = 5.0


class Failed(Exception):
    """Why a release ended, in one sentence; what is in service is what was before."""


class Release:
    """The functions of one stage in one colour, and the alarms that watch them."""

    def __init__(self, stage: str, colour: str, say: Callable[[str], None] = print) -> None:
        self._lambda = boto3.client("lambda")
        self._cloudwatch = boto3.client("cloudwatch")
        self._name = f"shopkeeper-{stage}-{colour}"
        self._say = say

    def versions(self) -> dict[str, str]:
        """Return the version in service of each function; of none before the first deployment."""
        found = {}
        for function in FUNCTIONS:
            try:
                alias = self._lambda.get_alias(FunctionName=f"{self._name}-{function}", Name=ALIAS)
            except self._lambda.exceptions.ResourceNotFoundException:
                continue
            found[function] = str(alias["FunctionVersion"])
        return found

    def shift(self, steps: list[int], pause: float) -> None:
        """Move all functions to their newest versions, a share of the calls at a time.

        `steps` are percentages; after each, `pause` seconds pass in which no alarm may fire. Raises Failed,
        after everything is back on the versions of before.
        """
        before = self.versions()
        self._refuse_half_shifts()
        after = {function: self._published(function)[-1] for function in before}
        moving = {function: after[function] for function in before if after[function] != before[function]}
        if not moving:
            self._say("The newest versions are in service already.")
            return
        self._check_alarms("before anything was moved")
        try:
            for percent in steps:
                for function, version in moving.items():
                    self._point(function, before[function], {version: percent / 100})
                self._say(f"{percent} % of the calls go to the new versions.")
                self._watch(pause, f"at {percent} %")
            for function, version in moving.items():
                self._point(function, version, {})
            self._watch(pause, "at 100 %")
        except BaseException:
            for function in moving:
                self._point(function, before[function], {})
            self._say("All calls go to the versions of before.")
            raise
        self._say("The new versions are in service: " + _listed(moving))

    def back(self) -> None:
        """Put the versions before those in service there, at once. Raises Failed where there are none."""
        before = {}
        for function, version in self.versions().items():
            older = [number for number in self._published(function) if int(number) < int(version)]
            if not older:
                raise Failed(f"There is no version of {function} before {version}.")
            before[function] = older[-1]
        for function, version in before.items():
            self._point(function, version, {})
        self._say("In service again: " + _listed(before))

    def _refuse_half_shifts(self) -> None:
        for function in FUNCTIONS:
            try:
                alias = self._lambda.get_alias(FunctionName=f"{self._name}-{function}", Name=ALIAS)
            except self._lambda.exceptions.ResourceNotFoundException:
                raise Failed(f"{self._name}-{function} is not deployed.") from None
            if (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
                raise Failed(f"Another shift of {self._name}-{function} is under way.")

    def _published(self, function: str) -> list[str]:
        """Return the published versions of a function, the oldest first."""
        pages = self._lambda.get_paginator("list_versions_by_function").paginate(
            FunctionName=f"{self._name}-{function}"
        )
        numbers = [entry["Version"] for page in pages for entry in page["Versions"] if entry["Version"] != "$LATEST"]
        return sorted(numbers, key=int)

    def _point(self, function: str, version: str, weights: dict[str, float]) -> None:
        self._lambda.update_alias(
            FunctionName=f"{self._name}-{function}",
            Name=ALIAS,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def _watch(self, seconds: float, moment: str) -> None:
        ends = time.monotonic() + seconds
        while True:
            self._check_alarms(moment)
            left = ends - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, LOOK_EVERY_SECONDS))

    def _check_alarms(self, moment: str) -> None:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{self._name}-")
        alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
        if not alarms:
            raise Failed(f"No alarm watches {self._name}; nothing is shifted unwatched.")
        fired = sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")
        if fired:
            raise Failed(f"Alarm {', '.join(fired)} fired {moment}.")


def promote(stage: str, colour: str, domain: str) -> None:
    """Move a custom domain's mapping to a colour, whose health was seen first. Raises Failed."""
    name = f"shopkeeper-{stage}-{colour}"
    base = account.url(name, stage)
    for path in HEALTH_PATHS:
        try:
            with urllib.request.urlopen(_request(base + path), timeout=15) as answer:  # noqa: S310  # the API's own address
                answer.read()
        except OSError as error:
            raise Failed(f"{name} is not healthy at {path} ({error}); the domain stays where it is.") from None
    gateway = boto3.client("apigateway")
    api = next(api["id"] for api in _rest_apis() if api["name"] == name)
    mappings = gateway.get_base_path_mappings(domainName=domain).get("items", [])
    root = next((mapping for mapping in mappings if mapping["basePath"] in ("(none)", "")), None)
    if root is None:
        gateway.create_base_path_mapping(domainName=domain, restApiId=api, stage=stage)
    else:
        changes = [
            {"op": "replace", "path": "/restapiId", "value": api},
            {"op": "replace", "path": "/stage", "value": stage},
        ]
        gateway.update_base_path_mapping(domainName=domain, basePath="(none)", patchOperations=changes)
    print(f"{domain} is served by {name}.")


def _request(url: str) -> urllib.request.Request:
    """Return the request of a URL; names under localhost are this machine (RFC 6761), as not every resolver knows."""
    parts = urlsplit(url)
    near = parts.netloc.endswith(f".localhost:{parts.port}")
    place = parts._replace(netloc=f"127.0.0.1:{parts.port}") if near else parts
    return urllib.request.Request(urlunsplit(place), headers={"Host": parts.netloc})  # noqa: S310  # the same


def _rest_apis() -> list[dict[str, str]]:
    pages = boto3.client("apigateway").get_paginator("get_rest_apis").paginate()
    return [api for page in pages for api in page["items"]]


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{function} {version}" for function, version in versions.items())


def _percentages(text: str) -> list[int]:
    steps = [int(part) for part in text.split(",") if part]
    if steps != sorted(set(steps)) or not all(0 < step < 100 for step in steps):
        raise ValueError
    return steps


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["versions", "shift", "back", "promote"])
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("colour", choices=["blue", "green"])
    parser.add_argument("--steps", type=_percentages, help="percentages, rising; by default 10,50 in prod, else none")
    parser.add_argument("--pause", type=float, help="seconds to watch after each; by default 60 in prod, else 0")
    parser.add_argument("--domain", help="the custom domain to move")
    asked = parser.parse_args(arguments)
    if asked.command == "promote" and not asked.domain:
        parser.error("promote needs --domain")
    is_prod = asked.stage == "prod"
    asked.steps = ([10, 50] if is_prod else []) if asked.steps is None else asked.steps
    asked.pause = (60.0 if is_prod else 0.0) if asked.pause is None else asked.pause
    return asked


def main(arguments: list[str]) -> None:
    """Run a command; what stopped it is one sentence and exit status 1."""
    asked = _arguments(arguments)
    try:
        if asked.command == "promote":
            promote(asked.stage, asked.colour, asked.domain)
            return
        release = Release(asked.stage, asked.colour)
        match asked.command:
            case "versions":
                print(json.dumps(release.versions()))
            case "shift":
                release.shift(asked.steps, asked.pause)
            case "back":
                release.back()
    except (Failed, account.Refused, BotoCoreError, ClientError) as failure:
        print(f"release: {failure}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
