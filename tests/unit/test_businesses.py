"""The rules of registration, on each store."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from shopkeeper.clock import utc_now
from shopkeeper.domains.businesses.model import Business, EmailTaken, IdentityTaken
from shopkeeper.domains.registration.endpoints import ENDPOINTS
from shopkeeper.domains.registration.model import Registration
from shopkeeper.domains.registration.service import Registrations
from shopkeeper.http import InvalidInput, Request
from shopkeeper.http.binding import bind
from shopkeeper.identifiers import is_uuid
from shopkeeper.storage import Store, StoreUnavailable
from shopkeeper.storage.tables import BUSINESSES, MARKERS
from tests.support.lagging import settle
from tests.support.stores import ATOMIC

GOOD: dict[str, Any] = {
    "business_name": "Test Business",
    "email": "test@example.com",
    "phone": "+1234567890",
    "address": "123 Test St",
    "cognito_user_id": "test-user-123",
}


def registration(**other: Any) -> Registration:
    return msgspec.convert({**GOOD, **other}, Registration)


def registry(store: Store) -> Registrations:
    return Registrations(store, utc_now)


def test_a_registration_is_kept_with_its_markers(shop_store: Store) -> None:
    business, is_new = registry(shop_store).register(registration(email="Test@Example.COM", business_type="cafe"))
    assert is_new
    assert is_uuid(business.business_id)
    assert business.email == "test@example.com"
    stored = shop_store.get(BUSINESSES, {"business_id": business.business_id})
    assert stored == msgspec.structs.asdict(business)
    for marker in ("business-email#test@example.com", "business-identity#test-user-123"):
        found = shop_store.get(MARKERS, {"marker": marker})
        assert found is not None
        assert found["business_id"] == business.business_id
    settle(shop_store)
    by_email = shop_store.query(BUSINESSES, "test@example.com", index="email-index").items
    by_identity = shop_store.query(BUSINESSES, "test-user-123", index="cognito-user-index").items
    assert by_email == by_identity == [stored]


def test_a_repeat_is_answered_with_the_stored_business(shop_store: Store) -> None:
    first, _ = registry(shop_store).register(registration())
    again, is_new = registry(shop_store).register(registration(email="TEST@example.com"))
    assert again == first
    assert not is_new


TAKEN: list[tuple[str, dict[str, str], type[Exception]]] = [
    ("another name", {"business_name": "Another"}, EmailTaken),
    ("another phone", {"phone": "+1999999999"}, EmailTaken),
    ("a name of the owner more", {"owner_name": "Ann"}, EmailTaken),
    ("the email under another identity", {"cognito_user_id": "other"}, EmailTaken),
    ("the email in capitals under another identity", {"email": "TEST@EXAMPLE.COM", "cognito_user_id": "o"}, EmailTaken),
    ("the identity with another email", {"email": "other@example.com"}, IdentityTaken),
]


@pytest.mark.parametrize(("name", "other", "error"), TAKEN, ids=[case[0] for case in TAKEN])
def test_what_is_taken_stays_with_who_took_it(
    shop_store: Store, name: str, other: dict[str, str], error: type[Exception]
) -> None:
    first, _ = registry(shop_store).register(registration())
    with pytest.raises(error):
        registry(shop_store).register(registration(**other))
    assert registry(shop_store).register(registration()) == (first, False)
    assert shop_store.get(MARKERS, {"marker": "business-email#other@example.com"}) is None
    assert shop_store.get(MARKERS, {"marker": "business-identity#other"}) is None


def test_each_half_taken_by_another_business_is_no_repeat(shop_store: Store) -> None:
    registry(shop_store).register(registration())
    registry(shop_store).register(registration(email="two@example.com", cognito_user_id="two"))
    with pytest.raises(EmailTaken):
        registry(shop_store).register(registration(cognito_user_id="two"))


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_of_many_that_race_for_an_email_one_wins(shop_store: Store) -> None:
    def register(number: int) -> Business | None:
        try:
            return registry(shop_store).register(registration(cognito_user_id=f"user-{number}"))[0]
        except EmailTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(register, range(16)))
    winners = [business for business in results if business is not None]
    assert len(winners) == 1
    stored = shop_store.query(BUSINESSES, "test@example.com", index="email-index").items
    assert [item["business_id"] for item in stored] == [winners[0].business_id]


@pytest.mark.parametrize("shop_store", ATOMIC, indirect=True)
def test_equal_registrations_that_race_are_all_answered_alike(shop_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: registry(shop_store).register(registration()), range(16)))
    assert len({business.business_id for business, _ in results}) == 1
    assert [is_new for _, is_new in results].count(True) == 1


def test_an_outage_registers_nothing_and_says_so(shop_store: Store) -> None:
    class Away:
        """A store that is away."""

        def transact(self, actions: object) -> None:
            raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        registry(Away()).register(registration())  # type: ignore[arg-type]


EMAILS = [
    ("a@example.com", True),
    ("first.last+tag@sub.example.co.uk", True),
    ("o'brien@example.com", True),
    ("a@xn--bcher-kva.example", True),
    ("a" * 64 + "@example.com", True),
    ("a" * 65 + "@example.com", False),
    ("a@example", False),
    ("a@@example.com", False),
    ("a b@example.com", False),
    ("@example.com", False),
    ("a@-example.com", False),
    ("a@example..com", False),
    ("a@example.com.", False),
    ("a@[127.0.0.1]", False),
    ('"a b"@example.com', False),
    ("a@exämple.com", False),
    ("a@example.com\n", False),
    ("a@" + "b" * 64 + ".com", False),
    ("a@" + ".".join(["b" * 60] * 5) + ".com", False),
    ("", False),
]


@pytest.mark.parametrize(("email", "good"), EMAILS)
def test_what_is_an_email_address(email: str, good: bool) -> None:
    body = msgspec.json.encode({**GOOD, "email": email})
    request = Request("POST", "/", (), "id", headers={"content-type": "application/json"}, body=body)
    if good:
        assert bind(ENDPOINTS[1], request, {}).body.email == email
    else:
        with pytest.raises(InvalidInput, match="email"):
            bind(ENDPOINTS[1], request, {})


@pytest.mark.parametrize(
    ("phone", "good"),
    [
        ("+1234567890", True),
        ("+12", True),
        ("+123456789012345", True),
        ("+1234567890123456", False),
        ("+0123456789", False),
        ("1234567890", False),
        ("+1 234 567", False),
        ("+1234567a", False),
        ("+", False),
        ("+١٢٣٤٥٦", False),
    ],
)
def test_what_is_a_phone_number(phone: str, good: bool) -> None:
    if good:
        assert registration(phone=phone).phone == phone
    else:
        with pytest.raises(msgspec.ValidationError):
            registration(phone=phone)
