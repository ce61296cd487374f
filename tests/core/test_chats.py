"""Chats on disk."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.chats import (
    Chat,
    append_turn,
    delete_chat,
    list_chats,
    read_chat,
)
from bddseg_tui.core.services.chats import ChatService
from bddseg_tui.core.workspace.workspace import Workspace
from tests.core.some_chat import TURN


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


GOOD = {"number": 2, "question": "q", "time": 5.0}


DEEP = b"[" * 100_000


ODD_LINES = {
    "no JSON": (b"{", "it is no JSON"),
    "not UTF-8": (b"\xff\xfe\xff", "it is not UTF-8"),
    "a list": (b"[1]", "dictionary"),
    "null": (b"null", "dictionary"),
    "nested without end": (DEEP, "nested too deeply"),
    "nested within": (b'{"number": 2, "question": ' + DEEP, "nested too deeply"),
    "no question": (b'{"number": 2}', "question is missing"),
    "a null number": (json.dumps({**GOOD, "number": None}).encode(), "number should be"),
    "a number of 400 digits": (b'{"question": "q", "number": ' + b"9" * 400 + b"}", "number should be"),
    "digits without end": (b'{"question": "q", "number": ' + b"9" * 5000 + b"}", "it is no JSON"),
    "a score of 1e999": (json.dumps(GOOD)[:-1].encode() + b', "score": 1e999}', "score should be"),
    "a time of 1e300": (json.dumps({**GOOD, "time": 1e300}).encode(), "time should be"),
    "a question that is a number": (json.dumps({**GOOD, "question": 3}).encode(), "question should be"),
    "an answer that is null": (json.dumps({**GOOD, "answer": None}).encode(), "answer should be"),
    "an image that is a list": (json.dumps({**GOOD, "image": ["a"]}).encode(), "image is no text"),
    "candidates that are text": (json.dumps({**GOOD, "candidates": "abc"}).encode(), "candidates should be"),
    "a candidate that is null": (json.dumps({**GOOD, "candidates": [None]}).encode(), "candidates"),
    "timings that are text": (json.dumps({**GOOD, "timings": {"total": "long"}}).encode(), "total should be"),
    "a header without a time": (b'{"chat": 1, "dataset": "/other"}', "created is missing"),
    "a header of 1e999": (b'{"chat": 1, "dataset": "/other", "created": 1e999}', "created should be"),
    "a header of a list": (b'{"chat": 1, "dataset": [], "created": 1.0}', "dataset should be"),
}


@pytest.mark.parametrize("name", ODD_LINES)
def test_a_line_that_makes_no_sense_is_left_out_counted_and_told(chat: Chat, name: str) -> None:
    line, why = ODD_LINES[name]
    append_turn(chat, TURN)
    with chat.path.open("ab") as file:
        file.write(line + b"\n")
    append_turn(chat, replace(TURN, number=3))
    found = list_chats(chat.path.parent)[0]
    assert [t.number for t in found.turns] == [1, 3] and found.dataset == "/data/demo"
    assert found.left_out.count == 1
    assert found.left_out.first.startswith("line 3: ") and why in found.left_out.first
    assert "\n" not in found.left_out.first


def test_a_surrogate_in_what_was_said_costs_no_turn(chat: Chat) -> None:
    append_turn(chat, replace(TURN, question="what\ud800", answer="a\udcff"))
    found = read_chat(chat.path)
    assert found is not None and (found.turns[0].question, found.turns[0].answer) == ("what\ufffd", "a\ufffd")


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_among_the_chats_blocks_nobody(tmp_path: Path, chat: Chat, kind: str) -> None:
    (tmp_path / "9.jsonl").mkdir() if kind == "folder" else os.mkfifo(tmp_path / "9.jsonl")
    append_turn(chat, TURN)
    assert [c.path for c in list_chats(tmp_path)] == [chat.path]


def test_a_chat_of_which_nothing_makes_sense_is_still_listed(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(b'{"chat": 1, "dataset": "/d", "created": 1.0}\n{"number": null}\n')
    (found,) = list_chats(tmp_path)
    assert found.title == "(nothing in it makes sense)" and found.left_out.count == 1


def test_a_deleted_chat_is_gone(tmp_path: Path, chat: Chat) -> None:
    delete_chat(append_turn(chat, TURN))
    assert list_chats(tmp_path) == []


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "from bddseg_tui.core.retrieval.chats import *; from bddseg_tui.core.errors import BddsegError\n"
        "try: append_turn(new_chat(Path(sys.argv[1]), Path('/d')), Turn(1, 'q'))\n"
        "except BddsegError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, os.fspath(tmp_path)], capture_output=True, text=True, check=True)
    assert "cannot be written (this turn is not kept)" in done.stdout


FILLING = """
import resource, signal, sys
from pathlib import Path
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.chats import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, kept = Path(sys.argv[1]), []
for limit in range(0, 2200, 7):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    chat = read_chat(path) or Chat(path, "/data", 5.0)
    try:
        append_turn(chat, Turn(limit, "q"))
        kept.append(limit)
    except BddsegError:
        pass
    again = read_chat(path)
    assert [t.number for t in again.turns if again] == kept if again else not kept, (limit, kept, again)
