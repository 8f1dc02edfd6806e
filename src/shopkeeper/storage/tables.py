"""Every table of Shopkeeper, declared once."""

from shopkeeper.storage.table import Index, Table, string_key

VISITOR_COUNTER = Table(
    name="visitor-counter",
    environment="TABLE_NAME",
    key=string_key("counter_id"),
    ttl="ItemExpireTTL",
)

BUSINESSES = Table(
    name="businesses",
    environment="DYNAMODB_TABLE_NAME",
    key=string_key("business_id"),
    indexes=(
        Index("email-index", string_key("email")),
        Index("cognito-user-index", string_key("cognito_user_id")),
    ),
)

MARKERS = Table(
    name="markers",
    environment="MARKERS_TABLE_NAME",
    key=string_key("marker"),
)

TABLES = (VISITOR_COUNTER, BUSINESSES, MARKERS)
