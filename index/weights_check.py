"""Whether weights are those of the model that they were loaded into: whole, nothing else, and numbers."""

import re
from collections.abc import Sequence
from typing import Any

import torch

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

_SHOWN = 3
_KEYS = re.compile(r"(Missing|Unexpected) key\(s\) in state_dict: (.*?)\.\s*(?:Unexpected|size mismatch|$)", re.DOTALL)
_SHAPE = re.compile(r"size mismatch for ([^:\s]+)")


def refuse_broken(model: torch.nn.Module) -> None:
    """Looks at every weight.

    Raises:
        BddsegError: some hold NaN or infinity.
    """
    # A sum carries NaN and infinity along, and costs a third of a look at each number.
    bad = [
        name
        for name, value in model.state_dict().items()
        if value.is_floating_point() and not bool(torch.isfinite(value.sum(dtype=torch.float32)))
        and not bool(torch.isfinite(value.float()).all())
    ]  # fmt: skip
    if bad:
        raise BddsegError(f"its weights are damaged: NaN or infinity in {named(bad)}")


def difference(missing: Sequence[str], unexpected: Sequence[str], shapes: Sequence[str]) -> str:
    """What is wrong with the keys of some weights, the first few by name; nothing where all is right."""
    parts = [f"{named(missing)} missing"] if missing else []
    parts += [f"{named(unexpected)} unexpected"] if unexpected else []
    parts += [f"{named(shapes)} of another shape"] if shapes else []
    return "its weights are another model's: " + ", ".join(parts) if parts else ""


def named(keys: Sequence[str]) -> str:
    """The first few keys, and how many more there are."""
    more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
    return ", ".join(sanitize(k)[:60] for k in list(keys)[:_SHOWN]) + more


def why_not_loaded(error: Exception) -> str:
    """The reason of a loader, in a line; torch's list of keys, which may be pages, becomes the first few of each."""
    if isinstance(error, BddsegError):
        return str(error)
    if isinstance(error, KeyError):
        return f"its weights are another model's: {named([str(k) for k in error.args])} missing"
    words = str(error)
    found: dict[str, Any] = {kind: re.findall(r'"([^"]+)"', keys) for kind, keys in _KEYS.findall(words + "\n")}
    shapes = _SHAPE.findall(words)
    said = difference(found.get("Missing", []), found.get("Unexpected", []), shapes)
    return said or sanitize(" ".join(words.split()))[:160] or type(error).__name__
