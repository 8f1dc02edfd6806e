"""Zero downtime for all three descriptions: move the alias `live` in steps, watch the alarms, go back if one fires.

release versions STAGE COLOUR                 the versions in service, as JSON
release mark STAGE COLOUR --before VERSIONS   remember those (as JSON) to go back to, where others are in service
release shift STAGE COLOUR [--steps 10,50] [--pause 300]
                                              from the versions in service to the newest ones
release back STAGE COLOUR                     at once to what was in service before the last release
release promote STAGE COLOUR [--domain NAME]  let the stage's distribution serve the pages and the API of a colour,
                                              and give it a domain, after its health was seen

With --dry-run they say what they would do. AWS_REGION names the region.
"""

import argparse
import json
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

import account
import facts
import pages

ALIAS = "live"
HEALTH_PATHS = ("/health", "/health/detailed", "/auth/health")
LOOK_EVERY_SECONDS = 5.0
PAUSE_SECONDS = 300.0
"""Longer than the slowest alarm needs: three datapoints of a minute, and the minutes by which metrics are late."""

MARK = "Before the last release: "
"""What an alias's description begins with; the version to go back to follows."""


class Failed(Exception):
    """Why a release ended, and what is in service now, in a sentence or two."""


class Stopped(BaseException):
    """A signal ended it; no Exception, which botocore would take for a failed call and repeat that."""


class Endings:
    """The signals that end a release: the first counts, and none once it goes back."""

    def __init__(self) -> None:
        self._deaf = False

    def listen(self) -> None:
        """Stop at a signal, but for those that this process was started to ignore, as nohup does it."""
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(ending) is not signal.SIG_IGN:
                signal.signal(ending, self._stop)

    def ignore(self) -> None:
        """Let no signal stop anything from now on."""
        self._deaf = True

    def _stop(self, number: int, _: FrameType | None) -> None:
        if not self._deaf:
            self._deaf = True
            raise Stopped(f"Stopped by {signal.Signals(number).name}.")


endings = Endings()


