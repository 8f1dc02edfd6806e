"""Sealed texts: parts that only a holder of the secret can put together, read by whoever has the secret or the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.domains.orders.tokens import is_token_of, order_token
from shopkeeper.http import ServiceUnavailable
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.refreshed import READ_AGAIN_SECONDS

SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"


def keyring(*secrets: bytes) -> Keyring:
    return Keyring(lambda: secrets or (SECRET,))


PARTS = st.lists(st.text(st.characters(exclude_characters=".", exclude_categories=["Cs"]), min_size=1), min_size=1)


@given(PARTS)
def test_what_is_sealed_opens_to_its_parts(parts: list[str]) -> None:
    assert keyring().open("purpose", keyring().seal("purpose", *parts)) == tuple(parts)


@given(st.text(max_size=300))
def test_no_other_text_opens(text: str) -> None:
    assert keyring().open("purpose", text) is None


@pytest.mark.parametrize("parts", [(), ("",), ("a", ""), ("a.b",), ("a", "b.")], ids=str)
def test_a_part_that_could_be_read_as_two_is_not_sealed(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="sealed parts"):
        keyring().seal("purpose", *parts)


def test_a_text_whose_parts_are_empty_does_not_open_though_its_code_is_right() -> None:
    for text in ("", ".", "a.", ".1", "a..b"):
        assert keyring().open("purpose", f"{text}.{keyring().current('purpose').mac(text)}") is None


def test_a_sealed_text_of_another_purpose_or_secret_or_with_a_part_changed_does_not_open() -> None:
    sealed = keyring().seal("purpose", "family", "7")
    for forged in (sealed.replace("7", "8", 1), sealed.upper(), sealed[:-1], f"{sealed}A", f"x.{sealed}", ""):
        assert keyring().open("purpose", forged) is None
    assert keyring().open("another purpose", sealed) is None
    assert keyring(OTHER).open("purpose", sealed) is None


def test_after_a_rotation_the_former_secret_opens_and_the_new_one_seals() -> None:
    rotated = keyring(OTHER, SECRET)
    assert rotated.open("purpose", keyring().seal("purpose", "a")) == ("a",)
    assert rotated.seal("purpose", "a") == keyring(OTHER).seal("purpose", "a")


FORMER = [
    ("refresh token", "018f-family.7.BleN7xW2V0f3kwuT98Y0mDp6H2TcEtiXy2gG0Mp4NOc"),
    ("password reset", "018f-user.3.1795000000.W_gPASDVnwX-_2yx8hBn-QPJdOEV0HKY3-s0CjxtWbA"),
]


@pytest.mark.parametrize(("purpose", "token"), FORMER)
def test_tokens_that_older_versions_gave_stay_valid_and_are_still_given(purpose: str, token: str) -> None:
    parts = tuple(token.split(".")[:-1])
    assert keyring().open(purpose, token) == parts
    assert keyring().seal(purpose, *parts) == token


def test_an_order_token_is_the_code_alone_as_older_versions_gave_it() -> None:
    token = "1_KCx9Kiree9rEllky4X5P5Tn4MhEe9q0Lwn9YfQU8Q"
    assert order_token(keyring(), "018f-order") == token
    assert is_token_of(keyring(), "018f-order", token)
    assert is_token_of(keyring(OTHER, SECRET), "018f-order", token)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_other_text_is_the_token_of_an_order(text: str) -> None:
    assert not is_token_of(keyring(), "018f-order", text)


def test_the_token_of_one_order_is_not_that_of_another() -> None:
    for other in ("018f-other", "018f-order.x", "", "."):
        assert not is_token_of(keyring(), other, order_token(keyring(), "018f-order"))
        assert not is_token_of(keyring(), "018f-order", f"{other}.{order_token(keyring(), '018f-order')}")


def test_a_text_of_no_known_key_has_the_secrets_read_again_but_not_often() -> None:
    moment, reads = [0.0], [0]

    def read() -> tuple[bytes, ...]:
        reads[0] += 1
        return (SECRET,)

    ring = Keyring(read, lambda: moment[0])
    for _ in range(5):
        assert ring.open("purpose", keyring(OTHER).seal("purpose", "family")) is None
    assert reads == [1]
    moment[0] = READ_AGAIN_SECONDS
    for _ in range(5):
        assert ring.open("purpose", keyring(OTHER).seal("purpose", "family")) is None
    assert reads == [2]


def test_while_the_secrets_cannot_be_read_again_known_keys_open_and_an_unknown_one_is_an_outage() -> None:
    moment, answers = [0.0], [(SECRET,)]

    def read() -> tuple[bytes, ...]:
        if not answers:
            raise ServiceUnavailable
        return answers.pop()

    ring = Keyring(read, lambda: moment[0])
    sealed = ring.seal("purpose", "family")
    moment[0] = READ_AGAIN_SECONDS
    with pytest.raises(ServiceUnavailable):
        ring.open("purpose", keyring(OTHER).seal("purpose", "family"))
    assert ring.open("purpose", sealed) == ("family",)
