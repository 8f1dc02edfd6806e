"""How many different visitors a month had, estimated from 2,048 small numbers (HyperLogLog).

Each visitor of the month has a random hash. A register keeps the longest run of zeros that a hash of its share began
with. What is kept is the same for a visitor who comes once and one who comes daily, and nobody can be told from it.

Sources: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog" (2007); the estimator without a correction for bias is from
Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), section 4. The standard error is
1.04 / sqrt(2048), 2.3 percent.
"""

import math
from collections import Counter
from collections.abc import Iterable

from shopkeeper.domains.traffic.records import HOURS_KEPT, PARTITION, SORT, TTL, slice_key
from shopkeeper.domains.traffic.salts import Salts
from shopkeeper.storage import Below, Changes, ExpectationFailed, Store
from shopkeeper.storage.tables import TRAFFIC

INDEX_BITS = 11
REGISTERS = 1 << INDEX_BITS
SLICES = 16
SLICE = REGISTERS // SLICES
HASH_BITS = 64
RANK_BITS = HASH_BITS - INDEX_BITS

MOST_KEPT = 2000
"""Slices whose numbers a process keeps, at about 200 bytes each."""
_REGISTER = "r"

Place = tuple[str, str, int]
"""A site, a month and the number of a slice."""


class Sketches:
    """Notes visitors of months. What is known of a slice is kept, so that most visitors cost neither read nor write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Place, bytearray] = {}

    def note(self, site: str, salts: Salts, digest: bytes) -> None:
        """Note the hash of a visitor in the sketch of the month. Raises StoreError."""
        register, rank = register_of(digest)
        number, within = divmod(register, SLICE)
        place = site, salts.month, number
        known = self._known.get(place)
        if known is None:
            known = self._read(place)
        if known[within] >= rank:
            return
        name = f"{_REGISTER}{within}"
        changes = Changes(set={name: rank, TTL: salts.month_ends + HOURS_KEPT * 86400})
        try:
            self._store.update(TRAFFIC, slice_key(*place), changes, expect={name: Below(rank)})
        except ExpectationFailed:
            del self._known[place]  # another process noted more
        else:
            known[within] = rank

    def _read(self, place: Place) -> bytearray:
        item = self._store.get(TRAFFIC, slice_key(*place)) or {}
        known = bytearray(_rank(item.get(f"{_REGISTER}{within}")) for within in range(SLICE))
        if len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[place] = known
        return known


def register_of(digest: bytes) -> tuple[int, int]:
    """Return the register of a hash, and the number that it wants to see there: from 1 to 54."""
    bits = int.from_bytes(digest[: HASH_BITS // 8], "big")
    rest = bits & ((1 << RANK_BITS) - 1)
    return bits >> RANK_BITS, RANK_BITS - rest.bit_length() + 1


def month_uniques(store: Store, site: str, month: str) -> int:
    """Return how many different visitors a month has had so far, 0 if no sketch is kept. Raises StoreError."""
    partition = f"{site}|{month}"
    page = store.query(TRAFFIC, partition, limit=SLICES, after={PARTITION: partition, SORT: "~"})
    ranks = [
        _rank(value)
        for item in page.items
        for name, value in item.items()
        if name[:1] == _REGISTER and name[1:].isdigit()
    ]
    return round(estimate(ranks))


def estimate(ranks: Iterable[int]) -> float:
    """Return the estimated number of different hashes. Registers that are not among the ranks are 0."""
    histogram = Counter(ranks)
    histogram[0] += REGISTERS - histogram.total()
    if histogram[0] == REGISTERS:
        return 0.0
    z = REGISTERS * _tau(1 - histogram[RANK_BITS + 1] / REGISTERS)
    for rank in range(RANK_BITS, 0, -1):
        z = (z + histogram[rank]) / 2
    z += REGISTERS * _sigma(histogram[0] / REGISTERS)
    return REGISTERS * REGISTERS / (2 * math.log(2)) / z


def _sigma(x: float) -> float:
    y, z = 1.0, x
    while True:
        x *= x
        before = z
        z += x * y
        y += y
        if z == before:
            return z


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    y, z = 1.0, 1 - x
    while True:
        x = math.sqrt(x)
        before = z
        y /= 2
        z -= (1 - x) ** 2 * y
        if z == before:
            return z / 3


def _rank(value: object) -> int:
    return value if type(value) is int else 0
