"""The configuration of a training run: one model, which presets, files, `--set` and the app's form fill.

Field descriptions are help texts: the form and the documentation show them.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bddseg_tui.core.data.filter_language import EXCLUDE, parse_query
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.runs.architectures import Architecture
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.suggest import suggestion

LEAST_SIDE = 32
"""Pixels that the height and width of what is trained on must have."""


def _field(default: Any, group: str, description: str, **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"group": group}, **limits)


class TrainConfig(BaseModel):
    """All that it takes to repeat a run, but for the dataset's path."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    architecture: Architecture = _field(
        "unet", "model", "SMP's name of the network that is made of the encoder; dpt takes tu-vit_* encoders alone"
    )
    encoder: str = _field(
        "resnet34", "model", "SMP's name of the encoder, such as resnet34 or tu-tf_efficientnet_lite0"
    )
    encoder_weights: str = _field("imagenet", "model", "imagenet, none, or a .safetensors or .pth file")
    freeze_encoder: bool = _field(False, "model", "leave the encoder as its weights are and train the rest alone")
    height: int = _field(
        288,
        "data",
        "height in pixels that images are resized to; 0 keeps each image's own (with a crop)",
        ge=0,
        le=4096,
    )
    width: int = _field(
        512, "data", "width in pixels that images are resized to; 0 keeps each image's own (with a crop)", ge=0, le=4096
    )
    crop_height: int = _field(
        0, "data", "height in pixels of the random crops that are trained on; 0 takes whole images", ge=0, le=4096
    )
    crop_width: int = _field(
        0, "data", "width in pixels of the random crops that are trained on; 0 takes whole images", ge=0, le=4096
    )
    batch_size: int = _field(
        16, "data", "images in one step, over all processes; 0 finds how many fit into memory, up to 64", ge=0, le=4096
    )
    accumulate: int = _field(
        1, "device", "parts that a step's images are taken in, one after another, where memory is short", ge=1, le=256
    )
    gradient_checkpointing: bool = _field(
        False, "device", "compute activations again in the backward pass: much less memory, more time"
    )
    epochs: int = _field(30, "optimisation", "passes over the training images", ge=1, le=10000)
    steps: int = _field(
        0,
        "optimisation",
        "steps of the optimizer after which training ends; 0: as many as the epochs have",
        ge=0,
        le=10**9,
    )
    loss: Literal["cross-entropy", "focal"] = _field(
        "cross-entropy", "loss", "cross-entropy, or focal (Lin et al. 2017)"
    )
    focal_gamma: float = _field(2.0, "loss", "how strongly focal loss turns away from easy pixels", ge=0, le=10)
    class_weights: Literal["none", "inverse-sqrt", "median-frequency"] = _field(
        "none", "loss", "weights from the training masks' pixel counts"
    )
    unknown: Literal["class", "ignore"] = _field(
        "class", "loss", "train on unknown as a class, as the seed did, or ignore it"
    )
    label_smoothing: float = _field(
        0.0, "loss", "share of the target that goes to all classes alike (Szegedy et al. 2016)", ge=0, lt=1
    )
    hard_pixels: float = _field(
        1.0, "loss", "share of the pixels that count, those with the largest loss; 1 counts all", gt=0, le=1
    )
    dice: float = _field(0.0, "loss", "weight of a soft Dice loss that is added (Milletari et al. 2016)", ge=0, le=10)
    teacher: str = _field("", "loss", "run of this workspace whose best checkpoint is learnt from too; '' for none")
    distillation: float = _field(1.0, "loss", "weight of what the teacher says (Hinton et al. 2015)", ge=0, le=100)
    temperature: float = _field(
        1.0, "loss", "how far the teacher's and the network's probabilities are softened for that", gt=0, le=100
    )
    learning_rate: float = _field(1e-3, "optimisation", "AdamW's peak learning rate, of the decoder", gt=0, le=1)
    encoder_lr_factor: float = _field(
        0.25, "optimisation", "the encoder's learning rate, as a share of the decoder's", ge=0, le=10
    )
    weight_decay: float = _field(1e-2, "optimisation", "AdamW's weight decay", ge=0, le=1)
    schedule: Literal["cosine", "poly"] = _field(
        "cosine", "optimisation", "how the learning rate falls to 0 after the warm-up"
    )
    warmup_steps: int = _field(100, "optimisation", "steps over which the learning rate rises from 0", ge=0, le=10**9)
    ema: float = _field(
        0.0, "optimisation", "decay of the mean of the weights, which is validated and kept; 0: no mean", ge=0, lt=1
    )
    gradient_clip: float = _field(1.0, "optimisation", "largest norm of the gradient; 0 leaves it alone", ge=0, le=1e9)
    flip: bool = _field(True, "augmentation", "mirror half of the images")
    scale_min: float = _field(0.5, "augmentation", "smallest random zoom; below 1 the image is padded", gt=0.1, le=1)
    scale_max: float = _field(2.0, "augmentation", "largest random zoom; above 1 the image is cropped", ge=1, le=8)
    scale_sampling: Literal["log-uniform", "uniform"] = _field(
        "log-uniform", "augmentation", "how the zoom is drawn; uniform is mmsegmentation's, with more zooming in"
    )
    cat_max_ratio: float = _field(
        1.0,
        "augmentation",
        "a crop is drawn again, 10 times at most, while one class fills more than this share",
        gt=0,
        le=1,
    )
    photometric_distortion: bool = _field(
        False, "augmentation", "brightness, contrast, saturation and hue, each in half of the images (SSD's)"
    )
    color_jitter: float = _field(0.3, "augmentation", "how far brightness, contrast and saturation vary", ge=0, lt=1)
    rare_crops: float = _field(
        0.0, "augmentation", "share of zoomed-in crops that are laid over a pixel of a rare class", ge=0, le=1
    )
    rare_images: float = _field(
        0.0, "data", "images of classes that fewer than this share hold come more often (Gupta et al. 2019)", ge=0, le=1
    )
    precision: Literal["auto", "fp32", "bf16", "fp16"] = _field(
        "auto", "device", "auto takes bf16 where the device gains by it"
    )
    device: str = _field(
        "auto",
        "device",
        "auto (a GPU where there is one), cpu, mps, cuda, or GPUs by number: cuda:1, cuda:0,2",
        pattern=r"^(auto|cpu|mps|cuda(:(0|[1-9]\d{0,2})(,(0|[1-9]\d{0,2}))*)?)$",
    )
    processes: int = _field(1, "device", "processes (one a GPU) that train together", ge=1, le=64)
    compile: bool = _field(False, "device", "torch.compile: a minute at the start, faster steps after it")
    threads: int = _field(0, "device", "CPU threads; 0 takes one a core", ge=0, le=512)
    seed: int = _field(0, "optimisation", "of weights, order and augmentation", ge=0, le=2**31)
    checkpoint_minutes: float = _field(5.0, "optimisation", "longest time between checkpoints", gt=0, le=1e6)
    train_limit: int = _field(0, "data", "use only so many training images; 0 takes all", ge=0, le=10**9)
    samples: int = _field(
        4, "data", "validation images whose predictions are kept after each epoch; 0 keeps none", ge=0, le=32
    )
    exclude: str = _field(
        f"tag:{EXCLUDE}",
        "data",
        "filter of training images that are left out, as of when the run is made; '' for none",
    )
    confirmed_errors: Literal["ignore-areas", "leave-out", "keep"] = _field(
        "ignore-areas",
        "data",
        "areas confirmed to be labelled wrongly: ignore their pixels, leave out their images, or train on them",
    )
    val_limit: int = _field(0, "data", "validate on only so many images; 0 takes all", ge=0, le=10**9)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(
                        f"no setting is called {sanitize(str(key))!r}{suggestion(str(key), cls.model_fields)}"
                    )
        return values

    @model_validator(mode="after")
    def _enough_gpus(self) -> "TrainConfig":
        named = self.device.partition(":")[2]
        if named and len(set(named.split(","))) < self.processes:
            raise ValueError(f"device {self.device} is too few GPUs for {self.processes} processes")
        return self

    @model_validator(mode="after")
    def _sizes_fit(self) -> "TrainConfig":
        for name, other in (("height", "width"), ("crop_height", "crop_width")):
            sides = getattr(self, name), getattr(self, other)
            if (0 in sides and any(sides)) or any(0 < side < LEAST_SIDE for side in sides):
                raise ValueError(
                    f"{name} and {other} are both 0, or both at least {LEAST_SIDE}, not {sides[0]} and {sides[1]}"
                )
        if not self.height and not self.crop_height:
            raise ValueError("images of their own size need crops to be trained on: set crop_height and crop_width")
        return self

    @field_validator("exclude")
    @classmethod
    def _sound_filter(cls, text: str) -> str:
        try:
            query = parse_query(text)
        except UsageError as error:
            raise ValueError(str(error)) from error
        if query.by_prediction and query.evaluation is None:
            raise ValueError("whose predictions? add evaluation:NAME")
        return text

    @property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) in pixels that images are cached, validated and predicted at; None for each one's own."""
        return (self.height, self.width) if self.height else None

    @property
    def train_size(self) -> tuple[int, int]:
        """(height, width) in pixels of what a step takes: crops, or whole images."""
        return (self.crop_height, self.crop_width) if self.crop_height else (self.height, self.width)

    @property
    def side_names(self) -> tuple[str, str]:
        """The settings that `train_size` comes from."""
        return ("crop_height", "crop_width") if self.crop_height else ("height", "width")

    @property
    def images_at_once(self) -> int:
        """How many images are predicted at once: a batch, or 16 where training finds its batch size itself."""
        return self.batch_size or 16


def validate(values: dict[str, Any]) -> TrainConfig:
    """Like TrainConfig(**values), with one line for a person instead of pydantic's report.

    Raises:
        UsageError: something does not fit.
    """
    try:
        return TrainConfig(**values)
    except ValidationError as error:
        raise UsageError("; ".join(field_errors(error).values())) from error


def field_errors(error: ValidationError) -> dict[str, str]:
    """By field name ('' for the whole), what is wrong with it in one line."""
    lines = {}
    for problem in error.errors():
        name = ".".join(str(p) for p in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        value = f", not {_shown(problem['input'])}" if name else ""
        lines[name] = f"{name}: {text[:1].lower() + text[1:]}{value}" if name else text
    return lines


def _shown(value: Any) -> str:
    try:
        text = sanitize(str(value))
    except ValueError:
        return "a number of so many digits"
    return repr(text if len(text) <= 80 else text[:79] + "…")
