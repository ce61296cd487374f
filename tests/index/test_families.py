"""Models for pictures with text: every family answers; what is none is refused before its weights are read."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index import prompts
from bddseg_tui.index.llava import CutShort, memory, reply
from bddseg_tui.index.llava.local import LocalLlava, load_llava
from tests.index.tiny_models import FAMILIES, save_tiny

PICTURE = Image.effect_noise((96, 54), 90).convert("RGB")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_any_family_answers_about_a_picture_and_to_words_alone(family: str, tmp_path: Path) -> None:
    model = load_llava(str(save_tiny(family, tmp_path / "model")), "cpu")
    messages = prompts.answer_messages("And the bus?", [("Is it dark?", "Yes.")])
    pieces = list(model.stream(messages, PICTURE, 6, lambda: False))
    assert isinstance(pieces[-1], CutShort) and any(isinstance(p, str) for p in pieces[:-1])
    assert isinstance(reply(model, prompts.anchor_messages("a bus at night"), 3), str)
    inputs = model.inputs(messages, PICTURE)
    assert any(key.startswith("pixel_values") for key in inputs)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny("llava", tmp_path_factory.mktemp("tiny") / "model")


def with_config(tiny: Path, to: Path, **changes: object) -> str:
    """A folder that has nothing but a configuration: who reads its weights fails otherwise."""
    to.mkdir()
    (to / "config.json").write_text(json.dumps({**json.loads((tiny / "config.json").read_text()), **changes}))
    return str(to)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("bert", "is not for pictures with text"), ("blip", "holds no conversation"), ("no-such", "does not know")],
)
def test_another_kind_of_model_is_refused_with_what_can_be_asked(
    tiny: Path, tmp_path: Path, kind: str, said: str
) -> None:
    with pytest.raises(BddsegError, match=rf"{said}.*Qwen3-VL") as caught:
        load_llava(with_config(tiny, tmp_path / "model", model_type=kind), "cpu")
    assert "\n" not in str(caught.value)


def test_a_model_whose_own_code_would_have_to_run_is_refused(tiny: Path, tmp_path: Path) -> None:
    own = {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
    with pytest.raises(BddsegError, match="code that comes with it, which is never run"):
        load_llava(with_config(tiny, tmp_path / "model", **own), "cpu")


def test_a_model_that_is_larger_than_what_is_free_is_refused_before_it_is_loaded(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    with pytest.raises(BddsegError, match=r"takes about .* GB, and 0\.0 GB are free in memory: .*choose a smaller"):
        load_llava(str(tiny), "cpu")


def test_on_a_cpu_weights_are_halved_where_they_would_not_fit_otherwise(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = memory.weights_bytes(tiny)
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(0.8 * stored))
    model = load_llava(str(tiny), "cpu")
    assert model.model.dtype == torch.bfloat16
    assert isinstance(reply(model, prompts.anchor_messages("a bus"), 2), str)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_memory_that_runs_out_while_a_model_moves_to_its_device_is_told_with_the_way_out(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def move(*_: object) -> None:
        raise error

    monkeypatch.setattr("transformers.PreTrainedModel.to", move)
    with pytest.raises(BddsegError, match=r"not enough memory for .*: set quantise=4bit"):
        load_llava(str(tiny), "cpu")


def test_four_bits_are_nf4_and_computed_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    from bddseg_tui.index.llava.local import quantisation

    monkeypatch.setitem(sys.modules, "bitsandbytes", types.ModuleType("bitsandbytes"))
    try:
        found = quantisation("4bit")
    except Exception as error:  # transformers looks for the installed package's version
        pytest.skip(f"bitsandbytes is not installed: {error}")
    assert found.bnb_4bit_quant_type == "nf4" and found.bnb_4bit_compute_dtype == torch.bfloat16


def test_a_model_has_the_vocabulary_that_lies_beside_its_weights_or_none(llava: LocalLlava, tiny: Path) -> None:
    assert llava.vocabulary is not None and load_llava(str(tiny), "cpu").vocabulary is None


def test_the_demo_model_is_asked_as_it_was_trained(llava: LocalLlava) -> None:
    inputs = llava.inputs(prompts.answer_messages("what is there?"), PICTURE)
    words = llava.processor.tokenizer.decode(inputs["input_ids"][0])
    assert words.count("USER:") == 1 and words.rstrip().endswith("ASSISTANT:")
