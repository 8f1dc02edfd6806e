"""A Lambda and a CloudWatch of our own, as far as a release uses them."""

import re
import signal
from http.server import BaseHTTPRequestHandler
from typing import Any

from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.facts import facts
from tests.deploy.fakes import Fake, Handler

NAMES = [function.name for function in FUNCTIONS]
PREFIX = "shopkeeper-prod-blue"
WRITTEN = ("errors", "latency", "throttles", "database")
"""The alarms that the descriptions have beside the declared ones."""

ALARMS = (*WRITTEN, *facts()["alarms"])


class FakeAws(Fake):
    """The parts of Lambda and CloudWatch that a release uses. An alarm fires from a given look on."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.versions = {name: ["1", "2"] for name in NAMES}
        self.aliases: dict[str, dict[str, Any]] = {name: _alias("1") for name in NAMES}
        self.history: list[tuple[str, str, dict[str, float]]] = []
        self.alarms = list(ALARMS)
        self.fires = "errors"
        self.fires_at_look = 10**6
        self.looks = 0
        self.refuses_update = 10**6
        self.refuses_always = ""
        self.ends_at_update: tuple[int, tuple[signal.Signals, ...]] | None = None

    def live(self) -> dict[str, str]:
        """Return the versions that the aliases name."""
        return {name: alias["FunctionVersion"] for name, alias in self.aliases.items()}

    def is_whole(self) -> bool:
        """Tell whether every alias sends all calls to one version."""
        return not any(alias["RoutingConfig"]["AdditionalVersionWeights"] for alias in self.aliases.values())

    def weights(self, function: str) -> list[tuple[str, dict[str, float]]]:
        """Return what a function's alias was set to, in order, after it was marked."""
        return [(version, weights) for name, version, weights in self.history if name == function][1:]


def _alias(version: str) -> dict[str, Any]:
    return {"Name": "live", "FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": {}}}


class _Handler(Handler, BaseHTTPRequestHandler):
    server: FakeAws

    def do_GET(self) -> None:
        found = re.fullmatch(rf"/2015-03-31/functions/{PREFIX}-([a-z]+)/(aliases/live|versions)(\?.*)?", self.path)
        if found is None or found[1] not in self.server.aliases:
            self.answer(404, {"Type": "User", "Message": "Function not found"}, "ResourceNotFoundException")
        elif found[2] == "versions":
            numbers = ["$LATEST", *self.server.versions[found[1]]]
            self.answer(200, {"Versions": [{"Version": number} for number in numbers]})
        else:
            self.answer(200, self.server.aliases[found[1]])

    def do_PUT(self) -> None:
        name = self.path.split(f"{PREFIX}-")[1].split("/")[0]
        asked = self.asked()
        weights = asked["RoutingConfig"]["AdditionalVersionWeights"]
        number = len(self.server.history)
        ending = self.server.ends_at_update
        if ending and number == ending[0] and self.server.process:
            for sent in ending[1]:
                self.server.process.send_signal(sent)
        if (number >= self.server.refuses_update and weights) or (
            name == self.server.refuses_always and not weights and number > 2 * len(NAMES)
        ):
            self.answer(400, {"Message": "no"}, "InvalidParameterValueException")
            return
        self.server.history.append((name, asked["FunctionVersion"], weights))
        self.server.aliases[name].update(asked)
        self.answer(200, self.server.aliases[name])

    def do_POST(self) -> None:
        """DescribeAlarms, in whichever of CloudWatch's protocols the client speaks."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        server = self.server
        server.looks += 1
        is_on = server.looks >= server.fires_at_look
        alarms = [
            {"AlarmName": f"{PREFIX}-{alarm}", "StateValue": "ALARM" if is_on and alarm == server.fires else "OK"}
            for alarm in server.alarms
        ]
        if "json" in self.headers.get("content-type", ""):
            self.answer(200, {"MetricAlarms": alarms, "CompositeAlarms": []})
            return
        members = "".join(
            f"<member><AlarmName>{a['AlarmName']}</AlarmName><StateValue>{a['StateValue']}</StateValue></member>"
            for a in alarms
        )
        body = (
            '<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>'
            f"<MetricAlarms>{members}</MetricAlarms></DescribeAlarmsResult></DescribeAlarmsResponse>"
        )
        self.send(200, body.encode(), "text/xml")
