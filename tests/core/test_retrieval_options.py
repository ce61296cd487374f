"""The settings of retrieval."""

from pathlib import Path

import pytest

from bddseg_tui.core.data.filter_language import parse_query, split_meaning
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.retrieval.manifest import read_manifest
from bddseg_tui.core.retrieval.options import Retrieval, check_value, read_retrieval
from bddseg_tui.core.services.retrieval import service_of
from bddseg_tui.core.settings import load_settings, save_settings
from bddseg_tui.core.workspace.workspace import Workspace


def test_settings_survive_a_restart(workspace: Workspace) -> None:
    service_of(workspace).configure(clip="ViT-B-32/laion2b_s34b_b79k", facts=True, top=5)
    options = load_settings(Workspace(workspace.root)).retrieval
    assert (options.clip, options.facts, options.top) == ("ViT-B-32/laion2b_s34b_b79k", True, 5)


def test_changing_them_keeps_all_others(workspace: Workspace) -> None:
    save_settings(workspace, theme="light")
    service_of(workspace).configure(top=3)
    assert load_settings(workspace).theme == "light"


@pytest.mark.parametrize("raw", [None, 3, {"clip": "demo", "top": 10_000, "device": "abacus", "no": 1}])
def test_what_is_wrong_in_the_file_counts_as_not_set(raw: object) -> None:
    assert read_retrieval(raw)[0] == Retrieval()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("clp", "demo", "no setting is called 'clp'.*clip"),
        ("top", "0", "1 to 100"),
        ("facts", "maybe", "on or off"),
        ("server", "ftp://localhost", "URL"),
        ("answer_tokens", "8", "16 to 32,768"),
        ("top", "²", "1 to 100"),
        ("fusion", "sum", "product, mean"),
        ("device", "tpu", "cpu, cuda"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_right(name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_value(name, text)


@pytest.mark.parametrize(
    ("text", "terms", "words"),
    [
        ("heavy rain split:val -tag:night", "split:val -tag:night", "heavy rain"),
        ("class:bus>1% iou<30%", "class:bus>1% iou<30%", ""),
        ("red bus", "", "red bus"),
        ("", "", ""),
    ],
)
def test_words_that_are_no_terms_are_told_from_those_that_are(text: str, terms: str, words: str) -> None:
    assert split_meaning(text) == (terms, words)
    parse_query(terms)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"model": "x"}', '{"count": "many"}'])
def test_a_manifest_that_is_missing_or_damaged_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    assert read_manifest(tmp_path) is None
