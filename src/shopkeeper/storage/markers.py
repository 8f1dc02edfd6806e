"""The names of markers: what is taken, each by one. A marker is written with what it makes unique."""


def business_email(email: str) -> str:
    """Return the marker of an email address that a business has."""
    return f"business-email#{email}"


def business_identity(subject: str) -> str:
    """Return the marker of an identity that owns a business, or that is deleted and never will."""
    return f"business-identity#{subject}"


def user_email(email: str) -> str:
    """Return the marker of an email address that an account has."""
    return f"user-email#{email}"
