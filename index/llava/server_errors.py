"""What went wrong with a server, in one line that says what to do."""

import os
import re
import ssl
from collections.abc import Mapping
from typing import TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx2

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.server_address import shown_address
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.llava import OutOfServiceError
from bddseg_tui.index.llava.dialect import wrong_address
from bddseg_tui.index.llava.exchange import CompressedError, TooMuchError, TooSlowError

Error = TypeVar("Error", bound=BaseException)
KEY = "BDDSEG_LLAVA_API_KEY"
_LONGEST = 200
_PICTURES = re.compile(r"image|mmproj|vision|multi-?modal|picture", re.IGNORECASE)
_CONTEXT = re.compile(r"context (?:size|length|window)|maximum context|too many tokens|prompt is too long", re.I)


def where(url: str) -> str:
    """The server as messages name it."""
    return f"the server {shown_address(url)}"


def shortened(words: str) -> str:
    """A server's own words, on one line and not too many."""
    plain = sanitize(" ".join(words.split()))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def refusal(url: str, status: int, words: str, headers: Mapping[str, str], model: str) -> BddsegError:
    """A response other than an answer."""
    said = f": {shortened(words)}" if words.strip() else ""
    # Some put an error into the place of a reply, under the status of one.
    refused = f"{where(url)} failed{said}" if status == 200 else f"{where(url)} refused (HTTP {status}){said}"
    if 300 <= status < 400:
        to = sanitize(headers.get("location", "nowhere"))[:_LONGEST]
        return OutOfServiceError(
            f"{where(url)} sends on to {to} (HTTP {status}), which is not followed: "
            "if that is right, set it as the server"
        )
    if status in (401, 403):
        wrong = f"is the key in {KEY} right?" if os.environ.get(KEY) else f"put its key into {KEY}"
        return OutOfServiceError(f"{refused}; {wrong}")
    if status == 407:
        return OutOfServiceError(f"the proxy {_proxy(url)} wants a login: write it as http://user:password@host:port")
    if wrong_address(status, words):
        return OutOfServiceError(
            f"{refused}; most addresses end in /v1, and server_model has to name a model that it has"
        )
    if status == 429 or status == 503:
        wait = headers.get("retry-after", "")
        again = f"try again in {wait} s" if wait.isdigit() else "try again later"
        return OutOfServiceError(f"{refused}; {again}")
    if status < 500 and _PICTURES.search(words):
        return BddsegError(f"{refused}; does {sanitize(model)} take pictures? server_model names another model")
    if status < 500 and _CONTEXT.search(words):
        return BddsegError(f"{refused}; give the server a longer context")
    return OutOfServiceError(refused) if status >= 500 or status == 402 else BddsegError(refused)


def web_page(url: str, status: int) -> OutOfServiceError:
    """HTML in the place of an answer."""
    return OutOfServiceError(
        f"{where(url)} answers with a web page (HTTP {status}): look whether the address is right (most end in /v1), "
        "and whether a sign-in page stands before it"
    )


def transport(url: str, error: Exception) -> BddsegError:
    """The connection failed, or the reply went beyond what is taken."""
    place = where(url)
    if isinstance(error, TooSlowError | httpx2.ReadTimeout | httpx2.WriteTimeout):
        waited = f" ({error} s)" if isinstance(error, TooSlowError) else ""
        return OutOfServiceError(
            f"{place} does not answer in time{waited}: try again, or look whether it is overloaded"
        )
    if isinstance(error, TooMuchError):
        return BddsegError(f"{place} was cut off: its reply is too long")
    if isinstance(error, CompressedError):
        return OutOfServiceError(f"{place} compresses its replies though it was asked not to: switch that off there")
    if (secure := _cause(error, ssl.SSLError)) is not None:
        return OutOfServiceError(f"{place} {_tls(secure)}")
    through = f" through the proxy {_proxy(url)}" if _proxy(url) else ""
    if isinstance(error, httpx2.ProxyError | ImportError) or (through and isinstance(error, ValueError)):
        return OutOfServiceError(
            f"{place} cannot be reached{through} ({_reason(error)}): look at HTTP_PROXY and NO_PROXY"
        )
    if isinstance(error, UnicodeError | httpx2.LocalProtocolError):
        return OutOfServiceError(f"the request cannot be written ({_reason(error)}): is the key in {KEY} right?")
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return OutOfServiceError(f"{place} is no address ({_reason(error)}): change the server in the settings")
    if isinstance(error, httpx2.TransportError | OSError):
        advice = "start it, or change the server in the settings"
        advice += "; NO_PROXY names servers that are asked without the proxy" if through else ""
        return OutOfServiceError(f"{place} cannot be reached{through} ({_reason(error)}): {advice}")
    return OutOfServiceError(f"{place} cannot be asked ({type(error).__name__}: {_reason(error)})")


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = sanitize(str(error.verify_message))
        if "self-signed" in why or "local issuer" in why:
            return f"has a certificate that nobody here vouches for ({why}): name its CA's file in SSL_CERT_FILE"
        return f"has a certificate that is not right ({why}): look at its name and dates"
    if "WRONG_VERSION_NUMBER" in str(error) or "record layer" in str(error).lower():
        return "speaks plain HTTP: write http:// in its address"
    return f"cannot be spoken to with TLS ({shortened(str(error.reason or error))})"


def _cause(error: BaseException, kind: type[Error]) -> Error | None:
    seen: BaseException | None = error
    for _ in range(8):
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__ if seen is not None else None
    return None


def _reason(error: Exception) -> str:
    words = str(error)
    system = _cause(error, OSError)
    if "All connection attempts failed" in words and system is not None and system.strerror:
        words = system.strerror
    if isinstance(error, httpx2.ConnectTimeout):
        words = "it does not take the connection"
    return shortened(words or type(error).__name__)[:120]


def _proxy(url: str) -> str:
    """The proxy that the environment names for this server, without its password; nothing for none."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    proxies = getproxies()
    named = proxies.get(scheme) or proxies.get("all") or ""
    return shown_address(named) if named and not proxy_bypass(host) else ""
