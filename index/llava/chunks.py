"""What one JSON object of a server says, whichever dialect of OpenAI's protocol it speaks.

Read field by field rather than by a typed model of the `openai` library: servers leave fields out, send null for
them, or lists in the place of texts, and each of that is an ordinary answer of some server.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LIMIT = ("length", "max_tokens", "model_length", "max_output_tokens", "max_completion_tokens")
FILTER = ("content_filter", "safety", "recitation", "blocklist", "prohibited_content", "refusal", "sensitive")
BROKEN = ("error", "abort", "aborted", "cancelled", "insufficient_system_resource", "network_error")


@dataclass(frozen=True)
class Said:
    """Words of the reply; they may hold inline thoughts."""

    text: str


@dataclass(frozen=True)
class Thought:
    """Reasoning, in a field of its own."""

    text: str


@dataclass(frozen=True)
class Declined:
    """The model's own words for not answering."""

    text: str


@dataclass(frozen=True)
class Finished:
    """Why the reply ended, in the server's word, small."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """An error in the place of, or amid, a reply."""

    words: str


@dataclass(frozen=True)
class Odd:
    """Something that makes no sense; what comes after it may."""


@dataclass(frozen=True)
class Likely:
    """What a token might have been instead: each with its probability (0..1)."""

    chances: tuple[tuple[str, float], ...]


Part = Likely | Said | Thought | Declined | Finished | Failed | Odd


def parts_of(raw: Any) -> Iterator[Part]:
    """The parts of one chunk, or of a reply that came in one piece."""
    if not isinstance(raw, dict):
        yield Odd()
        return
    if (words := error_words(raw)) is not None:
        yield Failed(words)
        return
    choices = raw.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if choice is None and isinstance(raw.get("message"), dict):
        # Ollama's own protocol, at /api/chat.
        choice = raw if raw.get("done_reason") is None else {**raw, "finish_reason": raw["done_reason"]}
    if not isinstance(choice, dict):
        return
    if (words := error_words(choice)) is not None:
        yield Failed(words)
    # Before the words: they may be the last that is read.
    yield from _likely(choice.get("logprobs"))
    yield from _message_parts(_message(choice))
    reason = choice.get("finish_reason") or choice.get("stop_reason")
    if isinstance(reason, str) and reason:
        yield Finished(reason.lower())


def _message(choice: dict[str, Any]) -> dict[str, Any]:
    for name in ("delta", "message"):
        if isinstance(choice.get(name), dict):
            return dict(choice[name])
    return {"content": choice.get("text")}


def _message_parts(message: dict[str, Any]) -> Iterator[Part]:
    for name in ("reasoning_content", "reasoning", "thinking"):
        if text := text_of(message.get(name)):
            yield Thought(text)
            break
    content = message.get("content")
    for block in content if isinstance(content, list) else [content]:
        kind = block.get("type") if isinstance(block, dict) else None
        thought = isinstance(kind, str) and ("think" in kind or "reason" in kind)
        if text := text_of(block):
            yield Thought(text) if thought else Said(text)
    if text := text_of(message.get("refusal")):
        yield Declined(text)


def _likely(logprobs: Any) -> Iterator[Likely]:
    """The alternatives of every token, where the server was asked for them and gives any."""
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    for token in tokens if isinstance(tokens, list) else ():
        tops = token.get("top_logprobs") if isinstance(token, dict) else None
        found = [
            (top["token"], math.exp(min(0.0, float(top["logprob"]))))
            for top in (tops if isinstance(tops, list) else ())
            if isinstance(top, dict) and isinstance(top.get("token"), str) and _is_number(top.get("logprob"))
        ]
        if found:
            yield Likely(tuple(found))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def text_of(value: Any, depth: int = 4) -> str:
    """The text in a text, a list of texts, or blocks that hold some; nothing in whatever else."""
    if isinstance(value, str):
        return value
    if depth and isinstance(value, list):
        return "".join(text_of(v, depth - 1) for v in value)
    if depth and isinstance(value, dict):
        for name in ("text", "thinking", "reasoning", "content", "value", "summary"):
            if text := text_of(value.get(name), depth - 1):
                return text
    return ""


def error_words(raw: Any) -> str | None:
    """What an object complains about, or None where it is no complaint."""
    if not isinstance(raw, dict):
        return None
    error = raw.get("error")
    if error:
        return _words(error) or "an error without words"
    complains = "choices" not in raw and "message" in raw and isinstance(raw["message"], str)
    if complains and (raw.get("object") == "error" or {"code", "status", "type"} & raw.keys()):
        return _words(raw)
    if "choices" not in raw and raw.get("detail"):
        return _words(raw["detail"]) or None
    return None


def _words(value: Any, depth: int = 4) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "; ".join(w for w in (_words(v, depth - 1) for v in value[:3]) if w)
    if isinstance(value, dict) and depth:
        for name in ("message", "msg", "error", "detail", "reason", "code", "type"):
            if words := _words(value.get(name), depth - 1):
                return words
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
