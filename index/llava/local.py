"""A model for pictures with text in this process, by transformers: from the cache, a folder, or the `demo` LLaVA."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any

import torch
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.hub import offline, why_unreachable
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.anchor_reply import parse_yes_no
from bddseg_tui.index.hub import snapshot, why_not_loaded_from_hub
from bddseg_tui.index.llava import THINKING_TOKENS, Piece, all_said, at_limit
from bddseg_tui.index.llava.budget import Budget, ThoughtTokens
from bddseg_tui.index.llava.families import check_family, unknown_family
from bddseg_tui.index.llava.memory import ADVICE, place, weights_bytes
from bddseg_tui.index.llava.reasoning import OPENING, Telling
from bddseg_tui.index.llava.yes_no import SPELLINGS, chance_by, yes_among
from bddseg_tui.index.prompts import Message
from bddseg_tui.index.vocabulary import Vocabulary, read_vocabulary
from bddseg_tui.index.weights_check import difference, refuse_broken, why_not_loaded

DEMO = Path(__file__).parent.parent / "weights" / "llava"
_SMALL = 200_000_000
"""Parameters below which a model decodes fastest on one CPU thread."""
_PATIENCE_S = 600.0
_YES_TOKENS = 24
ONLY_THOUGHTS = (
    "{name} spent its tokens on thinking and came to no answer: allow it more with "
    "`bddseg-tui settings thinking_tokens=8192`"
)


class OnlyThoughtsError(BddsegError):
    """All tokens went into thoughts: there is no answer."""


class LocalLlava:
    """A loaded LLaVA. `thinking_tokens`: how long its thoughts may be, where it has any."""

    def __init__(self, name: str, model: Any, processor: Any, vocabulary: Vocabulary | None = None) -> None:
        self.name, self.model, self.processor, self.vocabulary = name, model, processor, vocabulary
        self.thinking_tokens = THINKING_TOKENS
        self._marks = ThoughtTokens(processor.tokenizer)
        self._one_thread = model.device.type == "cpu" and model.num_parameters() < _SMALL

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        """See `index.llava`. Greedy: the same question has the same answer."""
        from transformers import TextIteratorStreamer

        inputs = self.inputs(messages, picture)
        thinking = self._marks.begun_in(inputs["input_ids"][0])
        thoughts = self.thinking_tokens if self._marks.any else 0
        budget = Budget(self._marks, thinking, limit, max(1, thoughts), cancelled)
        streamer = TextIteratorStreamer(
            self.processor.tokenizer,
            skip_prompt=True,
            timeout=_PATIENCE_S,
            skip_special_tokens=not self._marks.hidden,
        )
        failure: list[BaseException] = []
        cut: list[bool] = []

        def work() -> None:
            try:
                cut.append(self._generate(inputs, limit + thoughts, streamer, budget))
            except BaseException as error:  # whatever it is, the reader must not wait for ever
                failure.append(error)
                streamer.end()

        thread = Thread(target=work, daemon=True)
        thread.start()
        telling = Telling()
        try:
            yield from telling.words(OPENING[0] if thinking else "")
            for text in streamer:
                yield from telling.words(self._marks.cleaned(text))
            yield from telling.end()
        finally:
            thread.join(timeout=5)
        if failure:
            raise BddsegError(_why(failure[0])) from failure[0]
        if telling.thought and not telling.said and not cancelled():
            raise OnlyThoughtsError(ONLY_THOUGHTS.format(name=sanitize(self.name)))
        if cut == [True]:
            yield at_limit(limit)

    def chance_of_yes(self, messages: Sequence[Message], picture: Image.Image, cancelled: Callable[[], bool]) -> float:
        """See `index.llava`: by the first token of its reply alone, without thoughts."""
        if self._one_thread:
            torch.set_num_threads(1)
        inputs = self._without_thoughts(self.inputs(messages, picture, thoughts=False))
        try:
            with torch.inference_mode():
                made = self.model.generate(
                    **inputs, max_new_tokens=1, do_sample=False, output_scores=True, return_dict_in_generate=True
                )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise BddsegError(_why(error)) from error
        chances = made.scores[0][0].float().softmax(-1)
        words = [(word, float(chances[token])) for word, token in self._beginnings.items()]
        if (chance := yes_among([*words, ("", max(0.0, 1 - sum(p for _, p in words)))])) is not None:
            return chance
        try:
            said = all_said(self.stream(messages, picture, _YES_TOKENS, cancelled))
        except OnlyThoughtsError:
            # Of one candidate it came to no end: the others are looked at all the same.
            said = ""
        return chance_by(parse_yes_no(said), ())

    @cached_property
    def _beginnings(self) -> dict[str, int]:
        """The first tokens of yes and no, as they are spelt; those that may begin either are left out."""
        words = self.processor.tokenizer
        first = {w: words.encode(w, add_special_tokens=False)[0] for w in SPELLINGS}
        unlike = {t: {w.strip().lower() for w, u in first.items() if u == t} for t in first.values()}
        return {next(w for w, u in first.items() if u == t): t for t, meant in unlike.items() if len(meant) == 1}

    def _without_thoughts(self, inputs: Any) -> Any:
        """Closes the thoughts that a template has opened: what follows is the answer."""
        if not self._marks.begun_in(inputs["input_ids"][0]):
            return inputs
        words = self.processor.tokenizer
        tail = [min(self._marks.closing), *words.encode("\n\n", add_special_tokens=False)]
        shape = inputs["input_ids"].shape
        for name, values in list(inputs.items()):
            if isinstance(values, torch.Tensor) and values.shape == shape:
                more = {"input_ids": tail, "attention_mask": [1] * len(tail)}.get(name, [0] * len(tail))
                inputs[name] = torch.cat([values, values.new_tensor([more])], 1)
        return inputs

    def _generate(self, inputs: Any, limit: int, streamer: Any, budget: Budget) -> bool:
        """Generates into the streamer; returns whether the answer was cut at its length."""
        from transformers import StoppingCriteriaList

        if self._one_thread:
            torch.set_num_threads(1)
        with torch.inference_mode():
            made = self.model.generate(
                **inputs,
                max_new_tokens=limit,
                do_sample=False,
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([budget]),
            )
        ends = self.model.generation_config.eos_token_id
        return budget.spent and int(made[0][-1]) not in (ends if isinstance(ends, list) else [ends])

    def inputs(self, messages: Sequence[Message], picture: Image.Image | None, thoughts: bool = True) -> Any:
        """The tokens of a conversation and the pixels of its picture, as the model takes them.

        Args:
            thoughts: False asks the template for a prompt without them, if it knows how.
        """
        chat = [
            {
                "role": m.role,
                "content": [{"type": "image", "image": picture}] * (m.picture and picture is not None)
                + [{"type": "text", "text": m.text}],
            }
            for m in messages
        ]
        # Qwen's and others' templates write closed thoughts into the prompt then.
        known = "enable_thinking" in str(self.processor.chat_template)
        more: dict[str, Any] = {"enable_thinking": False} if known and not thoughts else {}
        # In one call: a processor may turn one picture into many tiles, and counts their tokens itself.
        inputs = self.processor.apply_chat_template(
            chat, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt", **more
        )
        return inputs.to(self.model.device, self.model.dtype)


def load_llava(name: str, device: str | None = None, quantise: str = "", download: bool = False) -> LocalLlava:
    """Loads a LLaVA or another model for pictures with text: `demo`, a folder, or a hub name whose weights are cached.

    Only safetensors are loaded, and no code that comes with weights is run. The configuration is looked at first.

    Raises:
        BddsegError: the weights are not there, cannot be loaded, are of no such model, or memory does not suffice.
    """
    from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    folder = DEMO if name == "demo" else typed_path(name)
    source = os.fspath(folder) if folder.is_dir() else name
    unreachable = why_unreachable() if download and not folder.is_dir() else ""
    download = download and not unreachable
    safe: dict[str, Any] = {"local_files_only": not download, "trust_remote_code": False}
    try:
        with offline(not download):
            config = _config(AutoConfig, source, name, safe)
            check_family(config, name)
            processor = AutoProcessor.from_pretrained(source, **safe)
            if getattr(processor, "chat_template", None) is None:
                raise BddsegError("it has no chat template (chat_template.jinja), so nobody can talk with it")
            stored = weights_bytes(folder if folder.is_dir() else snapshot(name))
            placement = place(device, stored, config, name, quantise)
            options: dict[str, Any] = {"dtype": torch.float32 if folder == DEMO else placement.dtype}
            if placement.memory is not None:
                options |= {"device_map": "auto", "max_memory": placement.memory}
            if quantise:
                options["quantization_config"] = quantisation(quantise)
                options.setdefault("device_map", {"": placement.device})
            model, loaded = AutoModelForImageTextToText.from_pretrained(
                source,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are refused below, by name
                **safe,
                **options,
            )
            _refuse_other(loaded)
            refuse_broken(model)
            if "device_map" not in options:
                model.to(placement.device)
    except Exception as error:
        raise BddsegError(_why_not(name, folder, error, download, unreachable)) from error
    return LocalLlava(name, model.eval(), processor, read_vocabulary(folder))


def _config(auto: Any, source: str, name: str, safe: dict[str, Any]) -> Any:
    try:
        return auto.from_pretrained(source, **safe)
    except ValueError as error:
        if refusal := unknown_family(str(error), name):
            raise BddsegError(refusal) from error
        raise


def _why_not(name: str, folder: Path, error: Exception, download: bool, unreachable: str) -> str:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return f"there is not enough memory for {sanitize(name)}: {ADVICE}"
    if isinstance(error, BddsegError) and sanitize(name) in str(error):
        return str(error)
    if isinstance(error, ImportError) and "num2words" in str(error):
        return f"{sanitize(name)} writes numbers as words: pip install 'bddseg-tui[smolvlm]'"
    if folder.is_dir():
        return f"{sanitize(name)} holds no LLaVA ({why_not_loaded(error)})"
    fetch = "fetch it with `bddseg-tui ask --download`, name a server, or set llava to demo"
    missing = None
    if not isinstance(error, BddsegError):
        missing = why_not_loaded_from_hub(name, name, error, fetch, download, unreachable)
    return missing or f"{sanitize(name)} cannot be loaded ({why_not_loaded(error)})"


def _refuse_other(loaded: dict[str, Any]) -> None:
    """transformers fills what is missing with random numbers and says so in its log alone."""
    shapes = [k if isinstance(k, str) else str(k[0]) for k in loaded.get("mismatched_keys", ())]
    missing = sorted(loaded.get("missing_keys", ()))
    if missing or shapes:
        raise BddsegError(difference(missing, sorted(loaded.get("unexpected_keys", ())), shapes))


def quantisation(bits: str) -> Any:
    """How weights are quantised to "4bit" or "8bit".

    Raises:
        BddsegError: bitsandbytes is not installed.
    """
    try:
        import bitsandbytes  # noqa: F401
        from transformers import BitsAndBytesConfig
    except ImportError as error:
        raise BddsegError("quantised LLaVA needs bitsandbytes: pip install 'bddseg-tui[quantise]'") from error
    if bits == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    # Its defaults are fp4 and float32: less exact and slower than what 4 bits are published with.
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)


def _why(error: BaseException) -> str:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return f"there is not enough memory for LLaVA: {ADVICE}"
    return f"LLaVA failed ({sanitize(str(error))[:200] or type(error).__name__})"
