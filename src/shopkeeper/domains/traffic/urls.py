"""What a hit's URLs say: the page, the campaign that led to it, and the source that a visitor came from."""

import re
from urllib.parse import parse_qsl

import msgspec

from shopkeeper.domains.traffic.hit_model import MOST_PATH, InvalidHit
from shopkeeper.domains.traffic.sites import host_of

DIRECT = "direct"
"""The source of a visitor who came from no page."""

MOST_HOST = 100
MOST_QUERY_FIELDS = 50
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign")
SOURCES = ("ref", "source")
"""Names of the query that some links use in place of `utm_source`."""

_HOST = re.compile(r"[a-z0-9._\[\]:-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Page(msgspec.Struct, frozen=True):
    """A page's path without its query, and the campaign that the query names, which may be empty."""

    path: str
    campaign: str


def page_of(address: str) -> Page:
    """Return the page of a path with its query. Raises InvalidHit."""
    path, _, query = address.partition("#")[0].partition("?")
    campaign = _campaign(query) if query else ""
    if len(path.encode()) + len(campaign.encode()) > MOST_PATH:
        raise InvalidHit(f"The path and its campaign have more than {MOST_PATH} bytes.")
    return Page(path, campaign)


def checked_event(name: str) -> str:
    """Return the name of an event. Raises InvalidHit for control characters."""
    if _CONTROL.search(name):
        raise InvalidHit("The name of an event must hold no control characters.")
    return name.strip()


def source_of(referrer: str) -> str:
    """Return the host of a referrer, `direct` if it has none."""
    host = host_of(referrer)
    return host if host and len(host) <= MOST_HOST and _HOST.fullmatch(host) else DIRECT


def _campaign(query: str) -> str:
    """Return the source, the medium and the name of the campaign with slashes between, as far as they are told."""
    try:
        fields = dict(reversed(parse_qsl(query, max_num_fields=MOST_QUERY_FIELDS)))
    except ValueError:  # far too many fields
        return ""
    parts = [fields.get(name, "") for name in CAMPAIGN]
    parts[0] = parts[0] or next((fields[name] for name in SOURCES if name in fields), "")
    return _CONTROL.sub("", "/".join(part.strip() for part in parts)).rstrip("/")
