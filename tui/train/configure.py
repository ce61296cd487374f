"""The form of a new run, made from the configuration model: a field for each setting, checked as one types."""

from typing import Any

from pydantic import ValidationError
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Select, Static

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.architectures import ARCHITECTURES, SHOWN, Architecture
from bddseg_tui.core.runs.config import TrainConfig, field_errors
from bddseg_tui.core.runs.encoders import Encoder
from bddseg_tui.core.runs.settings_table import GROUPS, Setting, settings_table
from bddseg_tui.core.runs.timm_weights import TaggedWeights, untagged
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.tui.shared.choose import ChooseScreen
from bddseg_tui.tui.shared.commands import bindings
from bddseg_tui.tui.shared.path_lines import path_end
from bddseg_tui.tui.train.commands import CONFIGURE
from bddseg_tui.tui.train.run_form import RunForm, changed_settings, changes_text, costs_text, shown_value
from bddseg_tui.tui.train.setting_fields import ChoiceField, Field, Fields, setting_field

WITH_SLASHES = ("encoder", "encoder_weights")
"""Settings whose values may hold a slash: there it is typed and finds nothing."""


class ConfigureScreen(ModalScreen[tuple[TrainConfig, str, bool] | None]):
    """Dismisses with (configuration, preset name, whether it goes into the queue), or None on Escape."""

    ACTIONS = CONFIGURE
    BINDINGS = bindings(CONFIGURE)

    def __init__(self, form: RunForm, training: str = "") -> None:
        """`training` is the name of a run that trains now, for which one in the queue would wait."""
        super().__init__()
        self._training = training
        self._form, self._preset = form, form.preset
        self._settings = {setting.name: setting for setting in settings_table()}
        self._notes: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """A field for each setting; below, what the focused one means, what is changed, and what the run will cost."""
        with Vertical(classes="dialog wide", id="configure"):
            with Horizontal(id="configure--head"):
                title = f"New run on {path_end(sanitize_path(self._form.root), 40)}"
                yield Label(title, classes="dialog--title", markup=False)
                yield Label("preset ", id="configure--preset")
                yield ChoiceField(tuple(self._form.presets), self._preset, "preset")
            with Fields():
                for group in GROUPS:
                    yield Label(group, classes="configure--group")
                    for setting in self._settings.values():
                        if setting.group == group:
                            with Horizontal(classes="configure--row", id=f"row-{setting.name}"):
                                yield Label(f"  {setting.name}", classes="configure--name", id=f"name-{setting.name}")
                                yield setting_field(setting)
                                help_id = f"help-{setting.name}"
                                yield Static(setting.about, classes="configure--help", id=help_id, markup=False)
            yield Label("", id="configure--about", markup=False)
            yield Label("", id="configure--changes", markup=False)
            yield Label("", id="configure--costs", markup=False)
            queue = f"F6 wait for {self._training}" if self._training else "F6 queue"
            hint = f"^s start  {queue}  / find  ^r preset  F2 encoders  Esc cancel"
            yield Label(hint, id="configure--hint", classes="dialog--hint")

    def on_mount(self) -> None:
        """Fills the fields."""
        self._fill(self._preset)
        # A blinking cursor would send bytes for ever.
        for field in self.query(Input):
            field.cursor_blink = False
        self.query_one("#set-height", Input).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether `/` finds a setting, and is not a letter of what is being typed."""
        return not (action == "find_by_slash" and self._focused_setting() in WITH_SLASHES)

    # -- moving about ----------------------------------------------------------------------------------------

    def action_find_by_slash(self) -> None:
        """Finds a setting."""
        self.action_find()

    def action_find(self) -> None:
        """Finds a setting by a word of its name or of what it means."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self._field(name).focus()

        width = max(map(len, self._settings))
        choices = [(f"{s.name:<{width}}  {s.about}", s.name) for s in self._settings.values()]
        self.app.push_screen(ChooseScreen("Find a setting", choices, self._focused_setting() or None), chosen)

    def _focused_setting(self) -> str:
        name = (self.focused.id or "").removeprefix("set-") if self.focused else ""
        return name if name in self._settings else ""

    def _field(self, name: str) -> Field:
        field = self.query_one(f"#set-{name}")
        assert isinstance(field, Select | Input)
        return field

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self._tell_about()

    def _tell_about(self) -> None:
        """What the focused field means, in full: beside it there may be no room."""
        name = self._focused_setting()
        self.query_one("#configure--about", Label).update(f"{name}: {self._notes.get(name, '')}" if name else "")

    # -- presets and encoders --------------------------------------------------------------------------------

    @on(Select.Changed, "#preset")
    def _preset_chosen(self, event: Select.Changed) -> None:
        if event.value != self._preset:
            self._preset = str(event.value)
            self._fill(self._preset)

    def action_preset(self) -> None:
        """Goes on to the next preset."""
        self.query_one("#preset", ChoiceField).action_step(1)

    def _fill(self, preset: str) -> None:
        for name, value in self._form.presets[preset].model_dump().items():
            self._field(name).value = shown_value(value)

    @on(Input.Submitted, "#set-encoder")
    def action_encoder(self) -> None:
        """Offers the encoders with what they cost."""
        field = self.query_one("#set-encoder", Input)

        def chosen(encoder: str | None) -> None:
            if encoder is not None:
                field.value = encoder
            field.focus()

        height, width = self._train_size()
        architecture = self._architecture()
        choices = [
            (_encoder_row(e, weights, height, width), weights.encoder if weights else e.name)
            for e in self._form.encoders[architecture]
            for weights in (None, *self._form.weights.get(e.name, ()))
        ]
        title = f"{SHOWN[architecture]}: parameters, multiply-adds at {height}×{width}, encoder, ImageNet accuracy"
        self.app.push_screen(ChooseScreen(title, choices, field.value), chosen)

    def _architecture(self) -> Architecture:
        """The one that is chosen."""
        value = self.query_one("#set-architecture", Select).value
        return next((a for a in ARCHITECTURES if a == value), "unet")

    def _train_size(self) -> tuple[int, int]:
        """(height, width) of what a step takes: crops, or whole images."""
        crop = self._number("crop_height"), self._number("crop_width")
        return crop if all(crop) else (self._number("height"), self._number("width"))

    def _number(self, name: str) -> int:
        """What a field holds, or its default while that is no number."""
        text = self.query_one(f"#set-{name}", Input).value
        return int(text) if text.isdecimal() else int(TrainConfig.model_fields[name].default)

    # -- checking --------------------------------------------------------------------------------------------

    def action_start(self, queue: bool = False) -> None:
        """Gives the settings back, if they make sense; with `queue` the run shall wait for the device."""
        config = self._check()
        if config is not None:
            self.dismiss((config, self._preset, queue))

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self._check()

    def _check(self) -> TrainConfig | None:
        """The configuration as it stands, or None; what is wrong is shown beside its field."""
        values: dict[str, Any] = {name: self._field(name).value for name in self._settings}
        errors: dict[str, str] = {}
        config = None
        try:
            config = TrainConfig(**values)
        except ValidationError as error:
            errors = field_errors(error)
        except UsageError as error:
            errors = {"": str(error)}
        changed = changed_settings(config, self._form.presets[self._preset]) if config else {}
        for name, setting in self._settings.items():
            self._show_setting(setting, errors.get(name), changed.get(name))
        wrong = "; ".join(sanitize(e) for e in errors.values())[:200]
        changes = self.query_one("#configure--changes", Label)
        changes.set_class(config is None, "configure--wrong")
        changes.update(changes_text(self._preset, changed) if config else wrong)
        self.query_one("#configure--costs", Label).update(costs_text(config, self._form) if config else "")
        self._tell_about()
        return config

    def _show_setting(self, setting: Setting, error: str | None, change: str | None) -> None:
        name = setting.name
        about = self._encoder_note() if name == "encoder" else setting.about
        # What is typed is checked against these; the preset's value is there to be taken back.
        self._notes[name] = "; ".join(filter(None, (about, _limits(setting), change and f"now {change}")))
        note = self.query_one(f"#help-{name}", Static)
        note.set_class(error is not None, "configure--wrong")
        note.update(sanitize(error.partition(": ")[2]) if error else about)
        label = self.query_one(f"#name-{name}", Label)
        label.set_class(change is not None, "configure--changed")
        label.update(f"{'•' if change else ' '} {name}")

    def _encoder_note(self) -> str:
        """What the network with this encoder costs."""
        encoder = self._form.encoder(self.query_one("#set-encoder", Input).value, self._architecture())
        if encoder is None:
            return "not counted here; any encoder of SMP, or of timm as tu-NAME (F2 lists them)"
        height, width = self._train_size()
        giga = encoder.giga_multiplications(height, width)
        name = self.query_one("#set-encoder", Input).value
        tagged = {w.encoder: w for w in self._form.weights.get(untagged(name), ())}
        weights = ", ".join(encoder.weights) or "none"
        if (own := tagged.get(name)) and own.top1:
            weights = f"{own.top1:.1f} % of ImageNet"
        elif tagged:
            weights += f", {len(tagged)} with tags (F2)"
        work = f"{giga:.1f} G multiply-adds at {height}×{width}"
        return f"{encoder.parameters / 1e6:.1f} M parameters, {work}; weights: {weights}"


def _limits(setting: Setting) -> str:
    return ", ".join(setting.limits).replace(">=", "≥").replace("<=", "≤")


def _encoder_row(encoder: Encoder, weights: TaggedWeights | None, height: int, width: int) -> Text:
    """An encoder, or one of its weights by their tag."""
    giga = encoder.giga_multiplications(height, width)
    # The name comes last, since names differ in length and a narrow terminal cuts the end.
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{encoder.parameters / 1e6:>6.1f} M {giga:>7.1f} G  ")
    if weights is None:
        text.append(encoder.name, "bold")
        return text.append("  " + " ".join(encoder.weights), "dim")
    text.append(weights.encoder)
    return text.append(f"  {weights.top1:.1f} %" if weights.top1 else "  no accuracy told", "dim")
