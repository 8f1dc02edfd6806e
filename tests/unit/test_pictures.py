"""Which picture an item may show, on every store: a picture that is shown is there, and nobody else's can be shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopkeeper.domains.businesses.model import BusinessClosing
from shopkeeper.domains.catalogue import pictures as pictures_module
from shopkeeper.domains.catalogue.backfill import remove_unshown
from shopkeeper.domains.catalogue.forms import open_form, sealed_form
from shopkeeper.domains.catalogue.model import Item, ItemChange, ItemChanged
from shopkeeper.domains.catalogue.picture_model import (
    NewPicture,
    PictureMissing,
    PicturesNotConfigured,
    PictureUpload,
    TooManyPictures,
)
from shopkeeper.domains.catalogue.pictures import Pictures
from shopkeeper.domains.catalogue.removal import Removal
from shopkeeper.domains.catalogue.service import Catalogue
from shopkeeper.http import NotFound
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.pictures import UploadForm
from shopkeeper.storage.pictures.folder import PictureFolder
from shopkeeper.storage.tables import BUSINESSES
from tests.support.lagging import settle
from tests.support.pictures import EXTENSIONS, PICTURES, PNG
from tests.support.shops import Shop
from tests.unit.test_picture_types import ITEM, OWN

LONG_AGO = "01a00000-0000-7000-8000-000000000000"
NEW = NewPicture(media_type="image/png", size=1000)


class Away(PictureFolder):
    """A folder that is away while it is told to be."""

    is_away = False

    def remove(self, name: str) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        super().remove(name)


class Gallery(Shop):
    """A shop whose items have pictures in a folder. Its clock begins at the present time, as names do."""

    def __init__(self, store: Store, shelf: PictureFolder | None, url: str = "") -> None:
        super().__init__(store)
        self.now = datetime.now(UTC)
        self.pictures = Pictures(store, self.clock, self.keyring, lambda: shelf, url)
        self.catalogue = Catalogue(store, self.clock, self.pictures)
        self.kept = shelf or PictureFolder(Path("nowhere"))

    def start(self, item_id: str, media_type: str = "image/png") -> PictureUpload:
        new = msgspec.convert({"media_type": media_type, "size": 1000}, NewPicture)
        return self.pictures.start(self.catalogue.own(self.owner, item_id), new)

    def upload(self, item_id: str, content: bytes = PNG) -> str:
        """Ask for a form and put the picture where it will be, whoever took it."""
        name = self.start(item_id).picture
        self.kept.write(name, content)
        return name

    def show(self, item_id: str, name: str | None) -> Item:
        return self.catalogue.change(self.catalogue.own(self.owner, item_id), ItemChange(picture=name))

    def count(self) -> Any:
        return (self.store.get(BUSINESSES, {"business_id": self.business_id}) or {}).get("picture_count", 0)


@pytest.fixture
def shelf(tmp_path: Path) -> Away:
    return Away(tmp_path / "pictures")


@pytest.fixture
def gallery(shop_store: Store, shelf: Away) -> Gallery:
    return Gallery(shop_store, shelf)


@pytest.fixture
def local(tmp_path: Path, shelf: Away) -> Iterator[Gallery]:
    """The same on SQLite alone, for what does not depend on the store."""
    from shopkeeper.storage.sqlite import SQLiteStore
    from shopkeeper.storage.tables import TABLES

    store = SQLiteStore(tmp_path / "shop.db", TABLES)
    yield Gallery(store, shelf)
    store.close()


def test_an_item_shows_the_picture_that_was_uploaded_with_its_form(gallery: Gallery) -> None:
    before = gallery.catalogue.get(gallery.item)
    assert (before.picture, before.picture_url) == (None, None)
    name = gallery.upload(gallery.item)
    shown = gallery.show(gallery.item, name)
    assert (shown.picture, shown.picture_url) == (name, f"/pictures/{name}")
    assert gallery.catalogue.get(gallery.item) == shown
    settle(gallery.store)
    listed, _ = gallery.catalogue.listing(gallery.business_id, None).page(10)
    assert gallery.catalogue.shown(listed) == [shown]
    assert gallery.orders.listing(gallery.owner, gallery.business_id, None) is not None


def test_another_picture_takes_its_place_and_the_former_one_goes(gallery: Gallery) -> None:
    first, second = gallery.upload(gallery.item), gallery.upload(gallery.item)
    gallery.show(gallery.item, first)
    gallery.show(gallery.item, second)
    assert list(gallery.kept.names()) == [second]
    gallery.show(gallery.item, second)
    assert list(gallery.kept.names()) == [second], "to say the same again changes nothing"
    assert gallery.show(gallery.item, None).picture_url is None
    assert list(gallery.kept.names()) == []


def test_a_picture_that_was_shown_once_is_not_shown_again_since_it_may_be_gone_any_moment(gallery: Gallery) -> None:
    first, second = gallery.upload(gallery.item), gallery.upload(gallery.item)
    gallery.show(gallery.item, second)
    with pytest.raises(PictureMissing, match="or a newer one"):
        gallery.show(gallery.item, first)
    gallery.show(gallery.item, None)
    with pytest.raises(PictureMissing, match="or a newer one"):
        gallery.show(gallery.item, second)
    assert gallery.catalogue.get(gallery.item).picture is None
    third = gallery.upload(gallery.item)
    assert gallery.show(gallery.item, third).picture == third


def test_of_two_that_give_an_item_a_picture_at_once_one_is_refused_and_the_other_is_there(gallery: Gallery) -> None:
    names = [gallery.upload(gallery.item) for _ in range(2)]
    read = gallery.catalogue.own(gallery.owner, gallery.item)
    gallery.catalogue.change(read, ItemChange(picture=names[0]))
    with pytest.raises(ItemChanged):
        gallery.catalogue.change(read, ItemChange(picture=names[1]))
    assert gallery.catalogue.get(gallery.item).picture == names[0]
    assert names[0] in list(gallery.kept.names())


def test_what_cannot_be_shown_is_refused_and_changes_nothing(local: Gallery) -> None:
    other = local.add("Coffee")
    foreign = local.upload(other)
    not_uploaded = local.start(local.item).picture
    no_picture = local.start(local.item).picture
    local.kept.write(no_picture, b"<script>alert(1)</script>")
    other_kind = local.start(local.item).picture
    local.kept.write(other_kind, PICTURES["image/jpeg"])
    made_up = f"{local.item}/{LONG_AGO}.png"
    for name, why in [
        (foreign, "of another item"),
        (not_uploaded, "has not been uploaded"),
        (no_picture, "not a picture of the type"),
        (other_kind, "not a picture of the type"),
        (made_up, "too long ago"),
    ]:
        with pytest.raises(PictureMissing, match=why):
            local.show(local.item, name)
    assert local.catalogue.get(local.item).version == 1


def test_a_picture_is_given_to_its_item_within_an_hour(local: Gallery) -> None:
    name = local.upload(local.item)
    local.now = datetime.now(UTC)  # its clock stands still, and the name has the time of the upload
    local.wait(3601)
    with pytest.raises(PictureMissing, match="too long ago"):
        local.show(local.item, name)


@pytest.mark.parametrize("media_type", PICTURES)
def test_the_name_has_the_kind_of_the_picture(media_type: str, local: Gallery) -> None:
    made = local.start(local.item, media_type)
    assert made.picture.startswith(f"{local.item}/")
    assert made.picture.endswith(f".{EXTENSIONS[media_type]}")
    assert made.upload.fields == {"key": made.picture, "Content-Type": media_type}
    assert datetime.fromisoformat(made.expires_at) - local.now.replace(microsecond=0) <= timedelta(seconds=601)


def test_where_no_pictures_are_kept_it_is_said_so_and_items_do_without(local: Gallery) -> None:
    bare = Gallery.__new__(Gallery)
    bare.__dict__.update(local.__dict__)
    bare.pictures = Pictures(local.store, local.clock, local.keyring, lambda: None, "")
    bare.catalogue = Catalogue(local.store, local.clock, bare.pictures)
    with pytest.raises(PicturesNotConfigured):
        bare.start(bare.item)
    with pytest.raises(PicturesNotConfigured):
        bare.show(bare.item, f"{bare.item}/{OWN}.png")
    assert bare.show(bare.item, None).picture is None
    bare.catalogue.delete(bare.catalogue.own(bare.owner, bare.item))
    bare.delete()


def test_with_a_url_of_their_own_pictures_have_whole_addresses(local: Gallery) -> None:
    local.pictures = Pictures(local.store, local.clock, local.keyring, lambda: local.kept, "https://pictures.example")
    local.catalogue = Catalogue(local.store, local.clock, local.pictures)
    made = local.start(local.item)
    assert made.upload.url.startswith("https://pictures.example/pictures?form=")
    local.kept.write(made.picture, PNG)
    assert local.show(local.item, made.picture).picture_url == f"https://pictures.example/pictures/{made.picture}"


def test_only_so_many_items_of_a_business_have_pictures(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures_module, "MOST_PICTURES", 2)
    items = [gallery.item, gallery.add("Coffee"), gallery.add("Cake")]
    for _ in range(2):
        for item in items[:2]:
            gallery.start(item)
    assert gallery.count() == 2
    with pytest.raises(TooManyPictures):
        gallery.start(items[2])
    gallery.catalogue.delete(gallery.catalogue.own(gallery.owner, items[0]))
    assert gallery.count() == 1
    gallery.start(items[2])
    assert gallery.count() == 2
    version = gallery.catalogue.get(items[2]).version
    assert version == 1, "a client may change the item as it was"


def test_an_item_that_began_to_have_pictures_meanwhile_is_not_deleted_as_one_without(gallery: Gallery) -> None:
    read = gallery.catalogue.own(gallery.owner, gallery.item)
    gallery.start(gallery.item)
    with pytest.raises(ItemChanged):
        gallery.catalogue.delete(read)
    gallery.catalogue.delete(gallery.catalogue.own(gallery.owner, gallery.item))
    assert gallery.count() == 0


def test_a_deleted_item_takes_its_pictures_along_also_those_that_it_never_showed(gallery: Gallery) -> None:
    other = gallery.add("Coffee")
    kept = gallery.upload(other)
    gallery.show(gallery.item, gallery.upload(gallery.item))
    gallery.upload(gallery.item)
    gallery.catalogue.delete(gallery.catalogue.own(gallery.owner, gallery.item))
    assert list(gallery.kept.names()) == [kept]


def test_a_deleted_business_takes_its_pictures_along(gallery: Gallery) -> None:
    for name in ("Coffee", "Cake"):
        item = gallery.add(name)
        gallery.show(item, gallery.upload(item))
    gallery.upload(gallery.item)
    settle(gallery.store)
    Removal(gallery.store, gallery.pictures).remove_listed(gallery.business_id)
    assert gallery.item_ids() == set()
    assert list(gallery.kept.names()) == []


def test_a_closing_business_gets_no_form(local: Gallery) -> None:
    item = local.catalogue.own(local.owner, local.item)
    record = local.store.get(BUSINESSES, {"business_id": local.business_id}) or {}
    local.store.put(BUSINESSES, {**record, "closing_since": "2026-11-28T12:00:00.000Z"})
    with pytest.raises(BusinessClosing):
        local.pictures.start(item, NEW)


def test_others_get_no_form(local: Gallery) -> None:
    from shopkeeper.http import Caller

    with pytest.raises(NotFound):
        local.catalogue.own(Caller("somebody"), local.item)


def test_pictures_that_could_not_be_removed_are_found_by_a_backfill_and_no_others(
    gallery: Gallery, shelf: Away
) -> None:
    first, second = gallery.upload(gallery.item), gallery.upload(gallery.item)
    gallery.show(gallery.item, first)
    shelf.is_away = True
    assert gallery.show(gallery.item, second).picture == second, "the change counts, whatever is left"
    shelf.is_away = False
    waiting = gallery.upload(gallery.item)
    orphan = f"{ITEM}/{LONG_AGO}.png"
    shelf.write(orphan, PNG)
    now = datetime.now(UTC)
    assert remove_unshown(gallery.store, shelf, now) == 1, "what may still be given to its item stays"
    assert set(shelf.names()) == {first, second, waiting}
    assert remove_unshown(gallery.store, shelf, now + timedelta(hours=1.5)) == 0
    assert remove_unshown(gallery.store, shelf, now + timedelta(hours=2.1)) == 2
    assert list(shelf.names()) == [second]


def test_a_seal_is_good_for_one_picture_and_ten_minutes(local: Gallery) -> None:
    name, now = f"{ITEM}/{OWN}.png", local.now
    form: UploadForm = sealed_form(local.keyring, "", name, "image/png", now)
    seal = form.url.removeprefix("/pictures?form=")
    assert open_form(local.keyring, seal, now) == name
    assert open_form(local.keyring, seal, now + timedelta(seconds=598)) == name
    assert open_form(local.keyring, seal, now + timedelta(seconds=600)) is None
    parts = seal.split(".")
    later = ".".join([*parts[:3], str(int(parts[3]) + 10**6), parts[4]])
    other = ".".join([parts[1], *parts[1:]])
    for forged in (later, other, seal[:-1], seal + "A", "", ".", "....", seal.replace("png", "jpg"), "é" * 50):
        assert open_form(local.keyring, forged, now) is None
    of_an_order = local.keyring.seal("order token", *parts[:4])
    assert open_form(local.keyring, of_an_order, now) is None
