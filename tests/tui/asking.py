"""The Ask pane, asked and answered."""

from textual.widgets import Static

from bddseg_tui.core.retrieval.chats import Turn
from bddseg_tui.tui.ask.pane import AskPane
from bddseg_tui.tui.ask.question_box import QuestionBox
from bddseg_tui.tui.ask.turn_view import TurnView
from tests.tui.conftest import AppPilot, until


def last_turn(pilot: AppPilot) -> Turn:
    return list(pilot.app.query(TurnView))[-1].turn


async def ended(pilot: AppPilot, turns: int = 1) -> None:
    pane = pilot.app.query_one(AskPane)
    await until(pilot, lambda: len(pilot.app.query(TurnView)) == turns and not pane.asking.is_live)
    await until(pilot, lambda: pane.asking.chat and len(pane.asking.chat.turns) == turns)


def text_of(pilot: AppPilot, selector: str) -> str:
    return str(pilot.app.query_one(selector, Static).render())


async def ask(pilot: AppPilot, question: str) -> None:
    pilot.app.query_one(QuestionBox).enter()
    await pilot.press(*question.replace(" ", "␣").replace("␣", " "), "enter")
