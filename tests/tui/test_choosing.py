"""Lists to choose from: of any length only the lines in sight are made, and letters never wait for a search."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.text import Text
from textual.app import App

from bddseg_tui.core.retrieval.chat_search import ChatSearch
from bddseg_tui.core.retrieval.chats import Turn, append_turn, new_chat
from bddseg_tui.tui.shared.choice_list import ChoiceList
from bddseg_tui.tui.shared.choose import ChooseScreen
from tests.tui.conftest import AppPilot, until


class Bare(App[int]):
    CSS_PATH = "../../tui/shared/dialog.tcss"


def shown(app: App[int]) -> list[str]:
    choices = app.screen.query_one(ChoiceList)
    return [choices.label(n) for n in range(choices.count)]


async def test_of_many_choices_only_the_lines_in_sight_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    app, chosen, made = Bare(), list[int | None](), set[str]()
    render = Text.render

    def counted(text: Text, console: Console, end: str = "") -> Iterable[Segment]:
        if text.plain.startswith("choice"):
            made.add(text.plain)
        return render(text, console, end)

    monkeypatch.setattr(Text, "render", counted)
    async with app.run_test(size=(80, 24)) as pilot:
        choices: list[tuple[str | Text, int]] = [(f"choice {n:05d}", n) for n in range(20_000)]
        app.push_screen(ChooseScreen("Which?", choices, 12_345), chosen.append)
        await until(pilot, lambda: "choice 12345" in made)
        assert len(made) < 60
        await pilot.press(*"777")
        assert shown(app)[:2] == ["choice 00777", "choice 01777"]
        await pilot.press("down", "enter")
        await until(pilot, lambda: chosen == [1777])
        assert len(made) < 250


async def test_a_list_that_nothing_fits_says_so_and_enter_does_nothing() -> None:
    app, chosen = Bare(), list[int | None]()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ChooseScreen("Which?", [("one", 1), ("two", 2)]), chosen.append)
        await until(pilot, lambda: app.screen.query(ChoiceList))
        await pilot.press(*"xyz", "enter")
        assert "nothing fits" in app.screen.query_one(ChoiceList).render_line(0).text and not chosen
        await pilot.press("backspace", "backspace", "backspace", "end", "down", "down", "enter")
        await until(pilot, lambda: chosen == [2])


async def typed(pilot: AppPilot, letters: str) -> None:
    for letter in letters:
        await pilot.press(letter)


async def test_letters_go_on_while_a_search_is_slow_and_only_the_last_one_counts() -> None:
    slow, asked, dropped, chosen = threading.Event(), list[str](), list[str](), list[str | None]()

    def search(text: str, cancelled: Callable[[], bool]) -> list[tuple[str | Text, str]]:
        asked.append(text)
        slow.wait(30)
        if cancelled():
            dropped.append(text)
        return [(f"found by {text}", text)]

    app = Bare()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ChooseScreen("Which?", [("all", "all")], search=search), chosen.append)
        await until(pilot, lambda: app.screen.query(ChoiceList))
        await typed(pilot, "bu")
        await until(pilot, lambda: asked == ["bu"])
        await typed(pilot, "s")
        assert shown(app) == ["all"]
        await until(pilot, lambda: asked == ["bu", "bus"])
        await pilot.press("enter")
        assert not chosen, "Enter means what is still being searched for"
        slow.set()
        await until(pilot, lambda: chosen == ["bus"])
        assert dropped == ["bu"]


def test_chats_are_listed_by_their_first_lines_and_found_by_all_of_them(tmp_path: Path) -> None:
    for number in range(3):
        chat = replace(new_chat(tmp_path, Path("/data")), path=tmp_path / f"2026-{number}.jsonl")
        for turn in range(1, 4):
            said = "a tram, and it is NIGHT" if (number, turn) == (1, 3) else "nothing of note"
            chat = append_turn(chat, Turn(turn, f"question {number}.{turn}", answer=said + " x" * 20_000))
    search = ChatSearch(tmp_path)
    assert [s.title for s in search.all()] == ["question 2.1", "question 1.1", "question 0.1"]
    (found,) = search.find("night tram")
    assert found.title == "question 1.1" and "and it is NIGHT" in found.said
    assert [s.title for s in search.find("question 2.3")] == ["question 2.1"]
    assert search.find("question", lambda: True) == []
