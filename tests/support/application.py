"""The whole application in this process, on any store, for tests that need many requests and no socket."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from shopkeeper.clock import utc_now
from shopkeeper.domains.markers import offers as markers
from shopkeeper.functions.all import FUNCTIONS
from shopkeeper.functions.declaration import application
from shopkeeper.functions.resources import Resources
from shopkeeper.http import Caller, Request, Response, split_path
from shopkeeper.http.limiter import Limiter
from shopkeeper.identity.keys import Keyring
from shopkeeper.identity.service import Identity
from shopkeeper.identity.tokens import AccessTokens
from shopkeeper.settings import read
from shopkeeper.storage import Store, Value
from shopkeeper.storage.pictures import PictureStore
from shopkeeper.storage.tables import MARKERS, TABLES, USERS

SECRET = b"0123456789abcdef0123456789abcdef"
TIME = "2026-11-21T12:00:00.000Z"


def whole(response: Response) -> bytes:
    """Return the body of an answer that is not sent piece by piece."""
    assert isinstance(response.body, bytes)
    return response.body


class Shop:
    """All functions on a store. A bearer token is simply the name of the account that calls."""

    limiter: Limiter | None = None

    def __init__(self, store: Store, pictures: PictureStore | None = None, /, **environment: str) -> None:
        self.store = store
        settings = read(environment, TABLES)
        keyring = Keyring(lambda: [SECRET])
        tokens = AccessTokens(keyring, settings.stage, 30)
        self.keyring = keyring
        identity = Identity(keyring, tokens, lambda token: Caller(token, 0))
        self.resources = Resources(settings, store, self.clock, identity, pictures=lambda: pictures)
        self.application = application(FUNCTIONS, self.resources, limiter=self.limiter)

    def clock(self) -> datetime:
        """The time at which all functions are."""
        return utc_now()

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        address: str = "",
    ) -> Response:
        """Send a request by an account and return the answer."""
        known = {"authorization": f"Bearer {by}"} if by else {}
        return self.application.handle(
            Request(
                method=method,
                path=path,
                segments=split_path(path),
                request_id="id",
                headers={"content-type": "application/json", **known, **(headers or {})},
                query=query or {},
                body=msgspec.json.encode({} if body is None else body),
                client_address=address,
            )
        )

    def give(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Send a request that must succeed and return what the answer holds."""
        response = self.ask(method, path, body, **more)
        assert response.status < 300, response
        return msgspec.json.decode(whole(response) or b"{}")

    def add_account(self, name: str, role: str = "user") -> None:
        """Store an account without the cost of a password."""
        account: dict[str, Value] = {
            "user_id": name,
            "email": f"{name}@example.com",
            "name": name,
            "role": role,
            "kind": "user",
        }
        told: dict[str, Value] = {
            "created_at": TIME,
            "updated_at": TIME,
            "version": 1,
            "password_hash": "none",
            "epoch": 0,
        }
        self.store.put(USERS, {**account, **told})
        self.store.put(MARKERS, {"marker": markers.user_email(str(account["email"])), "user_id": name})

    def add_business(self, owner: str) -> str:
        """Register a business and return its id."""
        body = {
            "business_name": "Café Zoë",
            "email": f"{owner}@shop.example",
            "phone": "+14155550123",
            "address": "1 Main St",
            "cognito_user_id": owner,
        }
        return str(self.give("POST", "/auth/register-business", body, by=owner)["business_id"])

    def add_item(self, owner: str, business_id: str) -> str:
        """Add an item to a catalogue and return its id."""
        item = {"business_id": business_id, "name": "Espresso", "price_minor": 250, "currency": "EUR"}
        return str(self.give("POST", "/api/items", item, by=owner)["item_id"])

    def add_order(self, business_id: str, item_id: str, key: str) -> Any:
        """Place an order that is to be delivered, and return it."""
        body = {
            "customer": {"name": "Bob", "phone": "+14155550199"},
            "lines": [{"item_id": item_id, "quantity": 1}],
            "fulfilment": {"type": "delivery", "address": "7 Side St"},
        }
        return self.give("POST", f"/api/businesses/{business_id}/orders", body, headers={"idempotency-key": key})
