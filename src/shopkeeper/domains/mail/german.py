"""What mails say in German. See `texts.py`."""

from collections.abc import Mapping

from shopkeeper.domains.mail.model import Kind
from shopkeeper.domains.mail.wording import LINES, Text

_NOT_YOU = (
    "Sie erhalten diese Mail, weil Ihre Adresse bei einer Bestellung angegeben wurde. "
    "Falls Sie das nicht waren, ignorieren Sie sie bitte."
)
_ORDERED = (
    LINES,
    "Summe: {total}",
    "Tisch: {table}",
    "Liefern an: {delivery}",
    "Hinweise zur Lieferung: {instructions}",
    "Gast: {customer}",
    "Telefon: {phone}",
)

GERMAN: Mapping[Kind, Text] = {
    "reset": Text(
        "Neues Passwort wählen",
        (
            "Jemand hat ein neues Passwort für das Konto mit dieser E-Mail-Adresse angefordert.",
            "Um eines zu wählen, öffnen Sie innerhalb von 30 Minuten diese Seite: {link}",
            "Um eines zu wählen, geben Sie innerhalb von 30 Minuten diesen Code ein: {token}",
            "Er gilt einmal. Falls Sie das nicht waren, ignorieren Sie diese Mail: Ihr Passwort bleibt, wie es ist.",
        ),
    ),
    "confirm": Text(
        "E-Mail-Adresse bestätigen",
        (
            "Ein Konto wurde mit dieser E-Mail-Adresse angelegt oder auf sie geändert.",
            "Um zu bestätigen, dass die Adresse Ihre ist, öffnen Sie innerhalb von drei Tagen diese Seite: {link}",
            "Um zu bestätigen, dass die Adresse Ihre ist, geben Sie innerhalb von drei Tagen diesen Code ein: {token}",
            "Falls Sie davon nichts wissen, ignorieren Sie diese Mail.",
        ),
    ),
    "invite": Text(
        "Ihre Einladung, ein Geschäft zu eröffnen",
        (
            "Sie sind eingeladen, mit dieser E-Mail-Adresse ein Konto anzulegen und ein Geschäft zu eröffnen.",
            "Öffnen Sie dazu innerhalb von sieben Tagen diese Seite: {link}",
            "Geben Sie dazu innerhalb von sieben Tagen diesen Code ein: {token}",
            "Das geht einmal und nur mit dieser Adresse. Falls Sie diese Mail nicht erwarten, ignorieren Sie sie.",
        ),
    ),
    "owner_received": Text(
        "Neue {order}: {total}",
        (
            "{business} hat eine neue {order}.",
            "Nehmen Sie sie vor {accept_until} an.",
            *_ORDERED,
            "E-Mail: {email}",
            "Anmerkung: {note}",
        ),
    ),
    "owner_reminder": Text(
        "Noch nicht angenommen: {order}",
        (
            "{business} hat die {order} noch nicht angenommen. Sie verfällt um {accept_until}.",
            *_ORDERED,
        ),
    ),
    "customer_received": Text(
        "{business} hat Ihre {order}",
        (
            "{business} hat Ihre {order} erhalten und muss sie noch annehmen.",
            LINES,
            "Summe: {total}",
            "Sie erhalten eine weitere Mail, wenn die Bestellung angenommen oder abgelehnt ist.",
            _NOT_YOU,
        ),
    ),
    "customer_accepted": Text(
        "{business} hat Ihre {order} angenommen",
        ("{business} hat Ihre {order} angenommen.", "Sie ist um {ready_at} fertig.", _NOT_YOU),
    ),
    "customer_rejected": Text(
        "{business} kann Ihre {order} nicht annehmen",
        ("{business} hat Ihre {order} abgelehnt.", "Grund: {reason}", _NOT_YOU),
    ),
    "customer_ready": Text("Ihre {order} ist fertig", ("Ihre {order} bei {business} ist fertig.", _NOT_YOU)),
    "customer_out_for_delivery": Text(
        "Ihre {order} ist unterwegs", ("Ihre {order} von {business} wird gerade geliefert.", _NOT_YOU)
    ),
    "customer_cancelled": Text(
        "Ihre {order} ist storniert",
        ("Ihre {order} bei {business} wurde storniert.", "Grund: {reason}", _NOT_YOU),
    ),
    "customer_expired": Text(
        "Ihre {order} wurde nicht angenommen",
        (
            "{business} hat Ihre {order} nicht rechtzeitig angenommen, sie ist verfallen. Sie können neu bestellen.",
            _NOT_YOU,
        ),
    ),
    "traffic_weekly": Text(
        "{business}: {views} Aufrufe in der letzten Woche",
        (
            "So wurde {business} vom {first_day} bis zum {last_day} besucht.",
            "Aufrufe: {views_changed}",
            "Besucher, als Summe der Tage: {visitors_changed}",
            "Seiten: {pages}",
            "Quellen: {sources}",
            "Kampagnen: {campaigns}",
            "Länder: {countries}",
            "Ereignisse: {events}",
            "Aufrufe von Bots, die nicht mitgezählt sind: {bots}",
            "In Klammern steht der Vergleich mit der Woche davor, die {views_before} Aufrufe hatte.",
            "Sie können diese Mail auf der Seite Ihres Geschäfts abschalten.",
        ),
    ),
}
