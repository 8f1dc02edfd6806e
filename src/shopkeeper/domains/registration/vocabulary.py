"""What the OpenAPI document says of the registration's properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary

WORDS: Vocabulary = {
    "Registered.message": Term("A sentence for people"),
    "AuthHealthy.status": Term("Registrations can be taken"),
    "AuthHealthy.service": Term("The part that was checked"),
    "AuthHealthy.database": Term("The tables can be read"),
    "AuthUnhealthy.status": Term("Registrations cannot be taken"),
    "AuthUnhealthy.service": Term("The part that was checked"),
    "AuthUnhealthy.database": Term("A table cannot be read"),
}
