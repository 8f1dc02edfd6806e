"""What the page of numbers says, in English and in German."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Traffic of {site}", "Besuche auf {site}"),
    "dates": ("{first} to {last}, {zone}", "{first} bis {last}, {zone}"),
    "period": ("Time", "Zeitraum"),
    "days_7": ("7 days", "7 Tage"),
    "days_30": ("30 days", "30 Tage"),
    "days_90": ("90 days", "90 Tage"),
    "months_12": ("12 months", "12 Monate"),
    "totals": ("In total", "Insgesamt"),
    "what": ("What", "Was"),
    "now": ("Count", "Anzahl"),
    "before": ("Before", "Davor"),
    "change": ("Change", "Änderung"),
    "views": ("Views", "Aufrufe"),
    "uniques": ("Visitors", "Besucher"),
    "daily_uniques": ("Visitors, day by day", "Besucher, Tag für Tag"),
    "bots": ("Views of bots", "Aufrufe von Bots"),
    "hour": ("By hour", "Nach Stunden"),
    "day": ("By day", "Nach Tagen"),
    "month": ("By month", "Nach Monaten"),
    "when": ("When", "Wann"),
    "other": ("Other", "Andere"),
    "name": ("Name", "Name"),
    "none": ("Nothing was counted in this time.", "In diesem Zeitraum wurde nichts gezählt."),
    "pages_of": ("Pages", "Seiten"),
    "entries_of": ("Entries", "Einstiege"),
    "sources_of": ("Sources", "Herkunft"),
    "campaigns_of": ("Campaigns", "Kampagnen"),
    "countries_of": ("Countries", "Länder"),
    "browsers_of": ("Browsers", "Browser"),
    "systems_of": ("Systems", "Systeme"),
    "widths_of": ("Widths", "Breiten"),
    "events_of": ("Events", "Ereignisse"),
    "bots_of": ("Bots, by reason", "Bots, nach Grund"),
    "families_of": ("Bots, by name", "Bots, nach Namen"),
    "refused": ("There is nothing here", "Hier ist nichts"),
    "refused_lead": (
        "This link is not valid, or not any more. Who shared it can make a new one.",
        "Dieser Link gilt nicht oder nicht mehr. Wer ihn geteilt hat, kann einen neuen machen.",
    ),
}
"""The texts by name, in the order of LANGUAGES."""


def language_of(accept_language: str) -> Language:
    """Return the first language of a header `Accept-Language` (RFC 9110, 12.5.4) that there is, else English."""
    for choice in accept_language[:1000].lower().split(","):
        for language in LANGUAGES:
            if choice.strip().startswith(language):
                return language
    return "en"


def word(language: Language, name: str, **values: str) -> str:
    """Return a text in a language."""
    return WORDS[name][LANGUAGES.index(language)].format(**values)
