"""The words of the OpenAPI document, from all domains, and the types that have names in it."""

from collections.abc import Mapping
from typing import Any

from shopkeeper.domains.accounts.model import Role
from shopkeeper.domains.accounts.vocabulary import WORDS as ACCOUNTS
from shopkeeper.domains.businesses.address import Address
from shopkeeper.domains.businesses.model import BusinessType, ContactField, MailLanguage
from shopkeeper.domains.businesses.vocabulary import WORDS as BUSINESSES
from shopkeeper.domains.catalogue.vocabulary import WORDS as CATALOGUE
from shopkeeper.domains.feed.vocabulary import WORDS as FEED
from shopkeeper.domains.health.model import TableStatus
from shopkeeper.domains.health.vocabulary import WORDS as HEALTH
from shopkeeper.domains.orders.fulfilment import Fulfilment, FulfilmentType
from shopkeeper.domains.orders.model import Party
from shopkeeper.domains.orders.model import Status as OrderStatus
from shopkeeper.domains.orders.vocabulary import WORDS as ORDERS
from shopkeeper.domains.registration.vocabulary import WORDS as REGISTRATION
from shopkeeper.domains.traffic.periods import By
from shopkeeper.domains.traffic.reading_model import DimensionName, ExportBy
from shopkeeper.domains.traffic.vocabulary import WORDS as TRAFFIC
from shopkeeper.domains.visits.model import Color
from shopkeeper.domains.visits.vocabulary import WORDS as VISITS
from shopkeeper.domains.webhooks.model import DeliveryState
from shopkeeper.domains.webhooks.model import Status as WebhookStatus
from shopkeeper.domains.webhooks.vocabulary import WORDS as WEBHOOKS
from shopkeeper.functions.notices import WORDS as NOTICES
from shopkeeper.http.vocabulary import COMMON, Vocabulary

NAMED: Mapping[str, Any] = {
    "Address": Address,
    "BadgeColor": Color,
    "BusinessType": BusinessType,
    "ContactField": ContactField,
    "DeliveryState": DeliveryState,
    "DimensionName": DimensionName,
    "ExportUnit": ExportBy,
    "Fulfilment": Fulfilment,
    "FulfilmentType": FulfilmentType,
    "MailLanguage": MailLanguage,
    "OrderStatus": OrderStatus,
    "Party": Party,
    "Role": Role,
    "ShownAddress": str | dict[str, str],
    "TableStatus": TableStatus,
    "Texts": dict[str, str],
    "TrafficUnit": By,
    "WebhookStatus": WebhookStatus,
}
"""Types that are not structs, under the names that they have in the document. An enumeration or an object that is used
in two places must be here, or generated clients have a type for each place."""

PARTS: tuple[Vocabulary, ...] = (
    COMMON,
    ACCOUNTS,
    BUSINESSES,
    CATALOGUE,
    FEED,
    HEALTH,
    NOTICES,
    ORDERS,
    REGISTRATION,
    TRAFFIC,
    VISITS,
    WEBHOOKS,
)
"""The vocabularies. No two have the same term."""

VOCABULARY: Vocabulary = {name: term for part in PARTS for name, term in part.items()}
