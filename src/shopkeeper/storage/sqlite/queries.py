"""The SQL of queries."""

from shopkeeper.storage.sqlite.schema import OWN, Columns, quoted
from shopkeeper.storage.sqlite.transaction import place_of
from shopkeeper.storage.table import Table
from shopkeeper.storage.values import Key


def query_of(
    table: Table, columns: Columns, partition: str, index: str | None, descending: bool, after: Key | None
) -> tuple[str, list[object], list[str]]:
    """Return the SQL of a query, its values, and the attributes that a cursor needs."""
    key = table.key if index is None else table.index(index).key
    order = columns.order(key)
    by, *sorts = order
    where = "".join(f" AND {column} IS NOT NULL" for column in sorts if column not in OWN)
    values: list[object] = [partition]
    if after:
        _, *own = place_of(table, after)
        bounds: dict[str, object] = {column: after.get(attribute) for column, attribute in order.items()}
        bounds.update(zip(OWN, own, strict=False))
        where += f" AND ({', '.join(sorts)}) {'<' if descending else '>'} ({', '.join('?' * len(sorts))})"
        values += [bounds[column] for column in sorts]
    direction = " DESC" if descending else ""
    by_order = ", ".join(column + direction for column in sorts)
    sql = f"SELECT document FROM {quoted(table.name)} WHERE {by} = ?{where} ORDER BY {by_order}"
    attributes = [attribute.name for attribute in (*table.key.attributes, *key.attributes)]
    return sql, values, list(dict.fromkeys(attributes))
