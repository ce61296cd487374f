"""Tags by words: what is proposed, with how many expected to be wrong, and what becomes of it when it is accepted."""

import os
from pathlib import Path

import pytest

from bddseg_tui.core.engine import Engine
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.quality.proposed_tags import phrases_of, read_proposals
from bddseg_tui.index.zero_shot import TagsWanted, propose, propose_tags
from tests.index.conftest import Indexed


def test_a_phrase_is_a_tag_of_one_word() -> None:
    assert phrases_of(" night ; Heavy  rain;; ") == ("night", "Heavy  rain")
    with pytest.raises(UsageError, match="two phrases make the same tag"):
        phrases_of("heavy rain; Heavy  rain")
    with pytest.raises(UsageError, match="tag what"):
        phrases_of(" ; ")


def test_what_is_proposed_is_sure_enough_and_tells_how_many_it_expects_to_be_wrong(indexed: Indexed) -> None:
    found = propose(indexed.searcher, "night", 0.5)
    sure = [i.confidence for i in found.images]
    assert found.tag == "night" and sure == sorted(sure, reverse=True) and min(sure) >= 0.5
    assert found.expected_wrong is not None and 0 <= found.expected_wrong <= len(sure) / 2
    stricter = propose(indexed.searcher, "night", 0.9)
    assert len(stricter.images) + stricter.unsure == len(found.images)


def test_proposed_tags_are_accepted_rejected_and_not_proposed_to_who_has_them(
    engine: Engine, indexed: Indexed, tmp_path: Path
) -> None:
    collection = engine.data.open(indexed.root)
    engine.data.scan(collection, lambda *_: None)
    to = tmp_path / "proposals.json"
    wanted = TagsWanted(
        collection.dataset.root, collection.catalog.path, indexed.folder, to, "demo", "night; rain", 0.01, "cpu"
    )
    phases: list[str] = []
    made = propose_tags(wanted, lambda phase, *_: phases.append(phase))
    assert read_proposals(to) == made and phases[-1] == "tag"
    night, rain = made.tags
    proposed = engine.data.find(collection, "tag:night?")
    assert {os.path.relpath(r.image, indexed.root) for r in proposed} == {i.image for i in night.images}
    first = proposed[0].id
    changes = engine.quality.settle_proposed(collection, [first], True, "night")
    assert [(c.tag, c.removed) for c in changes] == [("night", False), ("night?", True)]
    assert collection.catalog.count_tagged([first], "night?") == 0
    propose_tags(wanted, lambda *_: None)
    assert collection.catalog.count_tagged([first], "night?") == 0, "it has the tag itself"
    for change in reversed(changes):
        engine.data.take_back(collection, change)
    assert collection.catalog.count_tagged([first], "night?") == 1
    ids = engine.data.find_ids(collection, "tag:rain?")
    engine.quality.settle_proposed(collection, ids, False)
    assert len(ids) == len(rain.images) and "rain?" not in collection.catalog.tags()
