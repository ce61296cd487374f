"""The list of models of a server, and which of them to ask where nobody has named one."""

import json
import re
from collections.abc import Sequence
from typing import Any

_NO_CHAT = re.compile(
    r"embed|rerank|whisper|\btts\b|-tts|speech|moderation|guard|dall-?e|stable-diffusion|\bbge\b|^bge", re.IGNORECASE
)
_SEES = re.compile(r"llava|vision|\bvl\b|-vl|vl-|pixtral|internvl|moondream|gemma-?3|minicpm-v|omni|4o|idefics", re.I)
_MOST = 1000


def model_names(data: bytes) -> list[str] | None:
    """The names in a list of models, as OpenAI, Ollama and others write it; None where it is no such list."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return None
    entries: Any = raw
    if isinstance(raw, dict):
        if not raw.keys() & {"data", "models"}:
            return None
        entries = raw.get("data") or raw.get("models") or []
    if not isinstance(entries, list):
        return None
    return [name for entry in entries[:_MOST] if (name := _name(entry))]


def _name(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, dict):
        for key in ("id", "name", "model"):
            if isinstance(entry.get(key), str) and entry[key]:
                return str(entry[key])
    return ""


def choose_model(names: Sequence[str], without: frozenset[str] = frozenset()) -> str | None:
    """The first that looks as if it saw pictures, else the first that can talk; never one of `without`."""
    left = [n for n in names if n not in without]
    talking = [n for n in left if not _NO_CHAT.search(n)] or left
    return next((n for n in talking if _SEES.search(n)), talking[0] if talking else None)
