"""The nearest name, for a name that does not exist."""

from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns ` (did you mean 'x'?)` for the known name most like this one, or an empty string."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
