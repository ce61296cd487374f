"""The form of a new run, made from the configuration model: a field for each setting, checked as one types."""

from typing import Any

from pydantic import ValidationError
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Label, Select, Static

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.config import TrainConfig, field_errors
from bddseg_tui.core.runs.encoders import Encoder
from bddseg_tui.core.runs.settings_table import GROUPS, Setting, settings_table
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.train.commands import CONFIGURE
from bddseg_tui.tui.train.run_form import RunForm


class ConfigureScreen(ModalScreen[tuple[TrainConfig, str] | None]):
    """Dismisses with (configuration, preset name), or None on Escape."""

    ACTIONS = CONFIGURE
    BINDINGS = bindings(CONFIGURE)

    def __init__(self, form: RunForm) -> None:
        super().__init__()
        self._form, self._preset = form, form.preset

    def compose(self) -> ComposeResult:
        """A field for each setting, and what is wrong with them."""
        with Vertical(classes="dialog wide", id="configure"):
            with Horizontal(id="configure--head"):
                title = f"New run on {sanitize_path(self._form.root)}"
                yield Label(title, classes="dialog--title", markup=False)
                presets = [(n, n) for n in self._form.presets]
                yield Select(presets, value=self._preset, allow_blank=False, id="preset", compact=True)
            with VerticalScroll(can_focus=False):
                for group in GROUPS:
                    yield Label(group, classes="configure--group")
                    for setting in settings_table():
                        if setting.group == group:
                            with Horizontal(classes="configure--row"):
                                yield Label(setting.name, classes="configure--name")
                                yield _control(setting)
                                help_id = f"help-{setting.name}"
                                yield Static(setting.about, classes="configure--help", id=help_id, markup=False)
            yield Label("", id="configure--about", markup=False)
            yield Label("", id="configure--error", markup=False)
            yield Label("^s or F5 start  ^r next preset  F2 encoders  ↑↓ Tab move  Esc cancel", classes="dialog--hint")

    def on_mount(self) -> None:
        """Fills the fields."""
        self._fill(self._preset)
        # A blinking cursor would send bytes for ever.
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#set-height", Input).focus()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self._tell_about()

    def _tell_about(self) -> None:
        """What the focused field means, in full: beside it there may be no room."""
        name = (self.focused.id or "").removeprefix("set-") if self.focused else ""
        about = str(self.query_one(f"#help-{name}", Static).content) if name in TrainConfig.model_fields else ""
        self.query_one("#configure--about", Label).update(f"{name}: {about}" if about else "")

    @on(Select.Changed, "#preset")
    def _preset_chosen(self, event: Select.Changed) -> None:
        if event.value != self._preset:
            self._preset = str(event.value)
            self._fill(self._preset)

    def action_preset(self) -> None:
        """Goes on to the next preset."""
        names = list(self._form.presets)
        self.query_one("#preset", Select).value = names[(names.index(self._preset) + 1) % len(names)]

    @on(Input.Submitted, "#set-encoder")
    def action_encoder(self) -> None:
        """Offers the encoders with what they cost."""
        field = self.query_one("#set-encoder", Input)

        def chosen(encoder: Encoder | None) -> None:
            if encoder is not None:
                field.value = encoder.name
            field.focus()

        height, width = (self._number(name) for name in ("height", "width"))
        choices = [(_encoder_row(e, height, width), e) for e in self._form.encoders]
        title = f"U-Net: parameters, multiply-adds at {height}×{width}, encoder"
        self.app.push_screen(ChooseScreen(title, choices, self._form.encoder(field.value)), chosen)

    def _number(self, name: str) -> int:
        """What a field holds, or its default while that is no number."""
        text = self.query_one(f"#set-{name}", Input).value
        return int(text) if text.isdecimal() else int(TrainConfig.model_fields[name].default)

    def action_start(self) -> None:
        """Gives the settings back, if they make sense."""
        config = self._check()
        if config is not None:
            self.dismiss((config, self._preset))

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _changed(self) -> None:
        self._check()

    def _fill(self, preset: str) -> None:
        values = self._form.presets[preset].model_dump()
        for name, value in values.items():
            control = self.query_one(f"#set-{name}")
            if isinstance(control, Checkbox):
                control.value = bool(value)
            elif isinstance(control, Select):
                control.value = value
            elif isinstance(control, Input):
                control.value = f"{value:g}" if isinstance(value, float) else str(value)

    def _check(self) -> TrainConfig | None:
        """The configuration as it stands, or None; what is wrong is shown beside its field."""
        values: dict[str, Any] = {}
        for name in TrainConfig.model_fields:
            control = self.query_one(f"#set-{name}")
            assert isinstance(control, Checkbox | Select | Input)
            values[name] = control.value
        errors: dict[str, str] = {}
        config = None
        try:
            config = TrainConfig(**values)
        except ValidationError as error:
            errors = field_errors(error)
        except UsageError as error:
            errors = {"": str(error)}
        for name, field in TrainConfig.model_fields.items():
            note = self.query_one(f"#help-{name}", Static)
            note.set_class(name in errors, "configure--wrong")
            if name in errors:
                note.update(sanitize(errors[name].partition(": ")[2]))
            else:
                note.update(self._encoder_note() if name == "encoder" else field.description or "")
        self.query_one("#configure--error", Label).update(_summary(config, errors))
        self._tell_about()
        return config

    def _encoder_note(self) -> str:
        """What the U-Net with this encoder costs."""
        encoder = self._form.encoder(self.query_one("#set-encoder", Input).value)
        if encoder is None:
            return "not counted here; any encoder of SMP, or of timm as tu-NAME (F2 lists them)"
        giga = encoder.giga_multiplications(self._number("height"), self._number("width"))
        weights = ", ".join(encoder.weights) or "none"
        return f"{encoder.parameters / 1e6:.1f} M parameters, {giga:.1f} G multiply-adds an image; weights: {weights}"


def _encoder_row(encoder: Encoder, height: int, width: int) -> Text:
    giga = encoder.giga_multiplications(height, width)
    # The name comes last, since names differ in length and a narrow terminal cuts the end.
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{encoder.parameters / 1e6:>6.1f} M {giga:>7.1f} G  ")
    text.append(encoder.name, "bold")
    return text.append("  " + " ".join(encoder.weights), "dim")


def _summary(config: TrainConfig | None, errors: dict[str, str]) -> str:
    if config is None:
        return "; ".join(sanitize(e) for e in errors.values())[:200]
    batches = f"batches of {config.batch_size}" if config.batch_size else "batches as large as memory holds"
    return f"{config.epochs} epochs at {config.height}×{config.width}, {batches}, {config.loss}"


def _control(setting: Setting) -> Input | Select[Any] | Checkbox:
    field_id = f"set-{setting.name}"
    if isinstance(setting.default, bool):
        return Checkbox("", value=setting.default, id=field_id, compact=True)
    if setting.choices:
        choices = [(choice, choice) for choice in setting.choices]
        return Select(choices, value=setting.default, allow_blank=False, id=field_id, compact=True)
    return Input(str(setting.default), id=field_id, compact=True)
