"""The names of partitions that more than one domain reads."""


def business_status(business_id: str, status: str) -> str:
    """Return the partition of the index `by-status` that lists a business's orders stored in a status.

    An order that expires stays where it was listed as `received`, since only time passed: both are in one partition.
    """
    return f"{business_id}#{'received' if status == 'expired' else status}"
