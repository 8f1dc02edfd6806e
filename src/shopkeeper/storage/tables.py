"""Every table of Shopkeeper, declared once."""

from shopkeeper.storage.table import Index, Key, KeyAttribute, Table, string_key

VISITOR_COUNTER = Table(
    name="visitor-counter",
    owner="visits",
    environment="TABLE_NAME",
    key=string_key("counter_id"),
    ttl="ItemExpireTTL",
)

BUSINESSES = Table(
    name="businesses",
    owner="businesses",
    environment="DYNAMODB_TABLE_NAME",
    key=string_key("business_id"),
    indexes=(
        Index("email-index", string_key("email")),
        Index("cognito-user-index", string_key("cognito_user_id")),
    ),
)

PAUSES = Table(
    name="pauses",
    owner="businesses",
    environment="PAUSES_TABLE_NAME",
    key=string_key("business_id"),
    indexes=(Index("ending", string_key("ending", "until")),),
)

MARKERS = Table(
    name="markers",
    owner="markers",
    environment="MARKERS_TABLE_NAME",
    key=string_key("marker"),
)

USERS = Table(
    name="users",
    owner="accounts",
    environment="USERS_TABLE_NAME",
    key=string_key("user_id"),
    indexes=(Index("all-users", string_key("kind", "user_id")),),
)

SESSIONS = Table(
    name="sessions",
    owner="accounts",
    environment="SESSIONS_TABLE_NAME",
    key=string_key("family_id"),
    ttl="ItemExpireTTL",
)

ATTEMPTS = Table(
    name="attempts",
    owner="accounts",
    environment="ATTEMPTS_TABLE_NAME",
    key=string_key("attempt"),
    ttl="ItemExpireTTL",
)

ITEMS = Table(
    name="items",
    owner="catalogue",
    environment="ITEMS_TABLE_NAME",
    key=string_key("item_id"),
    indexes=(
        Index("by-business", string_key("business_id", "item_id")),
        Index("all-items", string_key("kind", "item_id")),
    ),
)

ORDERS = Table(
    name="orders",
    owner="orders",
    environment="ORDERS_TABLE_NAME",
    key=string_key("order_id"),
    indexes=(
        Index("by-business", string_key("business_id", "order_id")),
        Index("by-status", string_key("business_status", "order_id")),
        Index("awaiting", string_key("awaiting", "accept_until")),
        Index("finished", string_key("finished", "finished_at")),
    ),
)

IDEMPOTENCY = Table(
    name="idempotency",
    owner="orders",
    environment="IDEMPOTENCY_TABLE_NAME",
    key=string_key("idempotency_key"),
    ttl="ItemExpireTTL",
)

EVENTS = Table(
    name="events",
    owner="feed",
    environment="EVENTS_TABLE_NAME",
    key=Key(KeyAttribute("business_id"), KeyAttribute("seq", "N")),
    ttl="ItemExpireTTL",
)

SUBSCRIPTIONS = Table(
    name="subscriptions",
    owner="feed",
    environment="SUBSCRIPTIONS_TABLE_NAME",
    key=string_key("business_id", "name"),
    indexes=(Index("due", string_key("kind", "due_at")),),
)

WEBHOOKS = Table(
    name="webhooks",
    owner="webhooks",
    environment="WEBHOOKS_TABLE_NAME",
    key=string_key("business_id", "webhook_id"),
)

DELIVERIES = Table(
    name="deliveries",
    owner="webhooks",
    environment="DELIVERIES_TABLE_NAME",
    key=Key(KeyAttribute("webhook_id"), KeyAttribute("seq", "N")),
    indexes=(Index("due", string_key("waiting", "next_at")),),
    ttl="ItemExpireTTL",
)

MAILS = Table(
    name="mails",
    owner="mail",
    environment="MAILS_TABLE_NAME",
    key=string_key("mail_id"),
    indexes=(Index("due", string_key("due", "due_at")),),
    ttl="ItemExpireTTL",
)

TRAFFIC = Table(
    name="traffic",
    owner="traffic",
    environment="TRAFFIC_TABLE_NAME",
    key=string_key("site_period", "at"),
    ttl="ItemExpireTTL",
)

VISITORS = Table(
    name="visitors",
    owner="traffic",
    environment="VISITORS_TABLE_NAME",
    key=string_key("visitor"),
    ttl="ItemExpireTTL",
    ephemeral=True,
)

TABLES = (
    *(VISITOR_COUNTER, BUSINESSES, MARKERS, USERS, SESSIONS, ATTEMPTS),
    *(ITEMS, ORDERS, IDEMPOTENCY, EVENTS, PAUSES),
    *(SUBSCRIPTIONS, WEBHOOKS, DELIVERIES, MAILS),
    *(TRAFFIC, VISITORS),
)
