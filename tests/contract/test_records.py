"""Typed records and lists of them, on each store: what is read is a struct, what is changed was read before."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from shopkeeper.storage import ABSENT, AlreadyExists, ExpectationFailed, Item, Store, Value
from shopkeeper.storage import listing as listings
from shopkeeper.storage.listing import Listing
from shopkeeper.storage.records import Records, scan, to_item
from tests.support.stores import ATOMIC, NOTES, PLAIN


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody."""

    name: str
    phone: str | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note, with a field that is stored under another name."""

    owner: str
    name: str
    topic: str = "work"
    text: str | None = None
    by: Person = Person(name="Ann")
    ends: int = msgspec.field(name="expires", default=0)
    version: int = 1


class Missing(Exception):
    """There is no such note."""


def notes(store: Store) -> Records[Note]:
    return Records(store, NOTES, Note, missing=Missing)


def test_a_record_is_read_as_it_was_written(store: Store) -> None:
    note = Note(owner="ann", name="a", by=Person(name="Bob", phone="+1"), ends=7)
    notes(store).insert(note)
    assert notes(store).get("ann", "a") == notes(store).require("ann", "a") == note
    assert (store.get(NOTES, {"owner": "ann", "name": "a"}) or {})["expires"] == 7
    with pytest.raises(AlreadyExists):
        notes(store).insert(note)


def test_a_record_that_is_not_there_is_none_or_the_error_of_its_domain(store: Store) -> None:
    assert notes(store).get("ann", "a") is None
    with pytest.raises(Missing):
        notes(store).require("ann", "a")


def test_many_records_come_in_the_order_of_their_ids_with_gaps(store: Store) -> None:
    class Plain(msgspec.Struct, frozen=True):
        id: str

    plain = Records(store, PLAIN, Plain)
    for name in "ab":
        plain.insert(Plain(name))
    assert plain.get_many(["b", "c", "a"]) == [Plain("b"), None, Plain("a")]
    plain.delete("a")
    plain.delete("a")
    assert plain.get_many(["a"]) == [None]


def test_a_change_writes_what_differs_and_the_next_version(store: Store) -> None:
    note = Note(owner="ann", name="a", text="old", by=Person(name="Ann", phone="+1"))
    changed, update = notes(store).revision(note, {"text": None, "ends": 5, "topic": "work"}, {"topic": "work"})
    assert changed == msgspec.structs.replace(note, text=None, ends=5, version=2)
    assert dict(update.changes.set) == {"text": None, "expires": 5, "version": 2}
    assert (update.key, update.expect) == ({"owner": "ann", "name": "a"}, {"topic": "work", "version": 1})
    notes(store).insert(note)
    assert notes(store).change(note, {"text": None, "ends": 5}) == changed
    assert notes(store).get("ann", "a") == changed


def test_a_change_keeps_attributes_that_the_record_does_not_know(store: Store) -> None:
    note = Note(owner="ann", name="a")
    store.put(NOTES, {**to_item(note), "later": "a newer version wrote this"})
    notes(store).change(note, {"text": "new"})
    assert (store.get(NOTES, {"owner": "ann", "name": "a"}) or {})["later"] == "a newer version wrote this"


@pytest.mark.parametrize("store", ATOMIC, indirect=True)
def test_of_changes_from_one_version_one_is_made(store: Store) -> None:
    note = Note(owner="ann", name="a")
    notes(store).insert(note)

    def change(number: int) -> bool:
        try:
            notes(store).change(note, {"text": str(number)})
        except ExpectationFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, range(8))) == 1
    assert notes(store).require("ann", "a").version == 2


def test_a_change_of_a_record_that_is_gone_creates_nothing(store: Store) -> None:
    with pytest.raises(ExpectationFailed):
        notes(store).change(Note(owner="ann", name="a"), {"text": "new"})
    assert notes(store).get("ann", "a") is None


def test_a_record_is_removed_in_the_version_that_was_read(store: Store) -> None:
    note = Note(owner="ann", name="a")
    notes(store).insert(note)
    changed = notes(store).change(note, {"text": "new"})
    with pytest.raises(ExpectationFailed):
        store.transact([notes(store).removal(note)])
    store.transact([notes(store).removal(changed)])
    assert notes(store).get("ann", "a") is None


def derived(note: Note) -> dict[str, Value]:
    """Return a note with an attribute that it has only as long as it has a text."""
    return to_item(note) | ({"draft": note.text} if note.text else {})


def test_a_derived_attribute_comes_and_goes_with_what_it_follows_from(store: Store) -> None:
    records = Records(store, NOTES, Note, write=derived)
    note = Note(owner="ann", name="a")
    records.insert(note)
    note = records.change(note, {"text": "new"})
    assert (store.get(NOTES, {"owner": "ann", "name": "a"}) or {})["draft"] == "new"
    records.change(note, {"text": None})
    assert "draft" not in (store.get(NOTES, {"owner": "ann", "name": "a"}) or {})


def test_a_former_form_is_read_by_a_function_and_replaced_whole(store: Store) -> None:
    def read(item: Item) -> Note:
        ours = item if "version" in item else {"owner": item["owner"], "name": item["name"], "version": 0}
        return msgspec.convert(ours, Note)

    records = Records(store, NOTES, Note, read=read)
    store.put(NOTES, {"owner": "ann", "name": "a", "colour": "red"})
    former = records.require("ann", "a")
    update = records.replacement(msgspec.structs.replace(former, version=1), {"version": ABSENT}, remove=("colour",))
    store.transact([update])
    assert store.get(NOTES, {"owner": "ann", "name": "a"}) == to_item(Note(owner="ann", name="a"))
    with pytest.raises(ExpectationFailed):
        store.transact([update])
    assert records.change(records.require("ann", "a"), {"text": "new"}).version == 2


def test_a_record_without_a_version_is_changed_once(store: Store) -> None:
    store.put(NOTES, {"owner": "ann", "name": "a"})
    former = Note(owner="ann", name="a", version=0)
    notes(store).change(former, {"text": "new"})
    with pytest.raises(ExpectationFailed):
        notes(store).change(former, {"text": "newer"})


def test_an_item_of_another_form_is_refused(store: Store) -> None:
    store.put(NOTES, {"owner": "ann", "name": "a", "version": "first"})
    with pytest.raises(msgspec.ValidationError):
        notes(store).get("ann", "a")


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with 25 notes about work, and one about something else."""
    for number in range(25):
        notes(store).insert(Note(owner=f"o{number}", name=f"{number:02}"))
    notes(store).insert(Note(owner="x", name="99", topic="play"))
    return store