class Release:
    """The functions of one stage in one colour, and the alarms that watch them."""

    def __init__(self, stage: str, colour: str, say: Callable[[str], None] = print) -> None:
        self._lambda = account.client("lambda")
        self._cloudwatch = account.client("cloudwatch")
        known = facts.read()
        self._functions = list(known["functions"])
        self._name = f"shopkeeper-{stage}-{colour}"
        self._ignored = {f"{self._name}-{alarm}" for alarm, one in known["alarms"].items() if not one["stops_releases"]}
        self._say = say

    def versions(self) -> dict[str, str]:
        """Return the version in service of each function; of none before the first deployment."""
        return {function: str(alias["FunctionVersion"]) for function, alias in self._aliases().items()}

    def mark(self, before: dict[str, str], is_dry: bool = False) -> None:
        """Remember these versions as those to go back to, after something else has put others into service."""
        now = self.versions()
        if all(now.get(function) == version for function, version in before.items()):
            return
        if is_dry:
            self._say("Would remember: " + _listed(before))
            return
        self._remember(before, now)

    def _remember(self, before: dict[str, str], now: dict[str, str]) -> None:
        for function, version in before.items():
            self._point(function, now[function], {}, Description=MARK + version)

    def shift(self, steps: list[int], pause: float, is_dry: bool = False) -> None:
        """Move all functions to their newest versions, a share of the calls at a time.

        `steps` are percentages; after each, `pause` seconds pass in which no alarm may fire. Raises Failed,
        after everything is back on the versions of before.
        """
        aliases = self._aliases()
        missing = [function for function in self._functions if function not in aliases]
        if missing:
            raise Failed(f"{self._name}-{missing[0]} is not deployed.")
        self._refuse_half_shifts(aliases)
        before = {function: str(alias["FunctionVersion"]) for function, alias in aliases.items()}
        after = {function: self._published(function)[-1] for function in before}
        moving = {function: after[function] for function in before if after[function] != before[function]}
        if not moving:
            self._say("The newest versions are in service already.")
            return
        self._check_alarms("before anything was moved")
        if is_dry:
            self._say(f"Would move by {[*steps, 100]} %: {_listed(moving)}")
            return
        self._remember(before, before)
        try:
            for percent in steps:
                for function, version in moving.items():
                    self._point(function, before[function], {version: percent / 100})
                self._say(f"{percent} % of the calls go to the new versions.")
                self._watch(pause, f"at {percent} %")
            for function, version in moving.items():
                self._point(function, version, {})
            self._watch(pause, "at 100 %")
        except BaseException as cause:  # noqa: BLE001  # whatever stops it, nothing may stay half moved
            try:
                endings.ignore()
            except Stopped:
                pass  # a signal in this very moment; there is none after it
            self._restore({function: before[function] for function in moving}, str(cause) or type(cause).__name__)
        self._say("The new versions are in service: " + _listed(moving))

    def back(self, is_dry: bool = False) -> None:
        """Put the versions from before the last release into service, at once, from whatever state it left.

        Raises Failed where they are in service already, or nothing tells which they are.
        """
        wanted = {}
        for function, alias in self._aliases().items():
            version, weights = alias["FunctionVersion"], _weights(alias)
            mark = str(alias.get("Description", ""))
            before = mark.removeprefix(MARK) if mark.startswith(MARK) else version
            if before != version or weights:
                wanted[function] = before
        if not wanted:
            raise Failed("There is nothing to go back to: the versions from before the last release are in service.")
        if is_dry:
            self._say("Would put in service again: " + _listed(wanted))
            return
        failures = self._point_all(wanted)
        if failures:
            raise Failed(_not_back(failures))
        self._say("In service again: " + _listed(wanted))

    def _restore(self, versions: dict[str, str], cause: str) -> NoReturn:
        """Send every call back to some versions, and raise Failed with what came of it."""
        failures = self._point_all(versions)
        outcome = _not_back(failures) if failures else "All calls go to the versions of before."
        raise Failed(f"{cause.rstrip('.')}. {outcome}")

    def _point_all(self, versions: dict[str, str]) -> dict[str, str]:
        """Give each alias its version, and return those that would not take it, with the reasons."""
        failures = {}
        for function, version in versions.items():
            try:
                self._point(function, version, {})
            except account.failures() as error:
                failures[function] = str(error)
        return failures

    def _aliases(self) -> dict[str, dict[str, Any]]:
        found = {}
        for function in self._functions:
            try:
                found[function] = self._lambda.get_alias(FunctionName=f"{self._name}-{function}", Name=ALIAS)
            except self._lambda.exceptions.ResourceNotFoundException:
                continue
        return found

    def _refuse_half_shifts(self, aliases: dict[str, dict[str, Any]]) -> None:
        for function, alias in aliases.items():
            if _weights(alias):
                raise Failed(f"Another shift of {self._name}-{function} is under way; `release back` ends it.")

    def _published(self, function: str) -> list[str]:
        """Return the published versions of a function, the oldest first."""
        pages = self._lambda.get_paginator("list_versions_by_function").paginate(
            FunctionName=f"{self._name}-{function}"
        )
        numbers = [entry["Version"] for page in pages for entry in page["Versions"] if entry["Version"] != "$LATEST"]
        return sorted(numbers, key=int)

    def _point(self, function: str, version: str, weights: dict[str, float], **more: str) -> None:
        self._lambda.update_alias(
            FunctionName=f"{self._name}-{function}",
            Name=ALIAS,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
            **more,
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
        on = {alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"}
        fired = sorted(on - self._ignored)
        if fired:
            raise Failed(f"Alarm {', '.join(fired)} fired {moment}.")


def promote(stage: str, colour: str, domain: str | None, is_dry: bool = False) -> None:
    """Move the pages, and a domain if one is named, to a colour whose health was seen first. Raises Failed, Refused."""
    name = f"shopkeeper-{stage}-{colour}"
    api = account.api_id(name)
    base = account.url(api, stage)
    for path in HEALTH_PATHS:
        try:
            with urllib.request.urlopen(_request(base + path), timeout=15) as answer:  # noqa: S310  # the API's own address
                answer.read()
        except OSError as error:
            raise Failed(f"{name} is not healthy at {path} ({error}); the domain stays where it is.") from None
    print(pages.put_in_front(stage, colour, is_dry))
    if domain:
        _move(domain, name, api, stage, is_dry)


def _move(domain: str, name: str, api: str, stage: str, is_dry: bool) -> None:
    gateway = account.client("apigateway")
    mappings = gateway.get_base_path_mappings(domainName=domain).get("items", [])
    root = next((mapping for mapping in mappings if mapping["basePath"] in ("(none)", "")), None)
    if is_dry:
        print(f"Would let {domain} be served by {name}, which is healthy.")
        return
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


def _weights(alias: dict[str, Any]) -> dict[str, float]:
    weights: dict[str, float] = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return weights


def _not_back(failures: dict[str, str]) -> str:
    """Say which functions do not serve what they should."""
    named = "; ".join(f"{function}: {reason}" for function, reason in failures.items())
    return f"NOT back on the versions of before (repeat `release back`): {named}"


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{function} {version}" for function, version in versions.items())


def _percentages(text: str) -> list[int]:
    steps = [int(part) for part in text.split(",") if part]
    if steps != sorted(set(steps)) or not all(0 < step < 100 for step in steps):
        raise ValueError
    return steps


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="release", description=__doc__, formatter_class=argparse.RawTextHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("command", choices=["versions", "mark", "shift", "back", "promote"])
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("colour", choices=["blue", "green"])
    parser.add_argument("--steps", type=_percentages, help="percentages, rising; by default 10,50 in prod, else none")
    parser.add_argument("--pause", type=float, help="seconds to watch after each; by default 300 in prod, else 0")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--before", type=json.loads, default={}, help="what `release versions` said, for mark")
    parser.add_argument("--domain", help="a custom domain to move as well")
    asked = parser.parse_args(arguments)
    is_prod = asked.stage == "prod"
    asked.steps = ([10, 50] if is_prod else []) if asked.steps is None else asked.steps
    asked.pause = (PAUSE_SECONDS if is_prod else 0.0) if asked.pause is None else asked.pause
    return asked


def main(arguments: list[str]) -> None:
    """Run a command; what stopped it is said in one line, and exit status 1."""
    asked = _arguments(arguments)
    endings.listen()
    try:
        if asked.command == "promote":
            promote(asked.stage, asked.colour, asked.domain, asked.dry_run)
            return
        release = Release(asked.stage, asked.colour)
        match asked.command:
            case "versions":
                print(json.dumps(release.versions()))
            case "mark":
                release.mark(asked.before, asked.dry_run)
            case "shift":
                release.shift(asked.steps, asked.pause, asked.dry_run)
            case "back":
                release.back(asked.dry_run)
    except (Failed, Stopped, account.Refused) as failure:
        _end(failure)
    except account.failures() as failure:
        _end(failure)


def _end(failure: BaseException) -> NoReturn:
    print(f"release: {failure}", file=sys.stderr)
    raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
