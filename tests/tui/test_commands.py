"""Every key is a command of a table, and every command is in the help."""

import importlib
import io
import pkgutil
from collections.abc import Iterator

import pytest
from rich.console import Console
from textual.binding import Binding
from textual.command import CommandList
from textual.dom import DOMNode

import bddseg_tui.tui
from bddseg_tui.tui.app import BddsegApp
from bddseg_tui.tui.command_groups import GROUPS, PANES
from bddseg_tui.tui.help_screen import help_text
from bddseg_tui.tui.shared.commands import APP
from tests.tui.conftest import until


def nodes_with_keys() -> Iterator[type[DOMNode]]:
    """Every app, screen, pane and widget of ours that has keys of its own."""
    for module in pkgutil.walk_packages(bddseg_tui.tui.__path__, "bddseg_tui.tui."):
        for value in vars(importlib.import_module(module.name)).values():
            is_node = isinstance(value, type) and issubclass(value, DOMNode)
            if is_node and value.__module__ == module.name and "BINDINGS" in vars(value):
                yield value


NODES = {f"{node.__module__.rpartition('tui.')[2]}.{node.__name__}": node for node in nodes_with_keys()}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_every_key_is_known_to_the_help(node: type[DOMNode]) -> None:
    known = {(key, c.action) for _, commands in GROUPS for c in commands for key in c.keys.split(",")}
    bindings = [b for b in node.BINDINGS if isinstance(b, Binding)]
    assert len(bindings) == len(node.BINDINGS), "a key without a text"
    keys = {(key, b.action) for b in bindings for key in b.key.split(",")}
    assert not keys - known


def test_every_command_is_in_the_help() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(help_text(GROUPS))
    shown = console.export_text()
    assert not [c.help for _, commands in GROUPS for c in commands if c.help not in shown]


@pytest.mark.parametrize(("title", "commands"), GROUPS, ids=[title for title, _ in GROUPS])
def test_no_key_means_two_things_within_a_group(title: str, commands: tuple[object, ...]) -> None:
    keys = [key for c in dict(GROUPS)[title] for key in c.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("title", "commands"), PANES, ids=[title for title, _ in PANES])
def test_no_key_of_a_pane_is_one_of_the_app(title: str, commands: tuple[object, ...]) -> None:
    everywhere = {key for c in APP for key in c.keys.split(",")}
    assert not everywhere & {key for c in dict(PANES)[title] for key in c.keys.split(",")}


def test_no_key_is_taken_by_a_multiplexer_or_sent_as_escape() -> None:
    keys = {key for _, commands in GROUPS for c in commands for key in c.keys.split(",")}
    assert not {"ctrl+a", "ctrl+b"} & keys
    assert not {key for key in keys if key.startswith("alt+")}


async def test_the_palette_offers_the_commands_of_the_screen_that_it_lies_over(app: BddsegApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: app.collection)
        await pilot.press("O")
        await pilot.press("ctrl+p", *"draw the demo")
        await until(pilot, lambda: app.screen.query("CommandList"))
        listed = app.screen.query_one(CommandList)
        await until(pilot, lambda: listed.option_count)
        assert "Draw the demo" in str(listed.get_option_at_index(0).prompt)
