"""Visitors without cookies: whether somebody is new today, known by a hash that nobody can compute tomorrow."""

from shopkeeper.domains.traffic.records import TTL
from shopkeeper.domains.traffic.salts import Salts
from shopkeeper.domains.traffic.sketch import Sketches
from shopkeeper.hashing import sha256
from shopkeeper.http.addresses import network_of
from shopkeeper.storage import Changes, Store
from shopkeeper.storage.tables import VISITORS

HASH_BYTES = 5
"""40 bits: among 10,000 visitors of a day, two are taken for one with a probability of 1 in 22,000."""
DAY_SECONDS = 86400


class Visitors:
    """Tells new visitors of a day from those that were seen, and notes them in the sketch of their month."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sketches = Sketches(store)

    def is_new(self, site: str, salts: Salts, address: str, user_agent: str) -> bool:
        """Note a visitor, and return whether this is the first time on this day. Raises StoreError."""
        who = f"|{site}|{network_of(address)}|{user_agent}".encode("utf-8", "surrogatepass")
        own = sha256(bytes.fromhex(salts.salt) + who).digest()[:HASH_BYTES].hex()
        key = {"visitor": f"{site}|{salts.day}|{own}"}
        # `set_if_absent` and not `set`: the item stays as it is but for its number.
        expiry = {TTL: salts.day_ends + DAY_SECONDS}
        seen = self._store.update(VISITORS, key, Changes(add={"n": 1}, set_if_absent=expiry))
        if seen["n"] != 1:
            return False
        self._sketches.note(site, salts, sha256(bytes.fromhex(salts.month_salt) + who).digest())
        return True
