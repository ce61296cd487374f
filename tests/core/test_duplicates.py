"""Duplicates: what groups come of pairs, what filters know of them, and their file."""

from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.duplicates import Pair, group_pairs, measures_of, read_duplicates, spare, write_duplicates

CHAIN = (
    Pair("a", "b", 0.99, "alike"),
    Pair("b", "c", 0.98, "alike"),
    Pair("c", "d", 0.97, "alike"),
    Pair("e", "f", 1.0, "file"),
)
SPLITS = {"a": "train", "b": "train", "c": "val", "d": "val", "e": "train", "f": "train"}


def images(groups: tuple[object, ...]) -> list[list[str]]:
    return [[m.image for m in g.members] for g in groups]  # type: ignore[attr-defined]


def test_a_group_is_what_is_like_its_first_image_and_no_chain_through_others() -> None:
    groups = group_pairs(CHAIN, SPLITS)
    assert images(groups) == [["e", "f"], ["b", "a", "c"]]
    assert [g.leaks for g in groups] == [False, True]


def test_across_splits_only_such_pairs_count_and_what_can_go_is_what_was_trained_on() -> None:
    (group,) = group_pairs(CHAIN, SPLITS, across=True)
    assert {m.image for m in group.members} == {"b", "c"} and spare(group) == ["b"]
    assert spare(group_pairs(CHAIN, SPLITS, kind="file")[0]) == ["f"]


def test_what_is_gone_is_in_no_group() -> None:
    there = {k: v for k, v in SPLITS.items() if k not in "bf"}
    assert images(group_pairs(CHAIN, there)) == [["c", "d"]]


def test_filters_know_how_like_the_likest_other_is_and_the_likest_of_another_split() -> None:
    found = measures_of(CHAIN, SPLITS)
    assert found["b"] == {"duplicate": 0.99, "leakage": 0.98}
    assert found["a"]["leakage"] == found["e"]["leakage"] == 0 and found["e"]["duplicate"] == 1


def test_damaged_lines_are_counted_and_the_others_read(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    assert read_duplicates(path) is None
    write_duplicates(path, CHAIN, "by hand", 6)
    with path.open("a") as file:
        file.write('["a", "a", 1, "file"]\n["a", "b", 7, "file"]\n["a", "b", 0.5, "odd"]\n[[\n')
    found = read_duplicates(path)
    assert (
        found is not None and found.pairs == CHAIN and (found.images, found.about, found.damaged) == (6, "by hand", 4)
    )
    path.write_text('{"duplicates": 99}\n')
    with pytest.raises(BddsegError, match="look for them anew"):
        read_duplicates(path)
