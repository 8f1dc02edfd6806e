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

USERS = Table(
    name="users",
    environment="USERS_TABLE_NAME",
    key=string_key("user_id"),
    indexes=(Index("all-users", string_key("kind", "user_id")),),
)

SESSIONS = Table(
    name="sessions",
    environment="SESSIONS_TABLE_NAME",
    key=string_key("family_id"),
    ttl="ItemExpireTTL",
)

ATTEMPTS = Table(
    name="attempts",
    environment="ATTEMPTS_TABLE_NAME",
    key=string_key("attempt"),
    ttl="ItemExpireTTL",
)

TABLES = (VISITOR_COUNTER, BUSINESSES, MARKERS, USERS, SESSIONS, ATTEMPTS)
