"""Mail: an outbox that loses nothing, the texts, and who is told of an order."""
