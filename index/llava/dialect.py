"""What one server wants to be asked like, learned from how it refuses: parameters, its address, when to come back."""

import email.utils
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_REFUSES = re.compile(
    r"unsupported|not supported|unrecogni[sz]ed|unknown|not permitted|not allowed|extra|unexpected|does not support"
    r"|doesn't support|invalid param|deprecated|use 'max",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model\b.{0,120}?(?:not found|not exist|n't exist|no such|unknown|not loaded|not available|not a valid)"
    r"|(?:unknown|no such|invalid|unsupported|no) model|model_not_found|does not support chat",
    re.IGNORECASE | re.DOTALL,
)
_NO_PATH = re.compile(r"endpoint|unknown path|not found|cannot post|cannot get|method not allowed|no route", re.I)
_PAUSE_S = 2.0
_ALTERNATIVES = 8


@dataclass(frozen=True)
class Dialect:
    """How the parameters of a request are named; None leaves one out."""

    limit: str = "max_tokens"
    temperature: bool = True
    stream: bool = True
    logprobs: bool = True

    def body(self, model: str, messages: list[Any], limit: int, alternatives: bool = False) -> dict[str, Any]:
        """The body of a request; `alternatives` asks what else each token might have been."""
        body: dict[str, Any] = {"model": model, "messages": messages, self.limit: limit}
        if self.temperature:
            body["temperature"] = 0.0
        if self.stream:
            body["stream"] = True
        if alternatives and self.logprobs:
            body |= {"logprobs": True, "top_logprobs": _ALTERNATIVES}
        return body

    def after(self, status: int, words: str) -> "Dialect | None":
        """What to try instead after a refusal; None where the refusal names no parameter of ours."""
        if status not in (200, 400, 404, 422, 500, 501) or not _REFUSES.search(words):
            return None
        if self.limit in words and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if self.limit in words and "max_tokens" in words.replace("max_completion_tokens", ""):
            return replace(self, limit="max_tokens")
        if self.logprobs and "logprobs" in words:
            return replace(self, logprobs=False)
        if self.temperature and "temperature" in words:
            return replace(self, temperature=False)
        if self.stream and re.search(r"\bstream(?:ing)?\b", words, re.IGNORECASE):
            return replace(self, stream=False)
        return None


def wrong_model(status: int, words: str) -> bool:
    """Whether a refusal is about the model's name."""
    return status in (200, 400, 404, 422, 500) and _NO_MODEL.search(words) is not None


def wrong_address(status: int, words: str) -> bool:
    """Whether a refusal is about the path; LM Studio says so under status 200."""
    return status in (404, 405) or (status == 200 and _NO_PATH.search(words) is not None)


def other_addresses(url: str) -> list[str]:
    """Where else the server may be: with /v1, at the root with /v1, or without it."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    paths = [path.removesuffix("/v1")] if path.endswith("/v1") else [f"{path}/v1", "/v1"]
    return [u for p in paths if (u := urlunsplit((parts.scheme, parts.netloc, p, parts.query, ""))) != url]


def pause_s(headers: Mapping[str, str]) -> float:
    """Seconds after which a server that is busy wants to be asked again; two where it does not say."""
    wanted = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", wanted):
        return float(wanted)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(wanted).timestamp() - time.time())
    except (ValueError, TypeError):
        return _PAUSE_S
