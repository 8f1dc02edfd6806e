"""Pages and domain go from blue to green once green was seen to be healthy: against AWS services of our own."""

import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from tests.deploy.fake_front import FakeFront
from tests.deploy.fakes import Fake, Handler, serving

DOMAIN = "api.example.com"
MAPPINGS = f"/domainnames/{DOMAIN}/basepathmappings"


class FakeGateway(Fake):
    """Two colours of stage prod, whose health is as told, a distribution and a domain."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.apis = {"blueapi": "shopkeeper-prod-blue", "greenapi": "shopkeeper-prod-green"}
        self.mapping: dict[str, str] | None = {"basePath": "(none)", "restApiId": "blueapi", "stage": "prod"}
        self.unhealthy = ""
        self.seen: list[str] = []
        self.front = FakeFront()


class _Handler(Handler, BaseHTTPRequestHandler):
    server: FakeGateway

    def do_GET(self) -> None:
        host = str(self.headers["host"]).partition(".")[0]
        if host in self.server.apis:
            self.server.seen.append(f"{host} {self.path}")
            self.answer(503 if self.server.unhealthy and self.path.endswith(self.server.unhealthy) else 200, {})
        elif self.server.front.get(self):
            pass
        elif self.path.startswith("/restapis"):
            self.answer(200, {"item": [{"id": api, "name": name} for api, name in self.server.apis.items()]})
        else:
            assert self.path.startswith(MAPPINGS)
            self.answer(200, {"item": [self.server.mapping] if self.server.mapping else []})

    def do_PUT(self) -> None:
        self.server.front.put(self)

    def do_POST(self) -> None:
        if self.server.front.post(self):
            return
        assert self.path == MAPPINGS
        self.server.mapping = {"basePath": "(none)", **self.asked()}
        self.answer(201, self.server.mapping)

    def do_PATCH(self) -> None:
        assert self.path == f"{MAPPINGS}/%28none%29"
        mapping = self.server.mapping
        assert mapping is not None
        # API Gateway's API Reference, UpdateBasePathMapping: the paths are spelt exactly so.
        members = {"/restapiId": "restApiId", "/stage": "stage"}
        for change in self.asked()["patchOperations"]:
            assert change["op"] == "replace"
            mapping[members[change["path"]]] = change["value"]
        self.answer(200, mapping)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """The domain is blue's, and both colours are healthy."""
    with serving(FakeGateway()) as server:
        yield server


def promote(gateway: FakeGateway, colour: str = "green", *more: str) -> "subprocess.CompletedProcess[str]":
    return gateway.release("promote", "prod", colour, "--domain", DOMAIN, *more)


def served_by(gateway: FakeGateway) -> str | None:
    return gateway.mapping["restApiId"] if gateway.mapping else None


def test_the_domain_moves_to_the_other_colour_and_back(gateway: FakeGateway) -> None:
    done = promote(gateway)
    assert (done.returncode, served_by(gateway)) == (0, "greenapi"), done.stderr
    assert f"{DOMAIN} is served by shopkeeper-prod-green." in done.stdout
    assert promote(gateway, "blue").returncode == 0
    assert served_by(gateway) == "blueapi"


def test_the_pages_move_with_their_api_and_the_domain(gateway: FakeGateway) -> None:
    done = promote(gateway)
    assert (done.returncode, gateway.front.served()) == (0, ("green", "greenapi")), done.stderr
    assert "https://d1.cloudfront.net serves green" in done.stdout
    assert promote(gateway, "blue").returncode == 0
    assert gateway.front.served() == ("blue", "blueapi")


def test_the_pages_move_alone_where_no_domain_is_named(gateway: FakeGateway) -> None:
    done = gateway.release("promote", "prod", "green")
    assert (done.returncode, gateway.front.served()) == (0, ("green", "greenapi")), done.stderr
    assert served_by(gateway) == "blueapi"


def test_the_counters_url_moves_with_its_colour_or_goes(gateway: FakeGateway) -> None:
    gateway.front.urls = {"green": "green.lambda-url.us-east-1.on.aws"}
    by_gateway = {"/counter": ("api", False), "/auth/*": ("api", False)}
    assert promote(gateway).returncode == 0
    assert gateway.front.origins["counter"] == ("green.lambda-url.us-east-1.on.aws", "")
    assert gateway.front.behaviours == by_gateway | {"/counter": ("counter", True)}
    assert promote(gateway, "blue").returncode == 0
    assert set(gateway.front.origins) == {"pages", "api"}
    assert gateway.front.behaviours == by_gateway


def test_a_dry_run_moves_nothing(gateway: FakeGateway) -> None:
    done = promote(gateway, "green", "--dry-run")
    assert (done.returncode, done.stdout.count("Would let")) == (0, 2), done.stderr
    assert (gateway.front.served(), served_by(gateway)) == (("blue", "blueapi"), "blueapi")


def test_without_pages_in_the_bucket_nothing_moves(gateway: FakeGateway) -> None:
    gateway.front.uploaded.remove("green")
    done = promote(gateway)
    assert (done.returncode, gateway.front.served(), served_by(gateway)) == (1, ("blue", "blueapi"), "blueapi")
    assert "The pages of green are not in the bucket" in done.stderr


def test_a_domain_without_a_mapping_gets_one(gateway: FakeGateway) -> None:
    gateway.mapping = None
    assert promote(gateway).returncode == 0
    assert gateway.mapping == {"basePath": "(none)", "restApiId": "greenapi", "stage": "prod"}


@pytest.mark.parametrize("path", ["/health", "/health/detailed", "/auth/health"])
def test_what_is_not_healthy_gets_no_domain(path: str, gateway: FakeGateway) -> None:
    gateway.unhealthy = f"/prod{path}"
    done = promote(gateway)
    assert (done.returncode, served_by(gateway), gateway.front.served()) == (1, "blueapi", ("blue", "blueapi"))
    assert f"shopkeeper-prod-green is not healthy at {path}" in done.stderr
    assert gateway.seen
    assert all(call.startswith("greenapi ") for call in gateway.seen)


def test_a_colour_that_is_not_deployed_gets_no_domain(gateway: FakeGateway) -> None:
    del gateway.apis["greenapi"]
    done = promote(gateway)
    assert (done.returncode, served_by(gateway)) == (1, "blueapi")
    assert "no API called shopkeeper-prod-green" in done.stderr
    assert "Traceback" not in done.stderr
