"""The command palette: the app's commands and those of the screen, or of the pane that it shows."""

from collections.abc import Awaitable, Callable, Sequence

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from bddseg_tui.tui.shared.commands import APP, Command


class CommandProvider(Provider):
    """Offers commands of the tables; running one runs its action where its key would."""

    def _commands(self) -> list[tuple[Command, DOMNode]]:
        from bddseg_tui.tui.shared.pane import Pane

        pane = next((p for p in self.screen.query(Pane) if p.display and p.is_shown), None)
        nodes: Sequence[DOMNode] = pane.command_nodes() if pane else [self.screen]
        own = [(c, node) for node in nodes for of in ("ACTIONS", "more_commands") for c in getattr(node, of, ())]
        there = [*own, *((c, self.app) for c in APP if c.action != "command_palette")]
        return [(c, node) for c, node in there if not c.priority or c.action != "quit"]

    async def discover(self) -> Hits:
        """All commands, before anything is typed."""
        for command, target in self._commands():
            yield DiscoveryHit(self._title(command), self._runner(command, target), help=command.help)

    async def search(self, query: str) -> Hits:
        """The commands whose label or help matches."""
        matcher = self.matcher(query)
        for command, target in self._commands():
            title = self._title(command)
            score = max(matcher.match(title), matcher.match(command.help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(command, target), help=command.help)

    @staticmethod
    def _title(command: Command) -> str:
        return f"{command.label}  ({command.shown_key or command.keys.split(',')[0]})"

    def _runner(self, command: Command, target: DOMNode) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            from bddseg_tui.tui.shared.pane import Pane

            pane = next((node for node in target.ancestors_with_self if isinstance(node, Pane)), None)
            if pane is not None:
                pane.before_command()
            await self.app.run_action(command.action, target)

        return run
