"""The header fields that the pages and their files carry: a browser may do with them only what they need."""


def content_security_policy(uploads: str = "") -> str:
    """Return a policy (Content Security Policy Level 3): nothing inline, nothing of others but pictures, in no frame.

    `uploads` is the origin that pictures are posted to, where it is another one than that of the pages.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {uploads}".rstrip(),
            # Pictures of items stand on this server, or under the https address of PICTURES_URL.
            "img-src 'self' blob: https:",
            "manifest-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), screen-wake-lock=(self)"

SECURITY_HEADERS = {
    "Content-Security-Policy": content_security_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

CACHE_CONTROL = "no-cache"
"""Kept, and asked for each time: the answer is a 304 without a body until the file changes."""
