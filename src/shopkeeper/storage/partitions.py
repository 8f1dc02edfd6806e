"""The names of partitions that more than one domain reads."""


def business_status(business_id: str, status: str) -> str:
    """Return the partition of the index `by-status` that lists a business's orders stored in a status.

    Nobody stores `expired`: such an order stands as `received`, and its time tells it apart.
    """
    return f"{business_id}#{'received' if status == 'expired' else status}"
