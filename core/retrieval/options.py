"""What retrieval is set to: which models, which server, how to search. Kept in the workspace's settings file."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.skipped_records import NOTHING_LEFT_OUT, LeftOut
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

Fusion = Literal["product", "mean", "joint", "least"]
Quantise = Literal["", "4bit", "8bit"]


@dataclass(frozen=True)
class Retrieval:
    """The settings of index and chat.

    Attributes:
        clip: `demo`, a folder, or MODEL/WEIGHTS as open_clip names them.
        llava: `demo`, a folder, or a hub name.
        server: base URL of an OpenAI-compatible server that answers instead of `llava`; empty for none.
        server_model: the model's name on that server.
        quantise: load LLaVA in 4 or 8 bits (bitsandbytes).
        fusion: how several anchors are brought together.
        facts: offer the classes and shares of mask or prediction to LLaVA.
        milvus: URI of a Milvus server, or a file for milvus-lite; empty for local search.
        top: how many candidates are shown.
        second_look: how many of the best candidates LLaVA is asked about, whether they fit; 0 for none.
        device: "cpu" or "cuda"; empty for whichever there is.
        answer_tokens: how long an answer may be.
        thinking_tokens: how much longer, where a model reasons before it answers.
        keep_minutes: how long the models stay in memory for the next command or app; 0: they go with who asked.
    """

    clip: str = "demo"
    llava: str = "demo"
    server: str = ""
    server_model: str = ""
    quantise: Quantise = ""
    fusion: Fusion = "product"
    facts: bool = False
    milvus: str = ""
    top: int = 9
    second_look: int = 0
    device: str = ""
    answer_tokens: int = 256
    thinking_tokens: int = 2048
    keep_minutes: int = 10


HELP = {
    "clip": "CLIP: demo, a folder, or MODEL/WEIGHTS",
    "llava": "LLaVA: demo, a folder, or a hub name",
    "server": "answers instead of LLaVA: http://host:8000/v1",
    "server_model": "the model's name on the server",
    "quantise": "load LLaVA in 4bit or 8bit",
    "fusion": "several anchors: product, mean, joint or least",
    "facts": "tell LLaVA the classes and shares of the mask",
    "milvus": "Milvus URI or file, for more than a million images",
    "top": "candidates that are shown",
    "second_look": "best candidates that LLaVA is asked about, yes or no; 0: none",
    "device": "cpu, cuda or cuda:1; empty: whichever there is",
    "answer_tokens": "how long an answer may be",
    "thinking_tokens": "as many more, where a model thinks first",
    "keep_minutes": "how long models stay in memory for the next question; 0: not",
}
_WORDS: dict[str, tuple[str, ...]] = {
    "fusion": get_args(Fusion),
    "quantise": get_args(Quantise),
    "device": ("", "cpu", "cuda"),
}
RANGES = {
    "top": (1, 100),
    "second_look": (0, 50),
    "answer_tokens": (16, 32_768),
    "thinking_tokens": (0, 131_072),
    "keep_minutes": (0, 1_440),
}


def read_retrieval(raw: object) -> tuple[Retrieval, LeftOut]:
    """Settings from a table of the settings file; what is wrong in it counts as not set, and is told."""
    changes: dict[str, Any] = {}
    if not isinstance(raw, dict):
        return Retrieval(), NOTHING_LEFT_OUT.add("retrieval should be a table")
    left_out = NOTHING_LEFT_OUT
    for name, value in raw.items():
        try:
            changes |= {name: check_value(str(name), str(value))}
        except (UsageError, ValueError) as error:
            left_out = left_out.add(str(error)[:200])
    return Retrieval(**changes), left_out


def check_value(name: str, text: str) -> Any:
    """The value of a setting from what a person typed.

    Raises:
        UsageError: there is no such setting, or it cannot have this value.
    """
    defaults = asdict(Retrieval())
    if name not in defaults:
        raise UsageError(f"no setting is called {sanitize(name)!r}{suggestion(name, list(defaults))}")
    text = text.strip()
    default = defaults[name]
    if isinstance(default, bool):
        if text.lower() not in ("true", "false", "yes", "no", "on", "off"):
            raise UsageError(f"{name} is on or off, not {sanitize(text)!r}")
        return text.lower() in ("true", "yes", "on")
    if isinstance(default, int):
        least, most = RANGES[name]
        if not re.fullmatch("[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise UsageError(f"{name} is a number from {least:,} to {most:,}, not {sanitize(text)!r}")
        return int(text)
    if name == "server" and text:
        # What takes URLs apart is not imported by an app that has no server.
        from bddseg_tui.core.retrieval.server_address import server_address

        return server_address(text)
    if name == "device" and re.fullmatch("cuda:[0-9]{1,2}", text):
        return text
    if name in _WORDS and text not in _WORDS[name]:
        words = ", ".join(word or "nothing" for word in _WORDS[name])
        raise UsageError(f"{name} is one of {words}, not {sanitize(text)!r}")
    return text


def choices(name: str) -> tuple[str, ...]:
    """The values that a setting can have, where these are words; else its default alone."""
    default = asdict(Retrieval())[name]
    if isinstance(default, bool):
        return ("on", "off")
    return _WORDS.get(name, (str(default),))


NAMES = tuple(f.name for f in fields(Retrieval))
