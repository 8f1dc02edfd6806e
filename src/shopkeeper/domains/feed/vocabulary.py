"""What the OpenAPI document says of the feed's properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

WORDS: Vocabulary = {
    "seq": Term("The number of the event in the feed of the business, which has no gap", 42),
    "subject": Term("The id of what the event is about, such as the order", "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55"),
    "events": Term("The events, in their order"),
    "after": Term("The number of the last event that is known; 0 for all that are kept", 41),
    "wait": Term("For how many seconds to wait for an event if there is none yet", 20),
    "Feed.next": Term("The number to ask after for more; null if there are no more yet", "42"),
    "Event.type": Term("The kind of event. New kinds may be added", "order.accepted"),
    "Event.at": moment("When it happened"),
    "Event.data": Term("What a board shows of it", {"status": "accepted", "total_minor": 760, "currency": "EUR"}),
    "Event.order_id": Term("Of orders: the same as `subject`", "01a1fd5d-11aa-7a0b-8c7e-2b9a0c3f4d55"),
    "Event.status": Term("Of orders: the same as in `data`", "accepted"),
    "Event.reason": Term("Of orders: the same as in `data`", "Sold out for today"),
    "Event.ready_at": moment("Of orders: the same as in `data`"),
}