assert len(kept) > 3 and again.dataset == "/data" and again.created == 5.0
"""


def test_on_a_filling_disk_a_turn_is_kept_and_told_so_or_neither(tmp_path: Path) -> None:
    """At every number of bytes that still fit, the first turn with its header included."""
    done = subprocess.run([sys.executable, "-c", FILLING, os.fspath(tmp_path / "c.jsonl")], check=False)
    assert done.returncode == 0


def test_turns_without_a_header_are_a_chat_and_get_one_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"number": 1, "question": "is there a bus?", "time": 5.0}) + "\n")
    found = read_chat(path)
    assert found is not None and found.created == 5.0 and [t.number for t in found.turns] == [1]
    append_turn(replace(found, dataset="/data"), replace(TURN, number=2))
    append_turn(replace(found, dataset="/data"), replace(TURN, number=3))
    again = read_chat(path)
    assert again is not None and again.dataset == "/data" and [t.number for t in again.turns] == [1, 2, 3]
    assert path.read_text().count('"chat"') == 1


def test_chats_are_private_also_those_of_earlier_versions(workspace: Workspace) -> None:
    root = Path("/data/demo")
    folder = workspace.root / "chats" / workspace.catalog_path(root).stem
    folder.mkdir(parents=True, mode=0o755)
    old = folder / "1.jsonl"
    old.write_text("")
    old.chmod(0o644)
    chats = ChatService(workspace)
    new = chats.keep(chats.new(root), TURN).path
    assert [p.stat().st_mode & 0o777 for p in (old, new, folder, folder.parent)] == [0o600, 0o600, 0o700, 0o700]


def test_two_processes_that_begin_one_chat_write_one_header(tmp_path: Path, chat: Chat) -> None:
    append_turn(chat, TURN)
    append_turn(chat, replace(TURN, number=2))
    assert chat.path.read_text().count('"chat"') == 1


def test_a_chat_that_is_a_link_is_not_written_through(tmp_path: Path, chat: Chat) -> None:
    chat.path.symlink_to(tmp_path / "victim")
    with pytest.raises(BddsegError, match="must not be followed"):
        append_turn(chat, TURN)
    assert not (tmp_path / "victim").exists()


def test_a_chat_that_cannot_be_deleted_is_one_line(tmp_path: Path, chat: Chat) -> None:
    chat.path.mkdir()
    with pytest.raises(BddsegError, match="cannot be deleted: it is a folder"):
        delete_chat(chat)


def test_a_torn_header_is_written_again_with_the_next_turn(chat: Chat) -> None:
    chat.path.write_bytes(b'{"chat": 1, "data')
    append_turn(chat, TURN)
    again = read_chat(chat.path)
    assert again is not None and again.dataset == "/data/demo" and again.turns == (TURN,)
