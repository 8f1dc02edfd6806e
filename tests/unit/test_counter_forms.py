"""The counter in other forms: posted, as a bare number, under another field's name, and as a badge."""

import xml.etree.ElementTree as ElementTree
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.visits.badge import COLORS, LABEL_COLOR, svg_of
from shopkeeper.domains.visits.model import Badge, Color
from shopkeeper.http import Response
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.tables import VISITOR_COUNTER
from tests.support.application import Shop, whole
from tests.support.things import ORIGIN

SVG = "{http://www.w3.org/2000/svg}"


def counting(store: Store, ids: str = "*") -> Shop:
    return Shop(store, COUNTER_IDS=ids, ALLOWED_ORIGINS=ORIGIN)


def counted(store: Store, name: str) -> Any:
    return (store.get(VISITOR_COUNTER, {"counter_id": name}) or {}).get("visit_count", 0)


def asked(shop: Shop, path: str, method: str = "GET", **query: str) -> Response:
    return shop.ask(method, path, query=query)


@pytest.mark.parametrize("path", ["/counter", "/counter/about", "/counter.txt", "/counter/about.txt"])
def test_a_post_counts_like_a_get(path: str, store: Store) -> None:
    shop = counting(store)
    answers = [asked(shop, path, method) for method in ("GET", "POST", "GET", "POST")]
    assert [answer.status for answer in answers] == [200] * 4
    assert [answer.metrics for answer in answers] == [{"Visits": 1}] * 4
    assert counted(store, "about" if "about" in path else "main_counter") == 4
    assert whole(answers[-1]) == b"4" or msgspec.json.decode(whole(answers[-1]))["count"] == 4


@pytest.mark.parametrize("body", [None, {"anything": 1}, "no object"])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain;charset=UTF-8", ""])
def test_what_is_posted_is_not_read(media_type: str, body: object, store: Store) -> None:
    answer = counting(store).ask("POST", "/counter", body, headers={"content-type": media_type})
    assert (answer.status, counted(store, "main_counter")) == (200, 1)


