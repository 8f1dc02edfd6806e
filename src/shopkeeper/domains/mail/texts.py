"""What mails say: a subject and paragraphs for each kind, by language. English is here, German in `german.py`.

Words in braces are facts. A paragraph that names an absent fact is left out, and `{lines}` stands for the list of what
was ordered. A mail that anybody can cause to be sent to another person's address has no text of the one who caused it.
"""

from collections.abc import Mapping

from shopkeeper.domains.mail.german import GERMAN
from shopkeeper.domains.mail.model import Kind
from shopkeeper.domains.mail.wording import LINES, Text

_NOT_YOU = "You get this mail because your address was given with an order. If that was not you, ignore it."

ENGLISH: Mapping[Kind, Text] = {
    "reset": Text(
        "Choose a new password",
        (
            "Somebody asked for a new password for the account with this email address.",
            "To choose one, open this page within 30 minutes: {link}",
            "To choose one, enter this token within 30 minutes: {token}",
            "It works once. If you did not ask for it, ignore this mail: your password stays as it is.",
        ),
    ),
    "confirm": Text(
        "Confirm your email address",
        (
            "An account was made with this email address, or changed to it.",
            "To confirm that the address is yours, open this page within three days: {link}",
            "To confirm that the address is yours, enter this token within three days: {token}",
            "If you did not do this, ignore this mail.",
        ),
    ),
    "invite": Text(
        "Your invitation to open a shop",
        (
            "You are invited to make an account with this email address, and to open a shop.",
            "To do so, open this page within seven days: {link}",
            "To do so, enter this token within seven days: {token}",
            "It works once, and for this address alone. If you did not expect this mail, ignore it.",
        ),
    ),
    "owner_received": Text(
        "New {order}: {total}",
        (
            "{business} has a new {order}.",
            "Accept it before {accept_until}.",
            LINES,
            "Total: {total}",
            "Table: {table}",
            "Deliver to: {delivery}",
            "Instructions: {instructions}",
            "Customer: {customer}",
            "Phone: {phone}",
            "Email: {email}",
            "Note: {note}",
        ),
    ),
    "owner_reminder": Text(
        "Not accepted yet: {order}",
        (
            "{business} has not accepted {order} yet. It expires at {accept_until}.",
            LINES,
            "Total: {total}",
            "Table: {table}",
            "Deliver to: {delivery}",
            "Instructions: {instructions}",
            "Customer: {customer}",
            "Phone: {phone}",
        ),
    ),
    "customer_received": Text(
        "{business} has your {order}",
        (
            "{business} has received your {order} and has to accept it.",
            LINES,
            "Total: {total}",
            "You get another mail when the order is accepted or rejected.",
            _NOT_YOU,
        ),
    ),
    "customer_accepted": Text(
        "{business} accepted your {order}",
        ("{business} accepted your {order}.", "It will be ready at {ready_at}.", _NOT_YOU),
    ),
    "customer_rejected": Text(
        "{business} cannot take your {order}",
        ("{business} rejected your {order}.", "Reason: {reason}", _NOT_YOU),
    ),
    "customer_ready": Text("Your {order} is ready", ("Your {order} at {business} is ready.", _NOT_YOU)),
    "customer_out_for_delivery": Text(
        "Your {order} is on its way", ("Your {order} of {business} is out for delivery.", _NOT_YOU)
    ),
    "customer_cancelled": Text(
        "Your {order} is cancelled",
        ("Your {order} at {business} was cancelled.", "Reason: {reason}", _NOT_YOU),
    ),
    "customer_expired": Text(
        "Your {order} was not accepted",
        ("{business} did not accept your {order} in time, so it has expired. You can order again.", _NOT_YOU),
    ),
    "traffic_weekly": Text(
        "{business}: {views} views last week",
        (
            "This is how {business} was visited from {first_day} to {last_day}.",
            "Views: {views_changed}",
            "Visitors, as the sum of the days: {visitors_changed}",
            "Pages: {pages}",
            "Sources: {sources}",
            "Campaigns: {campaigns}",
            "Countries: {countries}",
            "Events: {events}",
            "Views of bots, which are not among these: {bots}",
            "Brackets compare with the week before, which had {views_before} views.",
            "You can switch this mail off on the page of your business.",
        ),
    ),
}

ORDER = {"en": "order", "de": "Bestellung"}
"""What an order is called."""

TEXTS: Mapping[str, Mapping[Kind, Text]] = {"en": ENGLISH, "de": GERMAN}
"""The texts by language (BCP 47)."""
