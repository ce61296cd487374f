"""LLaVA with transformers in this process: a 7B model from the cache, a folder, or the tiny `demo` model."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import torch
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.index.llava import Piece, at_limit
from bddseg_tui.index.prompts import Message
from bddseg_tui.index.vocabulary import Vocabulary, read_vocabulary
from bddseg_tui.index.weights_check import difference, refuse_broken, why_not_loaded

DEMO = Path(__file__).parent.parent / "weights" / "llava"
_SMALL = 200_000_000
"""Parameters below which a model decodes fastest on one CPU thread."""
_PATIENCE_S = 600.0


class LocalLlava:
    """A loaded LLaVA."""

    def __init__(self, name: str, model: Any, processor: Any, vocabulary: Vocabulary | None = None) -> None:
        self.name, self.model, self.processor, self.vocabulary = name, model, processor, vocabulary
        self._one_thread = model.device.type == "cpu" and model.num_parameters() < _SMALL

    def stream(
        self, messages: Sequence[Message], picture: Image.Image | None, limit: int, cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        """See `index.llava`. Greedy: the same question has the same answer."""
        from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

        class Cancelled(StoppingCriteria):  # type: ignore[misc]
            def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> Any:
                return torch.full((len(input_ids),), cancelled(), dtype=torch.bool, device=input_ids.device)

        inputs = self._inputs(messages, picture)
        streamer = TextIteratorStreamer(
            self.processor.tokenizer, skip_prompt=True, timeout=_PATIENCE_S, skip_special_tokens=True
        )
        failure: list[BaseException] = []
        cut: list[bool] = []

        def work() -> None:
            if self._one_thread:
                torch.set_num_threads(1)
            try:
                with torch.inference_mode():
                    made = self.model.generate(
                        **inputs,
                        max_new_tokens=limit,
                        do_sample=False,
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([Cancelled()]),
                    )
                cut.append(self._is_cut(made[0], made.shape[1] - inputs["input_ids"].shape[1], limit))
            except BaseException as error:  # whatever it is, the reader must not wait for ever
                failure.append(error)
                streamer.end()

        thread = Thread(target=work, daemon=True)
        thread.start()
        try:
            yield from (piece for piece in streamer if piece)
        finally:
            thread.join(timeout=5)
        if failure:
            raise BddsegError(_why(failure[0])) from failure[0]
        if cut == [True]:
            yield at_limit(limit)

    def _is_cut(self, tokens: torch.Tensor, count: int, limit: int) -> bool:
        ends = self.model.generation_config.eos_token_id
        return count >= limit and int(tokens[-1]) not in (ends if isinstance(ends, list) else [ends])

    def _inputs(self, messages: Sequence[Message], picture: Image.Image | None) -> Any:
        chat = [
            {"role": m.role, "content": [{"type": "image"}] * m.picture + [{"type": "text", "text": m.text}]}
            for m in messages
        ]
        text = self.processor.apply_chat_template(chat, add_generation_prompt=True)
        inputs = self.processor(text=text, images=picture, return_tensors="pt")
        return inputs.to(self.model.device, self.model.dtype)


def load_llava(name: str, device: str | None = None, quantise: str = "", download: bool = False) -> LocalLlava:
    """Loads a LLaVA: `demo`, a folder, or a hub name whose weights are cached.

    Only safetensors are loaded, and no code that comes with weights is run.

    Raises:
        BddsegError: the weights are not there, or cannot be loaded.
    """
    from transformers import AutoProcessor, LlavaForConditionalGeneration
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    folder = DEMO if name == "demo" else typed_path(name)
    source = os.fspath(folder) if folder.is_dir() else name
    options: dict[str, Any] = {"dtype": torch.float32 if folder == DEMO or device == "cpu" else torch.bfloat16}
    if quantise:
        options["quantization_config"] = _quantisation(quantise)
    try:
        processor = AutoProcessor.from_pretrained(source, local_files_only=not download, trust_remote_code=False)
        model, loaded = LlavaForConditionalGeneration.from_pretrained(
            source,
            local_files_only=not download,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            **options,
        )
        _refuse_other(loaded)
        refuse_broken(model)
    except Exception as error:
        if folder.is_dir():
            raise BddsegError(f"{sanitize(name)} holds no LLaVA ({why_not_loaded(error)})") from error
        if isinstance(error, BddsegError):
            raise BddsegError(f"{sanitize(name)} is no LLaVA ({error})") from error
        raise BddsegError(
            f"the weights of {sanitize(name)} are not in the cache: fetch them with `bddseg-tui ask --download`, "
            "name a server, or set llava to demo"
        ) from error
    if not quantise:
        model.to(device)
    return LocalLlava(name, model.eval(), processor, read_vocabulary(folder))


def _refuse_other(loaded: dict[str, Any]) -> None:
    """transformers fills what is missing with random numbers and says so in its log alone."""
    shapes = [k if isinstance(k, str) else str(k[0]) for k in loaded.get("mismatched_keys", ())]
    missing = sorted(loaded.get("missing_keys", ()))
    if missing or shapes:
        raise BddsegError(difference(missing, sorted(loaded.get("unexpected_keys", ())), shapes))


def _quantisation(bits: str) -> Any:
    try:
        import bitsandbytes  # noqa: F401
        from transformers import BitsAndBytesConfig
    except ImportError as error:
        raise BddsegError("quantised LLaVA needs bitsandbytes: pip install 'bddseg-tui[quantise]'") from error
    return BitsAndBytesConfig(load_in_4bit=bits == "4bit", load_in_8bit=bits == "8bit")


def _why(error: BaseException) -> str:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return "there is not enough memory for LLaVA: quantise it, or name a server"
    return f"LLaVA failed ({sanitize(str(error))[:200] or type(error).__name__})"
