"""Markers keep an email address or an identity for one account or business. See decision 0008.

A marker is written in the transaction that writes what it makes unique.
"""

import msgspec

from shopkeeper.storage import Delete, Put, Store
from shopkeeper.storage.records import Records, to_item
from shopkeeper.storage.tables import MARKERS


class Marker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is taken, and by which business or account. The identity of a deleted account stays taken without one."""

    marker: str
    business_id: str | None = None
    user_id: str | None = None
    created_at: str | None = None
    deleted_at: str | None = None


def business_email(email: str) -> str:
    """Return the name of the marker of a business's email address."""
    return f"business-email#{email}"


def business_identity(subject: str) -> str:
    """Return the name of the marker of an identity that owns a business."""
    return f"business-identity#{subject}"


def user_email(email: str) -> str:
    """Return the name of the marker of an account's email address."""
    return f"user-email#{email}"


def take(
    marker: str, *, business_id: str | None = None, user_id: str | None = None, created_at: str | None = None
) -> Put:
    """Return the action that takes a marker, which must not be taken."""
    taken = Marker(marker=marker, business_id=business_id, user_id=user_id, created_at=created_at)
    return Put(MARKERS, to_item(taken), if_absent=True)


def free(marker: str, **holder: str) -> Delete:
    """Return the action that frees a marker, which must be its `holder`'s: a `business_id` or a `user_id`."""
    return Delete(MARKERS, {"marker": marker}, holder)


def tombstone(subject: str, at: str) -> Put:
    """Return the action that keeps the identity of a deleted account from ever owning a business."""
    return Put(MARKERS, to_item(Marker(marker=business_identity(subject), deleted_at=at)), if_absent=True)


def holder(store: Store, marker: str) -> str | None:
    """Return the id of the business or account that has a marker, None if none has. Raises StoreError."""
    found = Records(store, MARKERS, Marker).get(marker)
    return None if found is None else found.business_id or found.user_id
