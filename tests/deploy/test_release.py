"""A release moves calls in steps, watches the alarms, and goes back: against a Lambda and a CloudWatch of our own."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from shopkeeper.functions.facts import facts
from tests.deploy.fake_aws import NAMES, PREFIX, WRITTEN, FakeAws
from tests.deploy.fakes import serving
from tests.support.tools import ROOT

METRICS_ARE_LATE_SECONDS = 120


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """No signal is ignored, whoever started the tests: what is, a process inherits."""
    before = {ending: signal.getsignal(ending) for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for ending, handler in before.items():
        if handler is signal.SIG_IGN:
            signal.signal(ending, signal.SIG_DFL)
    yield
    for ending, handler in before.items():
        signal.signal(ending, handler)


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    """Two versions of every function, the first in service, and no alarm."""
    with serving(FakeAws()) as server:
        yield server


def shift(fake: FakeAws, *options: str) -> "subprocess.CompletedProcess[str]":
    return fake.release("shift", "prod", "blue", "--pause", "0", *options)


def test_calls_move_in_steps_and_stay(fake: FakeAws) -> None:
    done = shift(fake)
    assert done.returncode == 0, done.stderr
    assert fake.live() == dict.fromkeys(NAMES, "2")
    assert fake.is_whole()
    for name in NAMES:
        assert fake.weights(name) == [("1", {"2": 0.1}), ("1", {"2": 0.5}), ("2", {})]
    assert "10 % of the calls" in done.stdout
    assert fake.looks >= 4, "the alarms are looked at before, at each step and after"


@pytest.mark.parametrize("look", [1, 2, 3, 4])
def test_an_alarm_sends_every_call_back(fake: FakeAws, look: int) -> None:
    """At the first look nothing has moved yet, at the second a tenth, then a half, then everything."""
    fake.fires_at_look = look
    done = shift(fake)
    assert done.returncode == 1
    assert f"{PREFIX}-errors fired" in done.stderr
    assert done.stderr.count("\n") == 1
    assert fake.live() == dict.fromkeys(NAMES, "1")
    assert fake.is_whole()
    assert len(fake.weights("visits")) == (0 if look == 1 else look), "moved look - 1 times, and back"


@pytest.mark.parametrize(
    ("alarm", "version"),
    [
        ("order-expiry-dead-letters", "1"),
        ("order-expiry-dead-letters-age", "2"),
        ("orders-expired", "2"),
        ("webhooks-behind", "2"),
    ],
)
def test_an_alarm_that_says_little_about_new_code_stops_no_release(alarm: str, version: str, fake: FakeAws) -> None:
    fake.fires, fake.fires_at_look = alarm, 1
    assert shift(fake).returncode == (1 if version == "1" else 0)
    assert fake.live() == dict.fromkeys(NAMES, version)


ENDINGS = [
    (signal.SIGINT,),
    (signal.SIGTERM,),
    (signal.SIGHUP,),
    (signal.SIGTERM, signal.SIGHUP),
    (signal.SIGHUP, signal.SIGINT, signal.SIGTERM),
]


@pytest.mark.parametrize("update", [len(NAMES), len(NAMES) + 2, 2 * len(NAMES) + 2])
@pytest.mark.parametrize("ending", ENDINGS, ids=["+".join(one.name for one in ending) for ending in ENDINGS])
def test_whoever_ends_it_midway_every_call_goes_back(
    fake: FakeAws, ending: tuple[signal.Signals, ...], update: int
) -> None:
    fake.ends_at_update = (update, ending)
    done = shift(fake)
    assert done.returncode == 1
    assert re.search(
        rf"Stopped by ({'|'.join(one.name for one in ending)})\. All calls go to the versions of before\.", done.stderr
    )
    assert done.stderr.count("\n") == 1
    assert fake.live() == dict.fromkeys(NAMES, "1")
    assert fake.is_whole()


def test_one_that_no_closed_terminal_is_to_end_goes_on(fake: FakeAws) -> None:
    fake.ends_at_update = (7, (signal.SIGHUP,))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does, and processes inherit
    try:
        done = shift(fake)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert done.returncode == 0, done.stderr
    assert fake.live() == dict.fromkeys(NAMES, "2")


def test_one_that_will_not_go_back_keeps_no_other_from_it_and_is_named(fake: FakeAws) -> None:
    fake.fires_at_look = 3
    fake.refuses_always = "health"
    done = shift(fake)
    assert done.returncode == 1
    assert f"{PREFIX}-errors fired at 50 %" in done.stderr
    assert "NOT back on the versions of before (repeat `release back`): health" in done.stderr
    fake.refuses_always = ""
    assert [name for name in NAMES if fake.aliases[name]["RoutingConfig"]["AdditionalVersionWeights"]] == ["health"]
    assert fake.release("back", "prod", "blue").returncode == 0
    assert fake.live() == dict.fromkeys(NAMES, "1")
    assert fake.is_whole()


def test_a_failure_midway_sends_every_call_back(fake: FakeAws) -> None:
    fake.refuses_update = 3
    done = shift(fake)
    assert done.returncode == 1
    assert fake.live() == dict.fromkeys(NAMES, "1")
    assert fake.is_whole()


def test_nothing_is_shifted_unwatched(fake: FakeAws) -> None:
    fake.alarms = []
    done = shift(fake)
    assert done.returncode == 1
    assert "No alarm watches" in done.stderr
    assert fake.history == []


def test_what_is_newest_stays(fake: FakeAws) -> None:
    for alias in fake.aliases.values():
        alias["FunctionVersion"] = "2"
    done = shift(fake)
    assert done.returncode == 0
    assert fake.history == []


def test_versions_are_numbers_and_not_text(fake: FakeAws) -> None:
    fake.versions["visits"] = ["1", "9", "10"]
    assert shift(fake).returncode == 0
    assert fake.live()["visits"] == "10"


def test_a_shift_under_way_is_not_disturbed(fake: FakeAws) -> None:
    fake.aliases["orders"]["RoutingConfig"]["AdditionalVersionWeights"] = {"2": 0.1}
    done = shift(fake)
    assert done.returncode == 1
    assert "under way" in done.stderr
    assert fake.history == []


def test_back_is_at_once(fake: FakeAws) -> None:
    assert shift(fake).returncode == 0
    done = fake.release("back", "prod", "blue")
    assert done.returncode == 0, done.stderr
    assert fake.live() == dict.fromkeys(NAMES, "1")
    again = fake.release("back", "prod", "blue")
    assert again.returncode == 1
    assert fake.live() == dict.fromkeys(NAMES, "1")


def test_back_touches_only_what_the_last_release_moved(fake: FakeAws) -> None:
    assert shift(fake).returncode == 0
    fake.versions["orders"].append("3")
    assert shift(fake).returncode == 0
    assert fake.release("back", "prod", "blue").returncode == 0
    assert fake.live() == dict.fromkeys(NAMES, "2")


def test_back_passes_over_a_version_that_was_taken_back(fake: FakeAws) -> None:
    fake.fires_at_look = 3
    assert shift(fake).returncode == 1
    fake.fires_at_look = 10**6
    for name in NAMES:
        fake.versions[name].append("3")
    assert shift(fake).returncode == 0
    assert fake.release("back", "prod", "blue").returncode == 0
    assert fake.live() == dict.fromkeys(NAMES, "1")


def test_back_ends_a_shift_that_was_killed(fake: FakeAws) -> None:
    fake.ends_at_update = (12, (signal.SIGKILL,))
    assert shift(fake).returncode == -signal.SIGKILL
    assert not fake.is_whole()
    fake.ends_at_update = None
    assert fake.release("back", "prod", "blue").returncode == 0
    assert fake.live() == dict.fromkeys(NAMES, "1")
    assert fake.is_whole()


def in_service(fake: FakeAws, version: str) -> None:
    """Do what CodeDeploy does: shift by itself."""
    for alias in fake.aliases.values():
        alias["FunctionVersion"] = version


def test_back_knows_what_codedeploy_has_replaced(fake: FakeAws) -> None:
    before = fake.release("versions", "prod", "blue").stdout
    in_service(fake, "2")
    assert fake.release("mark", "prod", "blue", "--before", before).returncode == 0
    unchanged = fake.release("versions", "prod", "blue").stdout
    assert fake.release("mark", "prod", "blue", "--before", unchanged).returncode == 0, "a deployment of nothing new"
    assert fake.live() == dict.fromkeys(NAMES, "2")
    assert fake.release("back", "prod", "blue").returncode == 0
    assert fake.live() == dict.fromkeys(NAMES, "1")


def test_before_a_first_deployment_there_is_nothing_to_remember(fake: FakeAws) -> None:
    assert fake.release("mark", "prod", "blue", "--before", "{}").returncode == 0
    assert fake.history == []


@pytest.mark.parametrize("command", ["shift", "back", "mark"])
def test_a_dry_run_says_what_it_would_do_and_does_nothing(fake: FakeAws, command: str) -> None:
    if command == "back":
        assert shift(fake).returncode == 0
    before = len(fake.history)
    more = ["--before", '{"orders": "7"}'] if command == "mark" else []
    done = fake.release(command, "prod", "blue", "--dry-run", *more)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Would ")
    assert "orders" in done.stdout
    assert len(fake.history) == before


def test_the_pause_is_longer_than_any_alarm_needs() -> None:
    template = yaml.safe_load((ROOT / "infrastructure/serverless/resources/alarms.yml").read_text().replace("!", ""))
    alarms = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert len(alarms) == len(WRITTEN)
    declared = [alarm["seconds"] for alarm in facts()["alarms"].values() if alarm["stops_releases"]]
    slowest = max(*declared, *(60 * alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) for alarm in alarms))
    pause = re.search(r"PAUSE_SECONDS = ([\d.]+)", (ROOT / "scripts/release.py").read_text())
    assert pause is not None
    assert float(pause[1]) >= slowest + METRICS_ARE_LATE_SECONDS


def test_the_versions_in_service_are_told(fake: FakeAws) -> None:
    assert json.loads(fake.release("versions", "prod", "blue").stdout) == dict.fromkeys(NAMES, "1")
    fake.aliases.clear()
    assert json.loads(fake.release("versions", "prod", "blue").stdout) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["shift"],
        ["shift", "production", "blue"],
        ["shift", "prod", "purple"],
        ["shift", "prod", "blue", "--steps", "50,10"],
        ["shift", "prod", "blue", "--steps", "0,100"],
        ["promote", "prod"],
        ["mark", "prod", "blue", "--before", "nonsense"],
    ],
)
def test_a_wrong_call_changes_nothing(fake: FakeAws, arguments: list[str]) -> None:
    assert fake.release(*arguments).returncode == 2
    assert fake.history == []
