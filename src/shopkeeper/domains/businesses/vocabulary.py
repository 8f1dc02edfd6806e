"""What the OpenAPI document says of the businesses' properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

DAY = [{"opens": "11:30", "closes": "22:00"}]

WORDS: Vocabulary = {
    "business_id": Term("The id of the business", "01a1fd46-5f7d-7f16-8f80-036e5d832167"),
    "business_name": Term("The name of the business", "Test Business"),
    "business_type": Term("What kind of business it is; null if that is not said"),
    "BusinessType": Term("A kind of business"),
    "cognito_user_id": Term("The identity that owns the business", "01a1fd46-2f0c-7d4b-9c1e-5a0f9b6d7c11"),
    "owner_name": Term("The name of the owner; null if that is not said", "Ann Example"),
    "phone": Term("The phone number, in E.164 form", "+14155550123"),
    "email": Term("The email address", "shop@example.com", "email"),
    "address": Term("The address: a text, or an object of parts", "123 Test St"),
    "Address": Term("An address: a text, or an object of parts"),
    "ShownAddress": Term("An address: a text, or an object of parts, as it was given"),
    "accepting_orders": Term("Whether the owner takes orders at all", True),
    "time_zone": Term("The time zone of the opening hours, from the IANA database", "Europe/Berlin"),
    "opening_hours": Term("The hours of each week; null if the business has none, and is open on every other day"),
    "special_hours": Term("The hours of single dates, instead of those of the week"),
    **{
        name: Term(f"The spans of each {name.capitalize()}; none if the business is closed", DAY)
        for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    },
    "date": Term("The date, in the time zone of the business", "2026-12-24", "date"),
    "hours": Term("The spans of this date; none if the business is closed", DAY),
    "SpecialDay.note": Term("Why the hours are special; null if that is not said", "Christmas Eve"),
    "paused_until": moment("The end of the pause; null if the business makes none"),
    "BusinessChange.prepare_minutes": Term("How many minutes orders usually take; null if that is not said", 20),
    "prepare_minutes": Term("How many minutes orders usually take; null if that is not said", 20),
    "public_contact": Term("The contact data that everybody may see", ["phone"]),
    "ContactField": Term("A piece of contact data"),
    "location": Term("Where the business is; null if that is not said"),
    "latitude": Term("Degrees north of the equator", 52.520008),
    "longitude": Term("Degrees east of Greenwich", 13.404954),
    "order_emails": Term("Whether the owner gets a mail for each new order", True),
    "traffic_emails": Term("Whether the owner gets a mail about each week's traffic", False),
    "mail_language": Term("The language of the mails to the owner and the customers", "en"),
    "MailLanguage": Term("A language of mails"),
    "site": Term(
        "The origin of the business's site, whose pages may send hits for it; null if there is none",
        "https://shop.example",
    ),
    "open_now": Term("Whether the business takes orders now", True),
    "opens_at": moment("When the business opens next; null if that is not known"),
    "closes_at": moment("When the business closes next; null if that is not known"),
}
