"""Who may read the traffic of which site."""

import msgspec
import pytest

from shopkeeper.storage import Store
from tests.support.application import whole
from tests.support.visited import HOST, Visited

PATHS = ("", "/pages", "/live", "/export.csv", "/export.jsonl")
"""What is read of one site."""


@pytest.fixture
def site(store: Store) -> Visited:
    return Visited(store)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("reader", "of_host", "of_business"),
    [("root", 200, 200), ("ann", 404, 200), ("bob", 404, 404), ("nobody", 404, 404), ("", 401, 401)],
)
def test_owners_read_their_business_and_admins_every_site(
    site: Visited, path: str, reader: str, of_host: int, of_business: int
) -> None:
    business_id = site.with_people()
    for name, status in ((HOST, of_host), (business_id, of_business), ("elsewhere.example", None)):
        query = {"site": name}
        expected = status or (401 if not reader else 404)
        assert site.ask("GET", f"/api/traffic{path}", by=reader, query=query).status == expected, name


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("reader", ["root", "ann", "bob", ""])
def test_where_traffic_is_public_everybody_reads_every_site(store: Store, path: str, reader: str) -> None:
    site = Visited(store, TRAFFIC_PUBLIC="true")
    business_id = site.with_people()
    for name, status in ((HOST, 200), ("www.example.com", 200), (business_id, 200), ("elsewhere.example", 404)):
        assert site.ask("GET", f"/api/traffic{path}", by=reader, query={"site": name}).status == status, name


def test_without_a_name_it_is_the_own_business_or_else_the_first_host(site: Visited) -> None:
    business_id = site.with_people()
    assert site.read(reader="ann")["site"] == business_id
    assert site.read(reader="root")["site"] == HOST
    problem = msgspec.json.decode(whole(site.refused(reader="bob")))
    assert (problem["status"], problem["detail"]) == (404, "There is no site that you may read.")


def test_the_sites_that_one_may_read_are_listed(site: Visited) -> None:
    business_id = site.with_people()
    own = {"site": business_id, "name": "Café Zoë", "time_zone": "UTC"}
    host = {"site": HOST, "name": HOST, "time_zone": "UTC"}
    assert site.read("/sites", reader="ann") == {"sites": [own]}
    assert site.read("/sites", reader="root") == {"sites": [host]}
    assert site.read("/sites", reader="bob") == {"sites": []}
    assert site.ask("GET", "/api/traffic/sites").status == 401


def test_a_business_that_was_deleted_has_no_traffic(site: Visited) -> None:
    business_id = site.with_people()
    site.give("DELETE", f"/api/businesses/{business_id}", by="ann")
    assert site.refused(site=business_id).status == 404


def test_a_businesss_days_are_those_of_its_own_zone(site: Visited) -> None:
    business_id = site.with_people()
    site.give("PATCH", f"/api/businesses/{business_id}", {"time_zone": "Pacific/Kiritimati"}, by="ann")
    site.visit(n=business_id, origin="https://ann.example")
    answer = site.read(reader="ann", **{"from": "2026-11-22"})
    assert (answer["time_zone"], answer["totals"]["views"]) == ("Pacific/Kiritimati", 1)
    assert site.read(site=HOST)["totals"]["views"] == 0
