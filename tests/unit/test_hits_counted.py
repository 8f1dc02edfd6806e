"""What a hit adds to its hour, and how many writes that takes; on both stores."""

import pytest

from shopkeeper.domains.traffic.salts import salt_key
from shopkeeper.storage import Store, StoreError
from shopkeeper.storage.tables import TRAFFIC, VISITORS
from tests.support.shops import Shop
from tests.support.traffic import CURL, ELSEWHERE, ORIGIN, Pages, Steps, check_sums, of_hours


@pytest.fixture
def pages(plain: Shop) -> Pages:
    return Pages(plain.store)


@pytest.fixture
def each_store(racing: Shop) -> Store:
    return racing.store


def test_an_entry_counts_its_visitor_source_campaign_country_and_device(each_store: Store) -> None:
    pages = Pages(each_store)
    assert (
        pages.send("/menu?utm_source=letter&utm_campaign=spring", referrer=ELSEWHERE, w=800, z="Europe/Berlin")
        == "Views"
    )
    found = of_hours(pages.store)
    assert (found.views, found.uniques, found.bots) == (1, 1, 0)
    assert found.counts == {
        "p": {"/menu": 1},
        "e": {"/menu": 1},
        "s": {"news.example": 1},
        "c": {"letter//spring": 1},
        "l": {"DE": 1},
        "b": {"Firefox": 1},
        "o": {"Windows": 1},
        "w": {"tablet": 1},
        "m": {"00": 1},
    }


@pytest.mark.parametrize("referrer", [f"{ORIGIN}/menu", "https://www.example.com/", "http://example.com:80/"])
def test_a_view_from_the_site_itself_counts_its_page_alone(pages: Pages, referrer: str) -> None:
    pages.wait(minutes=59)
    pages.send("/menu?utm_source=letter", referrer=referrer, w=800)
    found = of_hours(pages.store)
    assert (found.views, found.uniques, found.counts) == (1, 0, {"p": {"/menu": 1}, "m": {"55": 1}})


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("", "direct"),
        ("https://WWW.News.example/", "news.example"),
        ("https://user:secret@news.example:8443/x?y#z", "news.example:8443"),
        ("android-app://org.example.reader/", "org.example.reader"),
        ("about:blank", "direct"),
        ("https://", "direct"),
        ("https://a b/", "direct"),
        ("https://" + "x" * 101, "direct"),
        ("https://[", "["),
        ("https://\x00", "direct"),
    ],
)
def test_a_source_is_the_host_of_the_page_before(pages: Pages, referrer: str, source: str) -> None:
    pages.send(referrer=referrer)
    assert of_hours(pages.store).of("s") == {source: 1}


@pytest.mark.parametrize(
    ("query", "campaign"),
    [
        ("utm_source=a&utm_medium=b&utm_campaign=c", "a/b/c"),
        ("utm_source=a", "a"),
        ("ref=a", "a"),
        ("source=a", "a"),
        ("utm_source=a&ref=b", "a"),
        ("utm_campaign=c", "//c"),
        ("utm_source=a&utm_source=b", "a"),
        ("utm_source=a%0ab", "ab"),
        ("utm_source=%20a%20", "a"),
        ("x=1&page=2", ""),
        ("&".join(f"x{number}=1" for number in range(60)) + "&ref=a", ""),
    ],
)
def test_of_a_query_the_campaign_is_kept(pages: Pages, query: str, campaign: str) -> None:
    pages.send(f"/?{query}")
    found = of_hours(pages.store)
    assert (found.of("p"), found.of("c")) == ({"/": 1}, {campaign: 1} if campaign else {})