def test_pages_of_other_origins_may_post_json(store: Store) -> None:
    asks = {"origin": ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    for path in ("/counter", "/counter/about", "/counter.txt", "/counter/about.txt"):
        preflight = counting(store).ask("OPTIONS", path, headers=asks)
        assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/counter.txt", "/counter/about.txt", "/counter/main_counter.txt"])
def test_the_bare_number_is_text(path: str, store: Store) -> None:
    shop = counting(store)
    answers = [asked(shop, path) for _ in range(2)]
    assert [whole(answer) for answer in answers] == [b"1", b"2"]
    assert answers[0].headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in answers[0].headers["Cache-Control"]


@pytest.mark.parametrize("key", ["visits", "views", "view_count", "visitors", "Visitor Count", "visitor-counter", "N"])
@pytest.mark.parametrize("path", ["/counter", "/counter/about"])
def test_a_key_names_the_count_beside_all_that_is_told_anyway(path: str, key: str, store: Store) -> None:
    shop = counting(store)
    for count, method in enumerate(("GET", "POST"), 1):
        answer = asked(shop, path, method, key=key)
        told = msgspec.json.decode(whole(answer))
        assert (told[key], told["count"], told["status"], told["requestId"]) == (count, count, "success", "id")
        assert set(told) == {"count", "timestamp", "status", "requestId", key}
        assert answer.headers["Content-Type"] == "application/json"


def test_the_key_count_changes_nothing(store: Store) -> None:
    told = msgspec.json.decode(whole(asked(counting(store), "/counter", key="count")))
    assert set(told) == {"count", "timestamp", "status", "requestId"}


NO_KEYS = ["", "status", "timestamp", "requestId", "a" * 33, "1st", "_a", "a.b", 'a"', "<a>", "é", "__proto__"]


@pytest.mark.parametrize("key", NO_KEYS)
def test_a_key_that_is_no_name_is_refused_and_nothing_is_counted(key: str, store: Store) -> None:
    shop = counting(store)
    for path in ("/counter", "/counter/about"):
        assert asked(shop, path, key=key).status == 400
    assert counted(store, "main_counter") == counted(store, "about") == 0


NAMES: list[tuple[str, tuple[str, ...], str, str]] = [
    # COUNTER_IDS, counters that were counted before, the name that is asked for, the counter that is counted
    ("*", (), "about.txt", "about"),
    ("*", (), "a.b.txt", "a.b"),
    ("*", (), "notes.txt.txt", "notes.txt"),
    ("*", (), "about.TXT", "about.TXT"),
    ("*", (), "about.html", "about.html"),
    ("*", (), "v1.2", "v1.2"),
    ("*", (), ".txt", ".txt"),
    ("*", (), "..txt", "..txt"),
    ("*", (), "...txt", "...txt"),
    ("*", (), "txt", "txt"),
    ("*", ("notes.txt",), "notes.txt", "notes.txt"),
    ("*", ("logo.svg",), "logo.svg", "logo.svg"),
    ("*", ("feed.json",), "feed.json", "feed.json"),
    ("*", ("notes",), "notes.txt", "notes"),
    ("*,notes.txt", (), "notes.txt", "notes.txt"),
    ("about", (), "about.txt", "about"),
    ("about.txt", (), "about.txt", "about.txt"),
    ("about,about.svg", (), "about.svg", "about.svg"),
    ("about,about.json", (), "about.json", "about.json"),
]


@pytest.mark.parametrize(("ids", "before", "asks", "counts"), NAMES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_ending_is_a_form_only_if_no_counter_has_the_whole_name(
    method: str, ids: str, before: tuple[str, ...], asks: str, counts: str, store: Store
) -> None:
    for name in before:
        store.put(VISITOR_COUNTER, {"counter_id": name, "visit_count": 41})
    answer = asked(counting(store, ids), f"/counter/{asks}", method)
    assert (answer.status, counted(store, counts)) == (200, 42 if counts in before else 1)
    assert (whole(answer) in (b"1", b"42")) is (asks != counts), "a name of its own is answered as JSON"
    if asks != counts:
        assert store.get(VISITOR_COUNTER, {"counter_id": asks}) is None, "no counter takes the ending's meaning away"


@pytest.mark.parametrize("asks", ["other.txt", "other.svg", "other.json", "about.svg.svg", "about.html"])
def test_a_form_of_a_counter_that_is_not_kept_is_404(asks: str, store: Store) -> None:
    assert asked(counting(store, "about"), f"/counter/{asks}").status == 404


@pytest.mark.parametrize("ending", [".svg", ".json"])
def test_a_badge_cannot_be_posted(ending: str, store: Store) -> None:
    shop = counting(store)
    assert asked(shop, f"/counter/about{ending}", "POST").status == 404
    assert asked(shop, f"/counter{ending}", "POST").status == 403
    assert asked(shop, f"/counter/about{ending}").status == 200, "and no counter is made that hides the badge"
    assert counted(store, f"about{ending}") == counted(store, "about") == 0


@pytest.mark.parametrize("ids", ["*", "about"])
def test_a_badge_shows_the_count_and_never_counts(ids: str, store: Store) -> None:
    shop = counting(store, ids)
    for path, name in (("/counter", "main_counter"), ("/counter/about", "about"), ("/counter/main_counter", "site")):
        for shown in ("0", "1") if name != "site" else ("1",):
            drawn, told = asked(shop, f"{path}.svg"), asked(shop, f"{path}.json")
            assert f">{shown}</text>" in whole(drawn).decode()
            assert msgspec.json.decode(whole(told))["message"] == shown
            assert (drawn.metrics, told.metrics) == ({}, {})
            asked(shop, path) if shown == "0" else None


def test_a_badge_is_kept_for_a_minute_and_can_do_nothing(store: Store) -> None:
    shop = counting(store)
    for path in ("/counter", "/counter/about"):
        drawn, told = asked(shop, f"{path}.svg"), asked(shop, f"{path}.json")
        assert (drawn.headers["Content-Type"], told.headers["Content-Type"]) == ("image/svg+xml", "application/json")
        for answer in (drawn, told):
            assert answer.headers["Cache-Control"] == "public, max-age=60"
            assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_badge_has_the_fields_that_shields_reads_and_no_other(store: Store) -> None:
    told = asked(counting(store), "/counter.json", label="Views", color="green")
    wanted = {"schemaVersion": 1, "label": "Views", "message": "0", "color": "green", "cacheSeconds": 60}
    assert msgspec.json.decode(whole(told)) == wanted


@pytest.mark.parametrize(
    "query",
    [{"color": "pink"}, {"color": "#fff"}, {"color": '"/>'}, {"label": "a" * 41}, {"label": "a\nb"}, {"label": "\x00"}]
    + [{"label": sign} for sign in ("\u202e", "\u200b", "\ufffe", "\uffff", "\ud800")],
    ids=ascii,
)
def test_a_look_that_is_none_is_refused(query: dict[str, str], store: Store) -> None:
    for path in ("/counter.svg", "/counter.json", "/counter/about.svg"):
        assert asked(counting(store), path, **query).status == 400


class Away:
    """A store that is away."""

    kind = "sqlite"

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> None:
            raise StoreUnavailable("the table is away")

        return fail


@pytest.mark.parametrize("path", ["/counter.txt", "/counter.svg", "/counter.json", "/counter/a.txt", "/counter/a.svg"])
def test_no_number_is_shown_and_none_kept_while_the_store_is_away(path: str) -> None:
    away: Any = Away()
    answer = asked(counting(away), path)
    assert answer.status == 500
    assert "no-store" in answer.headers["Cache-Control"]


def drawing(label: str, message: str = "1234", color: Color = "blue") -> ElementTree.Element:
    return ElementTree.fromstring(svg_of(Badge(label=label, message=message, color=color, cache_seconds=60)))


def test_a_badge_says_its_text_to_a_screen_reader_once() -> None:
    svg = drawing("Coffee & cake")
    assert (svg.get("role"), svg.get("aria-label")) == ("img", "Coffee & cake: 1234")
    assert svg.findtext(f"{SVG}title") == "Coffee & cake: 1234"
    assert drawing("").get("aria-label") == "1234"


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn"]), max_size=40), st.integers(0, 10**15))
def test_whatever_its_label_a_badge_is_well_formed_and_its_texts_fit(label: str, count: int) -> None:
    svg = drawing(label, str(count))
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert texts == [text for text in (label, str(count)) if text.strip()]
    left, right = [(float(box.get("x", 0)), float(box.get("width", 0))) for box in svg.findall(f"{SVG}g/{SVG}rect")]
    assert left[1] + right[1] == float(svg.get("width", 0))
    halves = [half for half in (left, right) if half[1]]
    for text, (x, width) in zip(svg.iter(f"{SVG}text"), halves, strict=True):
        half = float(text.get("textLength", 0)) / 2
        middle = float(text.get("x", 0))
        assert x + 5 <= middle - half <= middle + half <= x + width - 5


def luminance(color: str) -> float:
    """Return the relative luminance of `#rrggbb` or `#rgb` (WCAG 2.2)."""
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_there_is_a_readable_colour_for_every_name() -> None:
    assert set(COLORS) == set(get_args(Color))
    for color in (*COLORS.values(), LABEL_COLOR):
        assert 1.05 / (luminance(color) + 0.05) >= 4.5
