"""What a server holds for its clients is bounded: the oldest one is cut."""

from typing import cast

from shopkeeper.runtime.machine.connection import Connection
from shopkeeper.runtime.machine.connections import Ledger


class Client:
    """A connection that notes that it was cut, and goes a moment later."""

    def __init__(self) -> None:
        self.was_cut = False

    def cut(self) -> None:
        self.was_cut = True


def noted(ledger: Ledger, client: Client, size: int) -> None:
    ledger.note(cast(Connection, client), size)


def test_the_oldest_is_cut_when_too_much_is_held_and_no_other() -> None:
    ledger, clients = Ledger(100), [Client() for _ in range(3)]
    for client in clients:
        noted(ledger, client, 40)
    assert [client.was_cut for client in clients] == [True, False, False]
    noted(ledger, clients[0], 0)  # it has gone
    noted(ledger, clients[2], 60)
    assert [client.was_cut for client in clients] == [True, False, False]
    noted(ledger, clients[2], 61)
    assert [client.was_cut for client in clients] == [True, True, False]


def test_what_was_given_back_does_not_count() -> None:
    ledger, client, other = Ledger(100), Client(), Client()
    for _ in range(10):
        noted(ledger, client, 90)
        noted(ledger, client, 0)
    noted(ledger, client, 0)
    noted(ledger, other, 100)
    assert not client.was_cut
    assert not other.was_cut
