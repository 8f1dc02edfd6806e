"""A bounded cache of rows that were read. A row is immutable, so no caller can change what is cached."""

from shopkeeper.storage.sqlite.schema import Place, Row

MAX_ROWS = 5_000
MAX_CHARACTERS = 4_000_000


class Cache:
    """Keeps the rows that were used last. The caller clears it when another process has written to the file."""

    def __init__(self, rows: int = MAX_ROWS, characters: int = MAX_CHARACTERS) -> None:
        """Keep at most so many rows, whose documents have at most so many characters together."""
        self._max_rows = rows
        self._max_characters = characters
        self._rows: dict[Place, Row] = {}
        self._characters = 0

    def get(self, place: Place) -> Row | None:
        """Return a row, or None if it is not cached."""
        row = self._rows.pop(place, None)
        if row is not None:
            self._rows[place] = row  # the last one is the youngest
        return row

    def put(self, place: Place, row: Row) -> None:
        """Keep a row, and drop the oldest ones if there are too many."""
        self.drop(place)
        self._rows[place] = row
        self._characters += len(str(row[0]))
        while self._characters > self._max_characters or len(self._rows) > self._max_rows:
            self.drop(next(iter(self._rows)))

    def replace(self, place: Place, row: Row | None) -> None:
        """Keep the new row of a place, if its former one is cached. Forget it if the row was removed."""
        if row is None:
            self.drop(place)
        elif place in self._rows:
            self.put(place, row)

    def drop(self, place: Place) -> None:
        """Forget a row."""
        row = self._rows.pop(place, None)
        if row is not None:
            self._characters -= len(str(row[0]))

    def clear(self) -> None:
        """Forget all rows."""
        self._rows.clear()
        self._characters = 0
