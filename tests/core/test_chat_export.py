"""Chats as Markdown: what is written, and what is never replaced."""

from dataclasses import replace
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.chat_export import export_markdown
from bddseg_tui.core.retrieval.chats import (
    Candidate,
    Chat,
    append_turn,
    read_chat,
)
from tests.core.some_chat import TURN


def test_an_export_has_the_pictures_beside_it_and_no_live_markup(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data/a/b.jpg").write_bytes(b"picture")
    turn = replace(TURN, question="![x](http://evil)<script>", answer="# *yes*")
    file = export_markdown(append_turn(chat, turn), tmp_path / "data", tmp_path / "out")
    text = file.read_text()
    assert (tmp_path / "out/images/b.jpg").read_bytes() == b"picture" and "![b](images/b.jpg)" in text
    assert "![x]" not in text and "<script" not in text and "\n# \\*" not in text


def test_pictures_of_one_name_are_all_exported(tmp_path: Path, chat: Chat) -> None:
    for folder in ("a", "b"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        (tmp_path / "data" / folder / "x.jpg").write_text(folder)
    for number, folder in enumerate("ab", start=1):
        chat = append_turn(chat, replace(TURN, number=number, image=f"{folder}/x.jpg"))
    export_markdown(chat, tmp_path / "data", tmp_path / "out")
    assert sorted(p.read_text() for p in (tmp_path / "out/images").iterdir()) == ["a", "b"]


def test_an_export_replaces_the_last_one_and_nothing_of_the_persons(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "data").mkdir()
    for name in "xy":
        (tmp_path / f"data/{name}.jpg").write_text(name)
    out = tmp_path / "out"
    export_markdown(append_turn(chat, replace(TURN, image="x.jpg")), tmp_path / "data", out)
    (out / "images/mine.jpg").write_text("theirs")
    export_markdown(append_turn(chat, replace(TURN, image="y.jpg")), tmp_path / "data", out)
    assert sorted(p.name for p in (out / "images").iterdir()) == ["mine.jpg", "y.jpg"]


@pytest.mark.parametrize("name", ["chat.md", "images/x.jpg"])
def test_an_export_refuses_to_replace_files_of_the_persons(tmp_path: Path, chat: Chat, name: str) -> None:
    (tmp_path / "x.jpg").write_text("picture")
    theirs = tmp_path / "out" / name
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    with pytest.raises(BddsegError, match="refuses to replace"):
        export_markdown(append_turn(chat, replace(TURN, image="x.jpg")), tmp_path, tmp_path / "out")
    assert theirs.read_text() == "theirs"
    assert not (tmp_path / "out" / ".bddseg-tui").exists()


@pytest.mark.parametrize("image", ["../secret", "a/../../secret", "{}/secret", "..", "/etc/passwd", "\ud800", "a\0b"])
def test_a_chat_line_that_names_a_file_outside_the_dataset_gets_nothing(tmp_path: Path, chat: Chat, image: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret").write_text("secret")
    image = image.format(tmp_path)
    kept = append_turn(chat, replace(TURN, image=image, candidates=(Candidate(image, 0.5, 0.5),)))
    again = read_chat(chat.path)
    assert again is not None and again.turns[0].image is None and again.turns[0].candidates == ()
    for told in (kept, again):
        export_markdown(told, tmp_path / "data", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == [".bddseg-tui", "chat.md"]


def test_an_export_says_where_a_picture_is_gone(tmp_path: Path, chat: Chat) -> None:
    assert "is gone" in export_markdown(append_turn(chat, TURN), tmp_path, tmp_path / "out").read_text()


def test_an_export_into_a_file_is_one_line(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BddsegError, match="cannot be made"):
        export_markdown(append_turn(chat, TURN), tmp_path, tmp_path / "file")


def test_an_export_that_was_corrected_by_hand_is_not_replaced(tmp_path: Path, chat: Chat) -> None:
    kept = append_turn(chat, replace(TURN, image=None))
    file = export_markdown(kept, tmp_path, tmp_path / "out")
    export_markdown(kept, tmp_path, tmp_path / "out")
    file.write_text("corrected")
    with pytest.raises(BddsegError, match="someone has changed since"):
        export_markdown(kept, tmp_path, tmp_path / "out")
    assert file.read_text() == "corrected"
