"""The account in the browser: its email address is confirmed, and the account is deleted."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.support.browser import Person
from tests.support.http import post_json
from tests.support.keeping import Keeper, toasted
from tests.support.pages import FIRST_RUN, OWNER, PageShop
from tests.support.processes import shopkeeper
from tests.support.shop import PASSWORD
from tests.support.smtp import smtp_server

Visit = Callable[..., Person]


def test_a_server_without_mail_says_so(shop: PageShop, visit: Visit) -> None:
    person = Keeper(shop.url).visit(visit, "account")
    person.page.get_by_text("Not confirmed").wait_for()
    person.press("Send the link")
    toasted(person.page, "This server sends no mails.")


def test_an_address_is_confirmed_by_the_link_of_a_mail(tmp_path: Path, visit: Visit) -> None:
    with smtp_server() as smtp:
        mail = {
            "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "MAIL_FROM": "shop@example.com",
            "SITE_URL": "https://x.example",
        }
        with shopkeeper(tmp_path / "shop.db", mail) as server:
            assert post_json(server.url, "/api/setup", FIRST_RUN).status == 201
            person = visit(server.url)
            page = person.open("/#/account")
            person.sign_in(OWNER, PASSWORD)
            person.press("Send the link")
            page.get_by_text("The link is on its way.").wait_for()
            [message] = smtp.await_messages(1)
            text = message.get_body(("plain",))
            assert text
            link = re.search(r"https://x\.example(/confirm#token=\S+)", text.get_content())
            assert link
            other = visit(server.url)
            other.open(link[1])
            other.page.get_by_text("It is confirmed. Thank you.").wait_for()
            assert other.faults() == []
            other.page.reload()
            other.page.get_by_role("link", name="Continue").wait_for()
            page.reload()
            page.get_by_text("Confirmed", exact=True).wait_for()
