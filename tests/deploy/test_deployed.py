"""Each description really goes up by its own script, does everything, and comes down with nothing left."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import standardwebhooks
from botocore.credentials import Credentials

from shopkeeper.functions.facts import facts
from shopkeeper.pages.files import listed
from tests.deploy.counting import the_url_is_gone, the_url_is_the_distributions_alone
from tests.deploy.dead_letters import BATCH, Queue, invoke_later, redrive, unable
from tests.deploy.deployment import NAME, SETTINGS, Deployment
from tests.deploy.descriptions import NAMES
from tests.deploy.emulator import CANNOT, ministack
from tests.deploy.evening import an_evening_in_the_browser
from tests.deploy.front import fronted
from tests.deploy.journeys import JOURNEYS
from tests.deploy.mails import mails_are_sent
from tests.deploy.model import TABLE_ARN
from tests.deploy.operations import a_service, ask_signed, backlogs_are_told
from tests.deploy.retention import customers_are_forgotten
from tests.deploy.roles import Permission, Role, faults, unused
from tests.deploy.rotation import the_secret_is_rotated
from tests.deploy.traffic import traffic_is_counted
from tests.support.faults import FaultyServer, answers
from tests.support.http import post_json, send
from tests.support.shop import Owner, order_for, place
from tests.support.webhook_requests import fields

DELIVERED_WITHIN_SECONDS = 120


@pytest.fixture(scope="module", params=NAMES)
def description(request: pytest.FixtureRequest) -> str:
    """Each description in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def deployment(description: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """It, deployed by its script in stage dev, on an emulator of its own."""
    with ministack(tmp_path_factory.mktemp("aws")) as aws:
        deployed = Deployment(description, tmp_path_factory.mktemp(description), aws)
        deployed.deploy()
        yield deployed


@pytest.mark.step("deployed")
def test_its_script_deploys_it_and_says_where(deployment: Deployment) -> None:
    assert deployment.status == 0, deployment.output
    steps = [line for line in deployment.output.splitlines() if line.startswith("== ")]
    assert [step.split(":")[0] for step in steps][:3] == ["== the account", "== the data", "== the code"]
    assert steps[-1] == "== the API collection"
    assert f"Stage dev is deployed in blue: {deployment.url}" in deployment.output


@pytest.mark.step("deployed")
def test_it_counts_and_knows_its_tables(deployment: Deployment) -> None:
    counts = [deployment.call("GET", "/counter").json["count"] for _ in range(3)]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]
    health = deployment.call("GET", "/health/detailed")
    assert health.status == 200, health
    assert health.json["database"] == {"type": "dynamodb", "status": "connected"}


@pytest.mark.step("deployed")
def test_the_distribution_asks_the_counter_by_a_url_that_is_its_alone(deployment: Deployment) -> None:
    assert the_url_is_the_distributions_alone(deployment)
    with fronted(deployment) as url:
        first = send(url, "GET", "/counter").json["count"]
        assert post_json(url, "/counter", {}).json["count"] == first + 1, "what has a body goes to the gateway"
        assert send(url, "GET", "/counter.txt").body == str(first + 2).encode()
        assert send(url, "GET", "/counter/a/b").status == 403
    assert deployment.call("GET", "/counter").json["count"] == first + 3


@pytest.mark.step("deployed")
def test_uptime_monitors_may_ask_by_head(deployment: Deployment) -> None:
    answer = deployment.call("HEAD", "/health")
    assert (answer.status, answer.body) == (200, b"")
    assert deployment.call("HEAD", "/counter").status == 403


@pytest.mark.step("deployed")
def test_what_is_not_declared_is_the_gateways_403(deployment: Deployment) -> None:
    for method, path in [("GET", "/nothing"), ("DELETE", "/counter"), ("GET", "/api")]:
        answer = deployment.call(method, path)
        assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.step("consumers")
