"""`bddseg-tui encoders`: what a network can have as its encoder, and what it costs."""

from typing import TYPE_CHECKING, Annotated

import typer

from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.architectures import SHOWN
from bddseg_tui.core.runs.config import TrainConfig
from bddseg_tui.core.runs.timm_weights import tagged_weights
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion
from bddseg_tui.tui.cli import completions
from bddseg_tui.tui.cli.opening import open_engine
from bddseg_tui.tui.cli.options import JsonOption
from bddseg_tui.tui.cli.output import print_json, say

if TYPE_CHECKING:
    from bddseg_tui.tui.cli.json_output.training_outputs import EncoderRow

DEFAULTS = TrainConfig()
FEW = 12
"""Of so many encoders all weights are listed, of more the best."""


def add_to(app: typer.Typer, panel: str) -> None:
    """Adds the command to the root."""
    app.command(rich_help_panel=panel)(encoders)


def encoders(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORDS]...", help="Parts of names.", show_default=False, autocompletion=completions.encoders
        ),
    ] = None,
    height: Annotated[int, typer.Option(min=32, help="Of the images, in pixels.")] = DEFAULTS.height,
    width: Annotated[int, typer.Option(min=32, help="Of the images, in pixels.")] = DEFAULTS.width,
    architecture: Annotated[
        str, typer.Option(help="The network that is made of them.", autocompletion=completions.architectures)
    ] = "unet",
    json: JsonOption = False,
) -> None:
    """List the encoders of SMP and timm that a network can have: parameters, multiply-adds, weights."""
    shown = next((shown for name, shown in SHOWN.items() if name == architecture), None)
    if shown is None:
        raise UsageError(
            f"--architecture takes {', '.join(SHOWN)}, not {sanitize(architecture)!r}{suggestion(architecture, SHOWN)}"
        )
    found = open_engine(None).configs.encoders(" ".join(words or []), architecture)
    if not found:
        raise UsageError(f"no encoder's name holds {sanitize(' '.join(words or []))!r}")
    if json:
        rows: list[EncoderRow] = [
            {
                "name": e.name,
                "parameters": e.parameters,
                "multiply_adds": e.giga_multiplications(height, width) * 1e9,
                "weights": list(e.weights),
                "tagged": [{"encoder": w.encoder, "top1": w.top1, "size": w.size} for w in tagged_weights(e.name)],
            }
            for e in found
        ]
        print_json(rows)
        return
    longest = max(len(e.name) for e in found)
    say(f"{'encoder':<{longest}}  {shown:>10}  {f'an image, {height}x{width}':>19}  weights")
    for e in found:
        giga = e.giga_multiplications(height, width)
        tagged = tagged_weights(e.name)
        weights = " ".join(e.weights) or "-"
        if tagged and len(found) > FEW:
            best = max(tagged, key=lambda w: w.top1 or 0)
            weights += f", {len(tagged)} tags" + (f", best {best.tag} {best.top1:.1f} %" if best.top1 else "")
        say(f"{e.name:<{longest}}  {e.parameters / 1e6:>8.1f} M  {giga:>19.1f} G  {weights}")
        for w in tagged if len(found) <= FEW else ():
            right = f"{w.top1:.1f} % of ImageNet at {w.size}x{w.size}" if w.top1 else "no accuracy told"
            say(f"  {w.encoder}  {right}")
