"""Mail: an outbox that loses nothing, the texts, and who gets mails about an order."""
