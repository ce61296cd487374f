"""Strategies for records that make no sense: values of any kind, fields that are gone or others, bytes turned over."""

import json
from typing import Any

from hypothesis import strategies as st

DEEP = "[" * 20_000
TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(["\ud800", "a\udcff", "\x1b[2J", "\u202e", "a\0b", ""])
NUMBERS = (
    st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.sampled_from([2**53, 2**63, 2**64, -1, 1e308, 5e-324])
)
ATOMS = st.none() | st.booleans() | NUMBERS | TEXT
VALUES = st.recursive(ATOMS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXT, v, max_size=3), max_leaves=6)
_RAW = ["1e999", "NaN", "-Infinity", "9" * 5_000, DEEP, '{"a":' * 5_000, '"\\ud800"', '"' + "x" * 2_000_000 + '"']


def like(record: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Lines that were this record before something happened to them."""
    return st.one_of(_changed(record), _turned_over(record), st.binary(max_size=60))


@st.composite
def _changed(draw: st.DrawFn, record: dict[str, Any]) -> bytes:
    """Fields gone, added, or with other values; some of them such as Python would not write."""
    changed = dict(record)
    raw: dict[str, str] = {}
    for name in draw(st.lists(st.sampled_from(sorted(record)), min_size=1, max_size=3)):
        match draw(st.integers(0, 3)):
            case 0:
                changed.pop(name, None)
            case 1:
                changed[name] = f"RAW-{name}"
                raw[f'"RAW-{name}"'] = draw(st.sampled_from(_RAW))
            case 2:
                changed[name] = draw(VALUES)
            case _:
                changed[draw(TEXT)] = draw(VALUES)
    text = json.dumps(changed, ensure_ascii=draw(st.booleans()))
    for mark, value in raw.items():
        text = text.replace(mark, value)
    return text.encode("utf-8", "surrogatepass").replace(b"\n", b" ")


@st.composite
def _turned_over(draw: st.DrawFn, record: dict[str, Any]) -> bytes:
    data = bytearray(json.dumps(record).encode())
    for place, value in draw(st.lists(st.tuples(st.integers(0, 10**4), st.binary(max_size=4)), max_size=4)):
        at = place % (len(data) + 1)
        data[at : at + len(value)] = value
    return bytes(data[: draw(st.none() | st.integers(0, len(data)))])
