"""What the OpenAPI document says of the webhooks' properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

WORDS: Vocabulary = {
    "webhook_id": Term("The id of the webhook", "01a1fd5e-7b1c-7d0e-9a44-0f6a5b4c3d22"),
    "webhooks": Term("The webhooks, the oldest first"),
    "url": Term("Where the events are sent: an https URL of a public server", "https://example.com/hooks", "uri"),
    "kinds": Term("The kinds of events, or patterns; null for all", ["order.*"]),
    "enabled": Term("Switches the webhook on or off", True),
    "WebhookStatus": Term("The state of the deliveries of a webhook"),
    "failing_since": moment("Since when deliveries fail; null if they do not"),
    "next_attempt_at": moment("When a failing webhook sends again; null if it does not fail"),
    "off_since": moment("Since when the webhook is switched off; null if it is not"),
    "off_reason": Term("Why the webhook is switched off; null if it is not", "no success for 120 hours"),
    "secret": Term(
        "Signs the deliveries. Only this response has it", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    ),
    "from": Term("The number of the first event to send again", 42),
    "milliseconds": Term("How long the attempt took, in milliseconds", 84),
    "deliveries": Term("The deliveries of this page, the newest event first"),
    "DeliveryState": Term("The state of a delivery"),
    "state": Term("The state of the delivery"),
    "attempts": Term("How often it was sent", 1),
    "first_at": moment("When it was first sent"),
    "last_at": moment("When it was last sent"),
    "next_at": moment("When it is sent again; null if it is not set aside"),
    "answer": Term("The beginning of the body of the last answer that was no success", "Not Found"),
    **{
        term: value
        for name in ("Webhook", "WebhookWithSecret")
        for term, value in {
            f"{name}.status": Term("The state of the deliveries"),
            f"{name}.cursor": Term("The number of the last event that is finished", 41),
            f"{name}.newest": Term("The number of the newest event of the business", 42),
            f"{name}.description": Term("What the webhook is for; null if that is not said", "Kitchen printer"),
        }.items()
    },
    **{
        f"{name}.description": Term("What the webhook is for", "Kitchen printer")
        for name in ("NewWebhook", "WebhookChange")
    },
    "WebhookTest.status": Term("The status code of the answer; null if there was none", 204),
    "WebhookTest.error": Term("Why the test is no success; null if it is one", "the answer was 404"),
    "WebhookDelivery.type": Term("The kind of event", "order.accepted"),
    "WebhookDelivery.status": Term("The status code of the last answer; null if there was none", 404),
    "WebhookDelivery.error": Term("Why the last attempt was no success; null if it was one", "the answer was 404"),
}
