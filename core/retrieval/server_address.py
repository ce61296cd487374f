"""The address of a server as a person types it, made into the base URL that the requests go below."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.sanitize import sanitize

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_ENDPOINTS = re.compile(r"/(?:chat/completions|completions|models|responses)$")


def server_address(text: str) -> str:
    """`localhost:8000` becomes `http://localhost:8000/v1`; a path that is there stays, without its endpoint.

    Raises:
        UsageError: it is no address of a server.
    """
    typed = text.strip().strip("\"'").strip()
    if not typed:
        return ""
    try:
        parts = urlsplit(typed if _SCHEME.match(typed) else f"//{typed.lstrip('/')}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, SplitResult("", "", "", "", "")
    scheme = parts.scheme.lower() or ("http" if port or _near(host) else "https")
    if scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x20\\]", typed) or not typed.isprintable():
        raise UsageError(f"a server is a URL such as http://localhost:8000/v1, not {sanitize(typed)!r}")
    path = _ENDPOINTS.sub("", parts.path.rstrip("/")).rstrip("/") or "/v1"
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def shown_address(url: str) -> str:
    """The address as it may be printed: without the password and the query, which may hold a key."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return sanitize(url)
    return sanitize(urlunsplit((parts.scheme, host, parts.path, "", "")))


def _near(host: str) -> bool:
    """A machine of one's own network speaks plain HTTP; a name of the Internet without a port does not."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost", ".home"))
