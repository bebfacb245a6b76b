"""Where files may be fetched from: the chat service's own hosts, and nothing that looks like them.

An address is taken apart as the client that fetches it does; what stands before an ``@`` is no
host, and letters that only look like those of a host make another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import yarl

HTTPS: Final = 443


def own_address(
    text: str, is_own: Callable[[str], bool], other: str | None = None
) -> yarl.URL | None:
    """Return an address where it leads to the service's files; none where it does not.

    ``is_own`` knows the hosts, which are asked by HTTPS on its own port alone. ``other`` is the
    host of another API that the owner has named, however it is asked.
    """
    try:
        url = yarl.URL(text)
        host = url.host
    except ValueError:
        return None
    if not host or url.user is not None or url.password is not None:
        return None
    if host == other:
        return url if url.scheme in ("http", "https") else None
    return url if url.scheme == "https" and url.port == HTTPS and is_own(host) else None