def names(listing: Listing[Note], limit: int) -> list[list[str]]:
    """Return the names on each page of a list."""
    pages, after = [], None
    while True:
        found, after = listing.page(limit, after)
        pages.append([note.name for note in found])
        if after is None:
            return pages


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 24, 25, 100])
def test_pages_hold_every_record_of_the_partition_once(filled: Store, limit: int, descending: bool) -> None:
    pages = names(Listing(filled, notes(filled), "by-topic", "work", descending=descending), limit)
    expected = [f"{number:02}" for number in range(25)]
    assert [name for page in pages for name in page] == (expected[::-1] if descending else expected)
    assert all(len(page) == limit for page in pages[:-1])


def test_a_filter_is_shown_so_many_records_for_a_page(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "MOST_CANDIDATES", 10)
    monkeypatch.setattr(listings, "STEP", 4)
    shown: list[str] = []

    def keep(note: Note) -> bool:
        shown.append(note.name)
        return note.name in ("03", "12", "24")

    listing = Listing(filled, notes(filled), "by-topic", "work", keep=keep, monotonic=lambda: 0.0)
    assert names(listing, 5) == [["03"], ["12"], ["24"]]
    assert sorted(shown) == [f"{number:02}" for number in range(25)]


def test_a_filter_that_takes_long_ends_its_page_and_goes_on_with_the_next(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "STEP", 4)
    now = 0.0

    def keep(note: Note) -> bool:
        nonlocal now
        now += listings.SEARCH_SECONDS / 7
        return note.name in ("03", "12", "24")

    listing = Listing(filled, notes(filled), "by-topic", "work", keep=keep, monotonic=lambda: now)
    assert names(listing, 5) == [["03"], ["12"], [], ["24"]]
    now = 0.0
    unfiltered = Listing(filled, notes(filled), "by-topic", "work", monotonic=lambda: now + 1000)
    assert [len(page) for page in names(unfiltered, 100)] == [25]


def test_a_page_that_is_full_says_where_the_next_begins_and_the_last_that_there_is_none(filled: Store) -> None:
    listing = Listing(filled, notes(filled), "by-topic", "work", keep=lambda note: note.name in ("03", "12"))
    found, after = listing.page(1)
    assert ([note.name for note in found], after) == (["03"], {"owner": "o3", "name": "03", "topic": "work"})
    assert after is not None
    assert (after.keys(), listing.fixed) == (listing.shape.keys(), {"topic": "work"})
    assert [note.name for note in listing.page(1, after)[0]] == ["12"]


def test_a_list_may_begin_after_some_records(filled: Store) -> None:
    listing = Listing(filled, notes(filled), "by-topic", "work")
    assert [note.name for note in listing.page(2, skip=3)[0]] == ["03", "04"]
    assert listing.page(2, skip=25) == ([], None)


def test_a_scan_yields_every_item(filled: Store) -> None:
    for begin in (0, 100, 200):
        more = [Note(owner=f"more{number}", name="n") for number in range(begin, min(begin + 100, 230))]
        filled.transact([notes(filled).insertion(note) for note in more])
    assert len({str(item["owner"]) for item in scan(filled, NOTES)}) == 256
