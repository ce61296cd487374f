"""The Ask pane, driven by keys. The retriever is the real process with the models that ship."""

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from bddseg_tui.core.retrieval.client import gathered
from bddseg_tui.core.retrieval.events import LoadedEvent, RequestEvent, TokenEvent
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.ask.candidate_panel import LINES, STRIP, CandidatePanel, panel_width
from bddseg_tui.tui.ask.one_picture import OnePictureScreen
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.settings_screen import RetrievalSettingsScreen
from bddseg_tui.tui.ask.turn_view import TurnView
from bddseg_tui.tui.dataset.grid import Grid, Thumbnail
from bddseg_tui.tui.dataset.pane import DatasetPane
from bddseg_tui.tui.dataset.sample_list import SampleList
from bddseg_tui.tui.shared.picture import PictureView
from bddseg_tui.tui.shared.thumbnails import Thumbnails
from tests.index.serving import chunk, send, serving, start_stream
from tests.tui.asking import ask, ended, last_turn, text_of
from tests.tui.conftest import AppPilot, ask_pane_shown, until


async def test_without_an_index_it_says_so_and_one_key_builds_it(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await ask_pane_shown(pilot)
        await until(pilot, lambda: "no index" in text_of(pilot, "#introduction--text"))
        await pilot.press("b")
        await until(pilot, lambda: app.query_one(AskPane).index.manifest)
        await until(pilot, lambda: app.query_one("#suggestions").has_focus)
        assert "21 images" in text_of(pilot, "#ask-head")


async def test_an_index_too_large_for_exact_search_says_what_would_be_faster(
    indexed_workspace: Workspace, drawn: Path, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "large")
    shutil.copytree(indexed_workspace.root, workspace.root)
    manifest = workspace.index_path(drawn, "demo") / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "count": 150_000}))
    app = BddsegApp(workspace, drawn, "halfblock")
    async with app.run_test(size=(120, 40)) as pilot:
        await ask_pane_shown(pilot)
        await until(pilot, lambda: "150,000 images are searched exactly" in text_of(pilot, "#introduction--text"))


async def test_a_question_ends_with_candidates_and_an_answer_that_are_kept(asking: AppPilot, drawn: Path) -> None:
    await ask(asking, "show me the city at night")
    await ended(asking)
    turn = last_turn(asking)
    assert turn.state == "done" and turn.anchors and turn.candidates and turn.answer
    kept = asking.app.query_one(AskPane).engine.chats.find(drawn)
    assert [t.question for c in kept for t in c.turns] == ["show me the city at night"]


async def test_a_second_look_asks_again_and_says_which_candidate_is_looked_at(asking: AppPilot) -> None:
    await ask(asking, "show me the city at night")
    await ended(asking)
    before = last_turn(asking)
    told: list[str] = []
    apply = TurnView.apply

    async def noted(view: TurnView, event: RequestEvent) -> None:
        await apply(view, event)
        told.append(str(view.query_one(".turn--steps", Static).content))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TurnView, "apply", noted)
        await asking.press("L")
        # It may be over before anybody looks whether it goes on.
        await until(asking, lambda: told)
        await ended(asking)
    after = last_turn(asking)
    assert after.number == before.number and after.anchors == before.anchors
    assert "second_look" in after.timings and "second_look" not in before.timings
    assert any("looking at candidate 5 of 5" in line for line in told), told


async def test_escape_stops_an_answer_at_once(asking: AppPilot) -> None:
    arrived, over = threading.Event(), threading.Event()

    def hang(handler: object, body: object) -> None:
        arrived.set()
        over.wait(30)

    service = asking.app.query_one(AskPane).engine.retrieval
    with serving(hang) as url:
        service.configure(server=url, server_model="x")
        try:
            await ask(asking, "what is there?")
            await until(asking, arrived.is_set)
            await asking.press("escape")
            await ended(asking)
        finally:
            over.set()
            service.configure(server="", server_model="")
    assert last_turn(asking).state == "cancelled"


