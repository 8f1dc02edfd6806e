"""The formats that can be imported, by the names that operators give."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from functools import partial

from shopkeeper.domains.traffic.importing import goatcounter, plausible, shopkeeper, umami
from shopkeeper.domains.traffic.importing.collecting import Collection, Faults
from shopkeeper.domains.traffic.importing.files import Source

Read = Callable[[Source, tzinfo, Faults], Collection]

FORMATS: Mapping[str, Read] = {
    "shopkeeper": shopkeeper.read,
    "goatcounter": goatcounter.read,
    "plausible": plausible.read,
    "umami": umami.read,
}


def reader(name: str, website: str | None = None) -> Read:
    """Return what reads a format. `website` is the one of a dump of Umami that is to be read."""
    return partial(umami.read, website=website) if name == "umami" else FORMATS[name]
