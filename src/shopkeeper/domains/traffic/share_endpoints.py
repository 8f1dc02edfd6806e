"""The endpoints that share the traffic of a site by a link."""

from urllib.parse import quote

from shopkeeper.domains.traffic.readers import ReadableSite, Readers
from shopkeeper.domains.traffic.reading_model import OwnSiteParameters, TrafficShare
from shopkeeper.domains.traffic.shares import Shares
from shopkeeper.http import Access, Call, NotFound, Nothing, RateLimit, Reply, endpoint

SHARINGS = RateLimit("traffic-shares", requests=120, seconds=600)


class TrafficSharing:
    """What the endpoints ask: who may share which site, and its link."""

    def __init__(self, readers: Readers, shares: Shares) -> None:
        self.readers = readers
        self.shares = shares

    def site(self, call: Call[OwnSiteParameters, Nothing]) -> ReadableSite:
        """Return the site that a call is about. Raises NotFound, Unauthenticated or StoreError."""
        return self.readers.own_site(call.identity, call.parameters.site)


@endpoint("GET /api/traffic/share", errors=(NotFound,), access=Access.SIGNED_IN, limits=(SHARINGS,))
def read_traffic_share(sharing: TrafficSharing, call: Call[OwnSiteParameters, Nothing]) -> Reply[TrafficShare]:
    """Read the link that shares a site's traffic.

    It is 404 if there is none.
    """
    site = sharing.site(call)
    token = sharing.shares.token(site.key)
    if token is None:
        raise NotFound("This site is not shared.")
    return Reply(_share(site, token))


@endpoint("POST /api/traffic/share", errors=(NotFound,), access=Access.SIGNED_IN, limits=(SHARINGS,))
def share_traffic(sharing: TrafficSharing, call: Call[OwnSiteParameters, Nothing]) -> Reply[TrafficShare]:
    """Share the traffic of a site by a link.

    Who has the link reads what was counted. A site has one link; repeating this returns the same. For the owner of the
    site's business and for admins.
    """
    site = sharing.site(call)
    return Reply(_share(site, sharing.shares.share(site.key)))


@endpoint("DELETE /api/traffic/share", errors=(NotFound,), access=Access.SIGNED_IN, limits=(SHARINGS,))
def revoke_traffic_share(sharing: TrafficSharing, call: Call[OwnSiteParameters, Nothing]) -> Reply[Nothing]:
    """Revoke the link that shares a site's traffic.

    If there is one, it is never valid again.
    """
    sharing.shares.revoke(sharing.site(call).key)
    return Reply(Nothing())


def _share(site: ReadableSite, token: str) -> TrafficShare:
    return TrafficShare(site.key, token, f"/traffic?share={quote(token)}")


ENDPOINTS = (read_traffic_share, share_traffic, revoke_traffic_share)
"""What is served about links."""
