"""Makes a message of a letter: a text and an HTML part that say the same. Source: RFC 5322, RFC 2046.

The HTML part loads nothing, so that nobody learns from it whether and when it was read.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from shopkeeper.domains.mail.model import Facts, Letter
from shopkeeper.domains.mail.texts import TEXTS
from shopkeeper.domains.mail.wording import LINES
from shopkeeper.hashing import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

LINK = "link"
MOST_SUBJECT = 150
ENCODED = "=?"
"""How an encoded word begins."""

_NAMED = r"\{([a-z_]+)\}"

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="margin:0;padding:24px 16px;background:#ffffff;color:#1a1a1a;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;overflow-wrap:anywhere">
<h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{title}</h1>
{body}
</div>
</body>
</html>
"""


def build_message(letter: Letter, sender: str, mail_id: str, moment: datetime) -> bytes:
    """Return a complete message. The same `mail_id` gives the same Message-ID.

    Amazon SES sets a Message-ID of its own. Raises ValueError for an invalid address.
    """
    from email.message import EmailMessage  # loaded only where mails are sent
    from email.policy import SMTP
    from email.utils import format_datetime

    if not (_is_address(letter.recipient) and _is_address(sender)):
        raise ValueError("a mail goes from one plain address to one plain address")
    subject = subject_of(letter)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(moment)
    digest = sha256(mail_id.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that no automatic reply answers it
    message.set_content(plain_text(letter))
    message.add_alternative(html(letter), subtype="html")
    message["Content-Language"] = letter.language  # `set_content` removes such fields
    return message.as_bytes()


def subject_of(letter: Letter) -> str:
    """Return the subject: one line, of bounded length, whatever the facts hold."""
    filled = _filled(TEXTS[letter.language][letter.kind].subject, letter.facts)
    line = " ".join("".join(c if c.isprintable() else " " for c in filled).split())
    # Python decodes what looks like an encoded word (RFC 2047), and line breaks in it would begin another field.
    line = line.replace(ENCODED, "= ?")
    return line if len(line) <= MOST_SUBJECT else f"{line[: MOST_SUBJECT - 1]}…"


def plain_text(letter: Letter) -> str:
    """Return the text part."""
    return "\n\n".join(
        "\n".join(f"- {line}" for line in letter.lines) if paragraph == LINES else _filled(paragraph, letter.facts)
        for paragraph in _shown(letter)
    )


def html(letter: Letter) -> str:
    """Return the HTML part. Every fact is escaped."""
    parts = []
    for paragraph in _shown(letter):
        if paragraph == LINES:
            items = "".join(f"<li>{_escaped(line)}</li>" for line in letter.lines)
            parts.append(f'<ul style="margin:0 0 16px;padding:0 0 0 20px">{items}</ul>')
        else:
            parts.append(f'<p style="margin:0 0 16px">{_filled_html(paragraph, letter.facts)}</p>')
    title = _escaped(subject_of(letter))
    return PAGE.format(language=letter.language, title=title, body="\n".join(parts))


def _shown(letter: Letter) -> "Iterator[str]":
    """Yield the paragraphs whose facts are all present."""
    for paragraph in TEXTS[letter.language][letter.kind].paragraphs:
        named = re.findall(_NAMED, paragraph)
        if bool(letter.lines) if paragraph == LINES else all(name in letter.facts for name in named):
            yield paragraph


def _filled(text: str, facts: Facts) -> str:
    return re.sub(_NAMED, lambda found: facts[found[1]], text)


def _filled_html(text: str, facts: Facts) -> str:
    def fact(found: re.Match[str]) -> str:
        value = _escaped(facts[found[1]])
        return f'<a href="{value}">{value}</a>' if found[1] == LINK else value

    return re.sub(_NAMED, fact, _escaped(text))


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)


def _is_address(text: str) -> bool:
    """Tell whether a text is one plain address, as the types of addresses allow. A header must hold no other."""
    name, _, domain = text.rpartition("@")
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(' ,;:<>()[]"\\')
    return bool(name and domain) and is_plain and ENCODED not in text