def test_an_event_counts_by_its_name_and_is_no_view(pages: Pages) -> None:
    assert pages.send(e=" signed up ") == "PageEvents"
    found = of_hours(pages.store)
    assert (found.views, found.uniques, found.counts) == (0, 0, {"n": {"signed up": 1}})


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"agent": CURL}, "tool"),
        ({"agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, "crawler"),
        ({"agent": ""}, "empty"),
        ({"b": 1}, "driven"),
        ({"headers": {"sec-purpose": "prefetch;prerender"}}, "prefetch"),
        ({"headers": {"purpose": "prefetch"}}, "prefetch"),
        ({"headers": {"x-moz": "prefetch"}}, "prefetch"),
        ({"referrer": "https://semalt.com/"}, "spam"),
        ({"agent": CURL, "e": "signed up"}, "tool"),
    ],
)
def test_a_bot_is_counted_apart_and_is_no_visitor(pages: Pages, sent: dict[str, object], reason: str) -> None:
    assert pages.send(**sent) == "BotHits"  # type: ignore[arg-type]
    found = of_hours(pages.store)
    check_sums(found)
    assert (found.views, found.uniques, found.bots, found.of("r")) == (0, 0, 1, {reason: 1})
    assert [item["visitor"] for item in pages.store.scan(VISITORS).items] == [salt_key("example.com")]


@pytest.mark.parametrize(("told", "country"), [("de", "DE"), ("XK", "XK"), ("", "FR"), ("GER", "FR"), ("?!", "FR")])
def test_a_country_comes_from_the_trusted_header_or_else_from_the_zone(pages: Pages, told: str, country: str) -> None:
    pages.send(z="Europe/Paris", headers={"cloudfront-viewer-country": told})
    assert of_hours(pages.store).of("l") == {country: 1}


def test_a_visitor_is_new_once_a_day_by_address_and_browser(pages: Pages) -> None:
    for address in ("203.0.113.1", "203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        pages.send(address=address)
    pages.send(agent="Mozilla/5.0 (X11; Linux x86_64; rv:60.0) Gecko/20100101 Firefox/60.0")
    pages.send(referrer=f"{ORIGIN}/", address="203.0.113.9")
    found = of_hours(pages.store)
    assert (found.views, found.uniques) == (8, 5)
    pages.wait(days=1)
    pages.send()
    assert of_hours(pages.store, "2026-11-22").uniques == 1


def test_an_internal_view_is_one_write_and_an_entry_two(each_store: Store) -> None:
    steps = Steps(each_store)
    pages = Pages(steps)

    def operations(**sent: str) -> list[tuple[str, str]]:
        before = len(steps.done)
        pages.send(**sent)  # type: ignore[arg-type]
        return steps.done[before:]

    first = operations()
    assert ("update", VISITORS.name) in first
    assert operations() == [("update", VISITORS.name), ("update", TRAFFIC.name)]
    assert operations(referrer=f"{ORIGIN}/") == [("update", TRAFFIC.name)]
    assert operations(agent=CURL) == [("update", TRAFFIC.name)]


def test_most_new_visitors_raise_no_register_and_cost_two_writes(each_store: Store) -> None:
    steps = Steps(each_store)
    pages = Pages(steps)
    for number in range(120):
        pages.send(address=f"203.0.113.{number}")
    before = len(steps.done)
    for number in range(20):
        pages.send(address=f"198.51.100.{number}")
    assert len(steps.done) - before < 20 * 3
    assert steps.of("get", TRAFFIC) <= 16, "each slice of the sketch is read once"


@pytest.mark.parametrize("replies_lost", [False, True])
def test_an_outage_at_any_step_is_told_and_sending_again_counts_no_visitor_twice(
    each_store: Store, replies_lost: bool
) -> None:
    trial = Steps(each_store)
    Pages(trial, sites=("trial.example",)).send(origin="https://trial.example")
    noted = len(trial.done) - trial.done[::-1].index(("update", VISITORS.name))
    for step in range(1, len(trial.done) + 1):
        site = f"s{step}.example"
        steps = Steps(each_store)
        steps.fails_at, steps.replies_lost = step, replies_lost
        pages = Pages(steps, sites=(site,))
        with pytest.raises(StoreError):
            pages.send(origin=f"https://{site}")
        is_last = step == len(trial.done)
        found = of_hours(each_store, site=site)
        check_sums(found)
        assert found.views == (1 if replies_lost and is_last else 0), "only a lost reply leaves a view that was counted"
        pages.send(origin=f"https://{site}")
        found = of_hours(each_store, site=site)
        check_sums(found)
        assert found.views == (2 if replies_lost and is_last else 1)
        was_seen = step > noted or (step == noted and replies_lost)
        assert found.uniques == (0 if was_seen and not (replies_lost and is_last) else 1)
