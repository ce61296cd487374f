"""Which models of transformers can be asked about a picture: told by their configuration, before a weight is read."""

import re
from typing import Any

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

FAMILIES = (
    "LLaVA 1.5, 1.6 and OneVision, Qwen2.5-VL, Qwen3-VL, SmolVLM2, Idefics3, InternVL, Gemma 3, Mistral 3, GLM-4V, "
    "and whatever else transformers has for pictures with text and a chat template"
)
_NO_CHAT = {
    *("blip", "blip-2", "git", "pix2struct", "udop", "florence2", "vision-encoder-decoder", "instructblip"),
    *("instructblipvideo", "kosmos-2", "kosmos-2.5", "paligemma", "pi0", "fuyu", "idefics", "got_ocr2", "shieldgemma2"),
    *("pp_chart2table", "pp_formulanet", "evolla", "t5gemma2"),
}
"""Types that complete captions, read text or classify, but hold no conversation."""


def check_family(config: Any, name: str) -> None:
    """Looks at a configuration of transformers.

    Raises:
        BddsegError: it is of no model that can be asked about a picture.
    """
    from transformers.models.auto import modeling_auto

    known = modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    kind = str(getattr(config, "model_type", ""))
    if kind in known and kind not in _NO_CHAT:
        return
    what = "holds no conversation" if kind in _NO_CHAT else "is not for pictures with text"
    raise BddsegError(f"{sanitize(name)} ({sanitize(kind) or 'of no type'}) {what}: what can be asked is {FAMILIES}")


def unknown_family(message: str, name: str) -> str:
    """What to say where transformers refuses a configuration with this message; '' where that has another reason."""
    if "trust_remote_code" in message:
        return f"{sanitize(name)} needs code that comes with it, which is never run: what can be asked is {FAMILIES}"
    if "does not recognize this architecture" in message or "Unrecognized model" in message:
        kind = re.search(r"model type [`'\"]([\w.-]+)", message)
        named = f" ({kind[1]})" if kind else ""
        return f"{sanitize(name)}{named} is of a type that transformers does not know: what can be asked is {FAMILIES}"
    return ""