async def test_waiting_and_thinking_are_shown_and_an_answer_that_breaks_off_is_kept_with_the_reason(
    asking: AppPilot,
) -> None:
    thinks, breaks = threading.Event(), threading.Event()

    def handle(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        start_stream(handler)
        if isinstance(body["messages"][-1]["content"], str):
            send(handler, chunk({"content": "night"}, "stop"))
            return
        thinks.wait(60)
        send(handler, chunk({"reasoning_content": "hm"}))
        breaks.wait(60)
        send(handler, chunk({"content": "It is wet and"}))

    def doing() -> str:
        return text_of(asking, ".turn--steps")

    service = asking.app.query_one(AskPane).engine.retrieval
    with serving(handle) as url:
        service.configure(server=url, server_model="x")
        try:
            await ask(asking, "show me the night")
            await until(asking, lambda: asking.app.query(TurnView) and "waiting for the server, " in doing())
            thinks.set()
            await until(asking, lambda: "the model is thinking, " in doing())
            breaks.set()
            await ended(asking)
        finally:
            thinks.set()
            breaks.set()
            service.configure(server="", server_model="")
    turn = last_turn(asking)
    assert turn.state == "done" and turn.answer == "It is wet and"
    assert "in the middle of the answer" in turn.problem and "in the middle of the answer" in doing()


async def test_building_can_be_stopped_and_goes_on(app: BddsegApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await ask_pane_shown(pilot)
        await until(pilot, lambda: "no index" in text_of(pilot, "#introduction--text"))
        await pilot.press("b")
        await until(pilot, lambda: app.query_one(AskPane).index.status)
        await pilot.press("B")
        await until(pilot, lambda: (status := app.query_one(AskPane).index.status) and not status.live)
        await pilot.press("b")
        await until(pilot, lambda: app.query_one(AskPane).index.manifest)


async def test_a_candidate_can_be_chosen_and_asked_instead(asking: AppPilot) -> None:
    await ask(asking, "night")
    await ended(asking)
    picture, first = asking.app.query_one("#look--picture", PictureView), last_turn(asking)
    at = [c.image for c in first.candidates].index(first.image) if first.image else 0
    await asking.press("right", "right")
    chosen = first.candidates[at + 2]
    await until(asking, lambda: picture._request and str(picture._request.image).endswith(chosen.image))
    assert f"{chosen.confidence:.0%}" in text_of(asking, "#look--score")
    await asking.press("enter")
    await ended(asking, 2)
    second = last_turn(asking)
    assert second.image == chosen.image and second.question == first.question
    assert second.candidates == first.candidates and second.score == chosen.score, "the strip and the score stay"
    assert asking.app.query_one(Thumbnails).chosen == at + 2


async def test_anchors_can_be_edited_and_searched_again(asking: AppPilot) -> None:
    await ask(asking, "night")
    await ended(asking)
    await asking.press("e")
    await until(asking, lambda: isinstance(asking.app.screen.focused, Input))
    asking.app.screen.query_one(Input).value = "fog; city street"
    await asking.press("enter")
    await until(asking, lambda: last_turn(asking).anchors == ("fog", "city street"))
    await ended(asking)
    assert last_turn(asking).fallback == ""


async def test_the_image_opens_in_the_dataset_pane(asking: AppPilot) -> None:
    await ask(asking, "night")
    await ended(asking)
    await asking.press("enter")
    await ended(asking, 2)
    image = last_turn(asking).image
    assert image is not None
    await asking.press("f")
    await until(asking, lambda: isinstance(asking.app.screen, OnePictureScreen))
    await asking.press("escape", "o")
    samples = asking.app.query_one(SampleList)
    await until(asking, lambda: asking.app.query_one(DatasetPane).is_shown)
    await until(asking, lambda: samples.row and str(samples.row.image).endswith(image))


async def test_a_server_that_is_not_there_is_told_with_the_keys_that_help(asking: AppPilot) -> None:
    service = asking.app.query_one(AskPane).engine.retrieval
    service.configure(server="http://127.0.0.1:9/v1", server_model="x")
    try:
        await ask(asking, "is it night?")
        await ended(asking)
    finally:
        service.configure(server="", server_model="")
    turn = last_turn(asking)
    shown_text = str(asking.app.query_one(".turn--steps", Static).render())
    assert "cannot be reached" in turn.fallback + turn.problem
    assert "searching with the question itself" in shown_text


async def test_settings_are_checked_as_one_types_and_kept(asking: AppPilot) -> None:
    pane = asking.app.query_one(AskPane)
    pane.before_command()
    await asking.press("S")
    await until(asking, lambda: isinstance(asking.app.screen, RetrievalSettingsScreen))
    top = asking.app.screen.query_one("#option-top", Input)
    top.value = "many"
    await asking.pause()
    assert "1 to 100" in str(asking.app.screen.query_one("#settings--error", Static).render())
    top.value = "4"
    await asking.press("ctrl+s")
    await until(asking, lambda: len(asking.app.screen_stack) == 1)
    assert pane.engine.retrieval.options.top == 4
    pane.engine.retrieval.configure(top=9)


async def test_words_in_the_filter_search_by_meaning_on_enter(asking: AppPilot) -> None:
    await asking.press("1", "slash", *"heavy snow split:val", "enter")
    samples = asking.app.query_one(SampleList)
    await until(asking, lambda: samples.column == "fits" and samples.count == 6)
    assert "% fit “heavy snow”" in str(asking.app.query_one("#list-status", Static).render())
    await asking.press("V")
    await until(asking, lambda: len([t for t in asking.app.query(Thumbnail) if t.picture.drawn]) == 6)
    await asking.press("l", "escape")
    await until(asking, lambda: not asking.app.query_one(Grid).display)
    assert samples.cursor == 1 and samples.column == "fits"


async def test_more_like_this_shows_a_grid(asking: AppPilot) -> None:
    await asking.press("1", "M")
    await until(asking, lambda: len([t for t in asking.app.query(Thumbnail) if t.picture.drawn]) > 5)
    assert asking.app.query_one(Grid).has_focus


def test_tokens_that_come_fast_are_drawn_together_and_none_is_lost() -> None:
    events: list[RequestEvent] = [*(TokenEvent(text=f"{n} ") for n in range(100)), LoadedEvent()]
    out = list(gathered(events))
    assert "".join(e.text for e in out if isinstance(e, TokenEvent)) == "".join(f"{n} " for n in range(100))
    assert len(out) < 20 and out[-1] == LoadedEvent()


async def test_with_pictures_off_the_candidates_are_a_list_of_their_scores(asking: AppPilot) -> None:
    await ask(asking, "a forest road")
    await ended(asking)
    panel = asking.app.query_one(CandidatePanel)
    assert all(p.size.height for p in panel.query(PictureView))
    assert isinstance(asking.app, BddsegApp)
    while asking.app.protocol != "none":
        await asking.press("I")
    await until(asking, lambda: not any(p.size.area for p in panel.query(PictureView)))
    assert {t.size.height for t in panel.query(".thumbnail")} == {1}


@pytest.mark.parametrize(("screen", "least"), [((160, 45), 0.45), ((100, 30), 0.38), ((80, 24), 0.29)])
def test_the_picture_takes_most_of_the_room_and_the_words_can_still_be_read(
    screen: tuple[int, int], least: float
) -> None:
    width = panel_width(screen[0], screen[1] - 3)
    rows = min(screen[1] - 3 - STRIP - LINES, width * 9 / 32)
    assert rows * rows * 32 / 9 >= least * screen[0] * screen[1]
    assert screen[0] - width >= 34
