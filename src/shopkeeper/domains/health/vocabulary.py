"""What the OpenAPI document says of the health reports' properties."""

from shopkeeper.http.vocabulary import Term, Vocabulary

WORDS: Vocabulary = {
    "environment": Term("The stage: dev, staging or prod", "prod"),
    "region": Term("The AWS region; on one machine what `AWS_REGION` says", "eu-central-1"),
    "latency_ms": Term("How long the probe took, in milliseconds; null if the table was not probed", 1.8),
    "tables": Term("Every table with its health"),
    "links": Term("The paths of the most important resources, by name", {"self": "/", "counter": "/counter"}),
    "TableStatus": Term("What a probe of a table found"),
    "Welcome.message": Term("A sentence for people", "Shopkeeper is running."),
    "Welcome.status": Term("The server runs; no table was probed"),
    "Welcome.version": Term("The version of Shopkeeper", "0.1.0"),
    "DatabaseHealth.type": Term("The kind of database", "dynamodb"),
    "DatabaseHealth.status": Term("Whether every table that was probed can be read", "connected"),
    "TableHealth.table": Term("The table, by its logical name", "orders"),
    "TableHealth.status": Term("What the probe found", "connected"),
    "DetailedHealth.status": Term("`healthy` if every table can be read", "healthy"),
    "DetailedHealth.service": Term("The system as a whole", "shopkeeper"),
    "DetailedHealth.version": Term("The version of Shopkeeper", "0.1.0"),
    "DetailedHealth.database": Term("The database as a whole"),
}
