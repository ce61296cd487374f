"""The command palette: the app's commands and those of the pane that is shown."""

from textual.command import DiscoveryHit, Hit, Hits, Provider

from bddseg_tui.tui.shared.commands import APP, Command


class CommandProvider(Provider):
    """Offers the table's commands; running one runs its action where its key would."""

    def _commands(self) -> list[tuple[Command, object]]:
        from bddseg_tui.tui.shared.pane import Pane

        pane = next((p for p in self.screen.query(Pane) if p.display and p.is_shown), None)
        own: list[tuple[Command, object]] = [(c, pane) for c in pane.COMMANDS] if pane else []
        return [*own, *((c, self.app) for c in APP if c.action != "command_palette")]

    async def discover(self) -> Hits:
        for command, target in self._commands():
            yield DiscoveryHit(self._title(command), self._runner(command, target), help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command, target in self._commands():
            title = self._title(command)
            score = max(matcher.match(title), matcher.match(command.help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._runner(command, target), help=command.help)

    @staticmethod
    def _title(command: Command) -> str:
        return f"{command.label}  ({command.shown_key or command.keys.split(',')[0]})"

    def _runner(self, command: Command, target: object):  # type: ignore[no-untyped-def]
        async def run() -> None:
            from bddseg_tui.tui.shared.pane import Pane

            if isinstance(target, Pane):
                target.before_command()
            await self.app.run_action(command.action, target)  # type: ignore[arg-type]

        return run
