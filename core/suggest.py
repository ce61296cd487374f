"""The nearest name, for a name that does not exist."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None where none is like it."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return close[0] if close else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Returns ` (did you mean 'x'?)` for the known name most like this one, or an empty string."""
    near = nearest(name, known)
    return f" (did you mean {near!r}?)" if near is not None else ""
