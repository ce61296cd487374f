"""Chats on disk."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import BddsegError
from core.retrieval.chats import (
    Candidate,
    Chat,
    Turn,
    append_turn,
    delete_chat,
    export_markdown,
    list_chats,
    new_chat,
    read_chat,
)

TURN = Turn(
    1,
    "is there a bus?",
    ("bus", "night"),
    candidates=(Candidate("a/b.jpg", 0.31, 0.9),),
    image="a/b.jpg",
    answer="Yes.",
    score=0.31,
    confidence=0.9,
    time=5.0,
    timings={"total": 1.5},
)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    return new_chat(tmp_path, Path("/data/demo"))


def test_a_turn_comes_back_as_it_was(chat: Chat) -> None:
    kept = append_turn(chat, TURN)
    again = read_chat(kept.path)
    assert again is not None and again.turns == (TURN,) and again.dataset == "/data/demo"


def test_a_new_chat_is_not_on_disk_before_its_first_turn(chat: Chat) -> None:
    assert not chat.path.exists()


def test_a_turn_that_is_asked_again_takes_the_old_ones_place(chat: Chat) -> None:
    kept = append_turn(append_turn(chat, TURN), replace(TURN, number=2, question="and now?"))
    append_turn(kept, replace(TURN, answer="No."))
    again = read_chat(chat.path)
    assert again is not None and [t.answer for t in again.turns] == ["No.", "Yes."]


def test_a_torn_last_line_costs_that_turn_alone(chat: Chat) -> None:
    append_turn(chat, TURN)
    with chat.path.open("ab") as file:
        file.write(b'{"number": 2, "quest')
    append_turn(chat, replace(TURN, number=3))
    again = read_chat(chat.path)
    assert again is not None and [t.number for t in again.turns] == [1, 3]


def test_what_was_kept_is_sanitized_when_it_is_read(chat: Chat) -> None:
    append_turn(chat, replace(TURN, answer="\x1b[2Jred\u202e", problem="\x07"))
    again = read_chat(chat.path)
    assert again is not None and "\x1b" not in again.turns[0].answer and "\u202e" not in again.turns[0].answer


@pytest.mark.parametrize(("text", "found"), [("", 2), ("BUS", 1), ("foggy yes", 1), ("nothing of it", 0)])
def test_chats_are_found_by_what_was_said(tmp_path: Path, text: str, found: int) -> None:
    append_turn(Chat(tmp_path / "1.jsonl", "/d", 1.0), TURN)
    append_turn(Chat(tmp_path / "2.jsonl", "/d", 2.0), replace(TURN, question="is it foggy?"))
    assert len(list_chats(tmp_path, text)) == found


def test_files_that_are_no_chats_are_left_out(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"\xff\x00 no chat\n[1]\n")
    append_turn(chat, TURN)
    assert [c.path for c in list_chats(tmp_path)] == [chat.path]


def test_a_deleted_chat_is_gone(tmp_path: Path, chat: Chat) -> None:
    delete_chat(append_turn(chat, TURN))
    assert list_chats(tmp_path) == []


def test_an_export_has_the_pictures_beside_it_and_no_live_markup(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data/a/b.jpg").write_bytes(b"picture")
    turn = replace(TURN, question="![x](http://evil)<script>", answer="# *yes*")
    file = export_markdown(append_turn(chat, turn), tmp_path / "data", tmp_path / "out")
    text = file.read_text()
    assert (tmp_path / "out/images/b.jpg").read_bytes() == b"picture" and "![b](images/b.jpg)" in text
    assert "![x]" not in text and "<script" not in text and "\n# \\*" not in text


def test_an_export_says_where_a_picture_is_gone(tmp_path: Path, chat: Chat) -> None:
    assert "is gone" in export_markdown(append_turn(chat, TURN), tmp_path, tmp_path / "out").read_text()


def test_an_export_into_a_file_is_one_line(tmp_path: Path, chat: Chat) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BddsegError, match="cannot be written"):
        export_markdown(append_turn(chat, TURN), tmp_path, tmp_path / "file")


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "from core.retrieval.chats import *; from core.errors import BddsegError\n"
        "try: append_turn(new_chat(Path(sys.argv[1]), Path('/d')), Turn(1, 'q'))\n"
        "except BddsegError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, os.fspath(tmp_path)], capture_output=True, text=True, check=True)
    assert "cannot be kept" in done.stdout
