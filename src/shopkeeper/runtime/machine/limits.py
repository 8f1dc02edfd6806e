"""The limits of clients on one machine: how many there may be, how much they may send, and how slow they may be."""

import resource

HEAD_SECONDS = 10.0
"""How long a request's header may take, from its first byte, or from the beginning of the connection."""

BODY_SECONDS = 30.0
"""How long a body may take after its header."""

LARGE_BODY_SECONDS = 120.0
"""The same for a body that an endpoint takes beyond the usual size."""

IDLE_SECONDS = 75.0
"""How long a connection may be silent between two requests. A proxy in front keeps its own ones for a minute."""

UNREAD_SECONDS = 30.0
"""How long an answer may wait for its client to read on."""

LINGER_SECONDS = 2.0
"""How long a refused client may go on sending. A connection that is closed over unread bytes is reset, and the answer
may be lost with it (RFC 9112, section 9.6)."""

MOST_DISCARDED = 4 * 1024 * 1024
"""How much of a body that is too large is taken in, for the same reason."""

MOST_HEAD_BYTES = 32 * 1024
MOST_FRAMING_BYTES = 512 * 1024
"""How much of a body in chunks may be no content: the lengths of its chunks, and fields behind it. The largest body has
320 KiB of these if each byte is a chunk."""

MOST_HEADER_FIELDS = 100
MOST_TARGET_BYTES = 32 * 1024
SLICE_BYTES = 8 * 1024
"""How much the parser is fed at a time. It is fed no more while requests wait for their turn."""

MOST_BODY_BYTES = 64 * 1024 * 1024
"""How much all bodies that are not complete may hold together."""

MOST_UNREAD_BYTES = 64 * 1024 * 1024
"""How much of all answers may wait for their clients in this process."""

MOST_OF_A_CLIENT = 8
"""How many hashes, and how many searches, one client address may have at work or waiting."""

MOST_FILES = 65_536
SPARE_FILES = 128
"""Files that are not connections: the data file, its log, standard output, outgoing connections."""

LEAST_CONNECTIONS = 64


def raise_file_limit() -> int:
    """Raise the limit of open files as far as the system lets it, and return how many connections that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = MOST_FILES if soft == resource.RLIM_INFINITY else min(soft, MOST_FILES)
    return max(files - SPARE_FILES, LEAST_CONNECTIONS)