def test_an_order_that_nobody_accepts_expires_once_when_its_rule_invokes_the_function(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert deployment.expire_an_order(runs=2) == ["order.received", "order.expired"]
    assert deployment.run_schedule("order-expiry")


@pytest.mark.step("consumers")
def test_a_pause_ends_when_its_rule_invokes_the_function(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert deployment.end_a_pause() == [*["business.paused"] * 3, "business.resumed"]


@pytest.mark.step("consumers")
def test_an_order_reaches_a_webhook_by_the_stream(deployment: Deployment) -> None:
    with FaultyServer(answers(204, b"")) as server:
        owner = Owner(deployment.place)
        webhook = owner.ask("POST", f"/api/businesses/{owner.business_id}/webhooks", {"url": server.url}).json
        placed = place(owner, order_for(owner.add())).json
        ends = time.monotonic() + DELIVERED_WITHIN_SECONDS
        while not server.requests:
            assert time.monotonic() < ends
            time.sleep(0.05)
    request = server.requests[0]
    sent = standardwebhooks.Webhook(webhook["secret"]).verify(request.body, fields(request))
    assert (sent["type"], sent["data"]["subject"]) == ("order.received", placed["order_id"])


@pytest.mark.step("consumers")
def test_what_a_webhook_refuses_is_sent_again_by_the_schedule_and_by_a_replay(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert deployment.webhooks_are_sent()


@pytest.mark.step("deployed")
def test_a_picture_is_uploaded_shown_and_taken_away(deployment: Deployment) -> None:
    """Under the role of the function alone. The distribution is not asked: the emulator serves none."""
    assert deployment.show_a_picture()


@pytest.mark.step("deployed")
def test_its_distribution_has_the_pages_and_its_own_api(deployment: Deployment) -> None:
    """What it serves of them is not asked: the emulator serves nothing through it."""
    assert set(deployment.files("pages/")) == {f"pages/blue/{name}" for name in listed()}
    fronts = deployment.fronts()
    assert fronts.pop("counter").endswith(".lambda-url.us-east-1.on.aws")
    assert fronts == {"pages": "/pages/blue", "api": deployment.aws.api(NAME)}


@pytest.mark.step("deployed")
def test_people_use_its_pages_from_a_new_account_to_an_order_that_is_over(deployment: Deployment) -> None:
    """The files are those in its bucket and the API is its own; what joins them stands for the distribution."""
    assert an_evening_in_the_browser(deployment) == []


@pytest.mark.step("consumers")
def test_hits_are_counted_read_shared_closed_and_told_by_mail(deployment: Deployment) -> None:
    """Under the roles of the functions alone."""
    assert traffic_is_counted(deployment)


@pytest.mark.step("consumers")
def test_the_customers_of_a_deleted_business_are_forgotten(deployment: Deployment) -> None:
    assert customers_are_forgotten(deployment)


@pytest.mark.step("consumers")
def test_an_order_and_a_reset_are_told_by_mail(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert mails_are_sent(deployment)


@pytest.mark.step("deployed")
def test_an_operators_service_is_told_what_waits_if_it_signs_its_call(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert backlogs_are_told(deployment)
    with a_service(deployment, "execute-api:Invoke") as service:
        assert ask_signed(deployment, service).status == 200
        assert ask_signed(deployment, Credentials(service.access_key, "a guess")).status == 403
    with a_service(deployment) as stranger:
        assert ask_signed(deployment, stranger).status == 403
    for key in ("", "guessed-guessed-guessed"):
        assert ask_signed(deployment, key=key).status == 403


@pytest.mark.step("deployed")
def test_what_the_environment_sets_reaches_the_functions(deployment: Deployment) -> None:
    owner = Owner(deployment.place)
    order = place(owner, order_for(owner.add())).json
    times = [datetime.fromisoformat(order[name]) for name in ("created_at", "accept_until")]
    assert times[1] - times[0] == timedelta(seconds=int(SETTINGS["ORDER_ACCEPT_SECONDS"]))
    configured = deployment.aws.client("lambda").get_function_configuration(FunctionName=f"{NAME}-visits")
    variables = configured["Environment"]["Variables"]
    assert variables["COUNTER_RETENTION_DAYS"] == SETTINGS["COUNTER_RETENTION_DAYS"]
    assert variables["LOG_LEVEL"] == ""
    assert variables["LOG_DETAIL"] == SETTINGS["LOG_DETAIL"]


@pytest.mark.step("deployed")
def test_its_logs_have_the_filters_that_count(deployment: Deployment) -> None:
    """The emulator keeps filters and counts nothing: what they count is looked at in `tests/unit/test_queries.py`."""
    logs = deployment.aws.client("logs")
    for name, one in facts()["filters"].items():
        group = f"/aws/lambda/{NAME}-{one['function']}"
        (found,) = logs.describe_metric_filters(logGroupName=group, filterNamePrefix=f"{NAME}-{name}")["metricFilters"]
        assert found["filterPattern"] == one["pattern"]
        made = {"metricNamespace": f"Shopkeeper/{one['service']}/dev", "metricName": one["metric"]}
        (counted,) = found["metricTransformations"]
        assert {**counted, **made, "metricValue": one["value"]} == counted


@pytest.mark.step("consumers")
def test_what_fails_of_a_schedule_has_a_queue_to_go_to(deployment: Deployment) -> None:
    """The emulator takes all of it; that a message arrives there is AWS's matter.

    Lambda has one queue for the failed runs of a function, whichever of its schedules asked for them.
    """
    events, functions, queues = (deployment.aws.client(name) for name in ("events", "lambda", "sqs"))
    for name, schedule in facts()["schedules"].items():
        queue = f"{NAME}-{schedule['dead_letters']}"
        url = queues.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["MessageRetentionPeriod"] == str(14 * 24 * 60 * 60)
        assert f"rule/{NAME}-{name}" in attributes["Policy"]
        (target,) = events.list_targets_by_rule(Rule=f"{NAME}-{name}")["Targets"]
        assert target["Arn"].endswith(f":{NAME}-{schedule['function']}:live")
        assert json.loads(target["Input"]) == schedule["input"]
        config = functions.get_function_event_invoke_config(
            FunctionName=f"{NAME}-{schedule['function']}", Qualifier="live"
        )
        failures = facts()["functions"][schedule["function"]]["failures"]
        assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(f":{NAME}-{failures}")


@pytest.mark.step("consumers")
def test_what_fails_three_times_waits_in_its_queue_until_it_is_run_again(deployment: Deployment) -> None:
    queue = Queue(deployment, "order-expiry")
    event = {"schedule": "order-expiry"}
    with unable(deployment, "orders"):
        invoke_later(deployment, "orders", event)
        letter = queue.await_letter()
        assert (letter["requestPayload"], letter["requestContext"]["condition"]) == (event, "RetriesExhausted")
        failed = redrive(deployment, "order-expiry")
        assert failed.returncode == 1
        assert f"stays, for {NAME}-orders failed: " in failed.stdout
    dry = redrive(deployment, "order-expiry", "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert 'would run {"schedule": "order-expiry"}' in dry.stdout
    assert queue.letters() == [letter]
    done = redrive(deployment, "order-expiry")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'ran {"schedule": "order-expiry"}' in done.stdout
    assert queue.letters() == []


@pytest.mark.step("consumers")
def test_letters_of_rules_and_streams_run_the_schedule_that_finds_what_was_missed(deployment: Deployment) -> None:
    of_rule, of_stream = Queue(deployment, "mail-missed"), Queue(deployment, "webhook-events")
    of_rule.send({"source": "aws.events", "detail-type": "Scheduled Event"}, rule="mail-missed")
    of_stream.send(BATCH)
    done = redrive(deployment, "mail-missed", "webhook-events")
    assert (done.returncode, done.stderr) == (0, "")
    assert 'ran {"schedule": "mail-missed"}' in done.stdout
    assert 'ran {"schedule": "webhook-retries"}' in done.stdout
    assert [*of_rule.letters(), *of_stream.letters()] == []


@pytest.mark.step("consumers")
def test_a_letter_that_nothing_can_run_stays_and_holds_up_the_others_unless_asked(deployment: Deployment) -> None:
    queue = Queue(deployment, "pause-end")
    strange, good = {"order": "66"}, {"requestPayload": {"schedule": "pause-end"}}
    queue.send(strange)
    queue.send(good)
    assert redrive(deployment, "pause-end").returncode == 1
    assert sorted(map(str, queue.letters())) == sorted(map(str, (strange, good)))
    done = redrive(deployment, "pause-end", "--keep-going")
    assert done.returncode == 1
    assert "stays, for it is not a letter of Lambda or of a rule" in done.stdout
    assert queue.letters() == [strange]


@pytest.mark.step("deployed")
def test_the_secret_is_nowhere_to_be_read(deployment: Deployment) -> None:
    secret = deployment.aws.client("secretsmanager").get_secret_value(SecretId="shopkeeper/dev/jwt")["SecretString"]
    assert len(secret) == 64
    assert secret not in deployment.output
    for function in deployment.aws.client("lambda").list_functions()["Functions"]:
        assert secret not in str(function)
    written = [path for path in deployment.root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in written if secret.encode() in path.read_bytes()]


@pytest.mark.step("deployed")
def test_a_second_deployment_changes_nothing_that_is_in_service(deployment: Deployment) -> None:
    before = deployment.live_versions()
    ann = {"email": "stays@example.com", "password": "correct horse battery", "name": "Ann"}
    assert deployment.call("POST", "/api/auth/register", ann).status == 201
    fronts = deployment.fronts()
    deployment.deploy()
    assert deployment.status == 0, deployment.output
    assert deployment.live_versions() == before
    assert deployment.fronts() == fronts
    assert deployment.call("POST", "/api/auth/register", ann).json["code"] == "already_registered"


@pytest.mark.step("collection")
def test_the_whole_api_collection_passes(deployment: Deployment) -> None:
    deployment.complete_preflights()
    assert deployment.collection() == set(CANNOT)


@pytest.mark.step("collection")
def test_the_stage_holds_in_depth(deployment: Deployment) -> None:
    deployment.complete_preflights()
    done = deployment.in_depth()
    assert done.returncode == 0, done.stdout[-5000:]
    assert " skipped" not in done.stdout


@pytest.mark.step("collection")
def test_a_mistyped_path_has_a_preflight_and_nothing_else(deployment: Deployment) -> None:
    deployment.complete_preflights()
    for path in ("/nothing", "/api/item/7", "/counter/a/b"):
        preflight = deployment.call("OPTIONS", path)
        assert preflight.status == 200, preflight
        assert preflight.headers["access-control-allow-methods"] == "DELETE, GET, PATCH, POST, OPTIONS"
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = deployment.call(method, path)
            assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.step("deployed")
def test_each_permission_is_needed_by_a_call_that_is_refused_without_it(deployment: Deployment) -> None:
    """Of every role as it is deployed. The journeys are repeated only as long as calls are missing.

    The last journey is a rotation of the secret. For a minute after it functions may not know the new key, so all other
    tests come before.
    """
    for journey in JOURNEYS:
        if not unused(deployment):
            break
        journey(deployment)
    assert unused(deployment) == []
    assert list(faults(deployment)) == []


@pytest.mark.step("deployed")
def test_a_permission_that_is_granted_in_vain_or_twice_is_found(deployment: Deployment) -> None:
    role = Role(deployment, "visits")
    in_vain, twice = Permission("dynamodb:Scan", f"{TABLE_ARN}orders-dev"), Permission("dynamodb:GetItem", "*")
    more = [{"Effect": "Allow", "Action": [one.action], "Resource": [one.resource]} for one in (in_vain, twice)]
    try:
        role.allow({**role.document, "Statement": [*role.document["Statement"], *more]})
        assert f"visits: {in_vain.action} on {in_vain.resource}" in unused(deployment)
        found = list(faults(deployment, ["visits"]))
    finally:
        role.allow(role.document)
    assert [fault for fault in found if fault.startswith(f"visits: {in_vain.action}")]
    assert [fault for fault in found if fault.startswith(f"visits: {twice.action} on {TABLE_ARN}visitor-counter-dev")]


@pytest.mark.step("deployed")
def test_the_secret_is_rotated_and_nobody_is_signed_out(deployment: Deployment) -> None:
    """Under the role of the function alone."""
    assert the_secret_is_rotated(deployment)


@pytest.mark.step("deployed")
def test_the_gateway_takes_the_counter_back(deployment: Deployment) -> None:
    first = deployment.call("GET", "/counter").json["count"]
    fronts = deployment.fronts()
    deployment.deploy("--no-collection", FRONT="gateway")
    assert deployment.status == 0, deployment.output
    assert fronts.pop("counter")
    assert deployment.fronts() == fronts
    assert the_url_is_gone(deployment)
    assert deployment.call("GET", "/counter").json["count"] == first + 1


@pytest.mark.step("removed")
def test_it_comes_down_with_nothing_left(deployment: Deployment) -> None:
    assert deployment.aws.left_over()
    deployment.remove()
    assert deployment.aws.left_over() == {}
