"""Forms for uploads to this server. The URL of each is sealed, and is good for one picture and a limited time."""

import re
from datetime import datetime

from shopkeeper.identity.keys import Keyring
from shopkeeper.storage.pictures import FORM_SECONDS, UploadForm, is_name

PURPOSE = "picture form"


def sealed_form(keyring: Keyring, url: str, name: str, media_type: str, now: datetime) -> UploadForm:
    """Return the form of a picture. `url` is that of this server, empty for the one that the client asked.

    The seal is in the URL, so that it is checked before the file is read.
    """
    ends = int(now.timestamp()) + FORM_SECONDS
    seal = keyring.seal(PURPOSE, *re.split("[/.]", name), str(ends))
    return UploadForm(f"{url}/pictures?form={seal}", {"key": name, "Content-Type": media_type})


def open_form(keyring: Keyring, seal: str, now: datetime) -> str | None:
    """Return the name of the picture that a form is for, None for a seal that is not ours or has expired."""
    parts = keyring.open(PURPOSE, seal)
    if parts is None or len(parts) != 4 or int(parts[3]) <= now.timestamp():
        return None
    name = "{}/{}.{}".format(*parts[:3])
    return name if is_name(name) else None
