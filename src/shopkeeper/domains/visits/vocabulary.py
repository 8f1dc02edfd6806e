"""What the OpenAPI document says of the visitor counter's properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary, moment

WORDS: Vocabulary = {
    "count": Term("How many visits there were, this one included", 1042),
    "counter_id": Term("The name of the counter", "about"),
    "CountedVisit.status": Term("The visit was counted"),
    "CountedVisit.timestamp": moment("When the visit was counted"),
    "counter_value": Term("How many visits of the site there were; 0 before the first", 1042),
    "key": Term("A second name of the field `count`, as the page has it that reads it", "visits"),
    "label": Term("What stands left of the number", "visits"),
    "color": Term("The colour of the badge", "blue"),
    "BadgeColor": Term("A colour of a badge"),
    "Badge.schemaVersion": Term("The version of the badge's form"),
    "Badge.label": Term("What stands left of the number", "visits"),
    "Badge.message": Term("The number", "1042"),
    "Badge.color": Term("The colour of the badge", "blue"),
    "Badge.cacheSeconds": Term("For how many seconds the badge may be kept", 60),
    "service": Term("The part that was checked", "visitor-counter"),
    "CounterHealthy.status": Term("The counter works"),
    "CounterHealthy.database": Term("The counter's table can be read"),
    "CounterUnhealthy.status": Term("The counter does not work"),
    "CounterUnhealthy.database": Term("The counter's table cannot be read"),
    "CounterUnhealthy.error": Term("What is wrong, without details", "The counter's table cannot be read."),
    "VisitError.status": Term("The request was not executed"),
    "VisitError.message": Term("What went wrong, for people", "Unable to process request. Please try again."),
}
