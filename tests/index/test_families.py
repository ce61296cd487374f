"""Models for pictures with text: every family answers; what is none is refused before its weights are read."""

import itertools
import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import AutoConfig, AutoModelForImageTextToText
from transformers.integrations.accelerate import _get_device_map

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.index import prompts
from bddseg_tui.index.llava import CutShort, memory, reply
from bddseg_tui.index.llava.local import LocalLlava, load_llava
from bddseg_tui.index.llava.memory import place
from tests.index.tiny_models import FAMILIES, save_made, save_tiny, thinking_llava

PICTURE = Image.effect_noise((96, 54), 90).convert("RGB")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_any_family_answers_about_a_picture_and_to_words_alone(family: str, tmp_path: Path) -> None:
    model = load_llava(str(save_tiny(family, tmp_path / "model")), "cpu")
    messages = prompts.answer_messages("And the bus?", [("Is it dark?", "Yes.")])
    # Random weights would say nothing but spaces now and then.
    model.model.generation_config.suppress_tokens = model.processor.tokenizer.convert_tokens_to_ids(["Ġ", "Ċ"])
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


def scripted(model: LocalLlava, script: list[str]) -> None:
    """Has a model say these tokens, each of which follows the one before it; the first follows the prompt."""
    words = model.processor.tokenizer
    numbers = [words.convert_tokens_to_ids(token) for token in script]
    pairs = itertools.pairwise(numbers)
    model.model.generation_config.sequence_bias = [[[a, b], 1e4] for a, b in pairs]


@pytest.mark.parametrize("special", [True, False], ids=["special", "added"])
@pytest.mark.parametrize("opened", [True, False], ids=["opened by the template", "opened by the model"])
def test_a_model_in_this_process_thinks_unseen_and_has_tokens_of_its_own_for_that(
    tmp_path: Path, special: bool, opened: bool
) -> None:
    model = load_llava(str(save_made(*thinking_llava(special, opened), tmp_path / "model")), "cpu")
    newline = "\u010a"
    start = [newline] if opened else [newline, "<think>"]
    scripted(model, [*start, "h", "m", ".", "</think>", "Y", "e", "s", "</s>"])
    # The template ends with a newline, opened thoughts or not; three tokens of answer are all that is allowed.
    pieces = list(model.stream(prompts.answer_messages("is it dark?"), PICTURE, 3, lambda: False))
    assert "".join(p for p in pieces if isinstance(p, str)) == "Yes"


@pytest.mark.parametrize("opened", [True, False], ids=["opened by the template", "no thoughts"])
def test_a_yes_is_read_from_what_the_first_word_might_have_been(tmp_path: Path, opened: bool) -> None:
    model = load_llava(str(save_made(*thinking_llava(False, opened), tmp_path / "model")), "cpu")
    token = {word: model.processor.tokenizer.convert_tokens_to_ids(word[0]) for word in ("Yes", "No", "Maybe")}

    def chance(**bias: float) -> float:
        model.model.generation_config.sequence_bias = [[[token[word]], float(value)] for word, value in bias.items()]
        return model.chance_of_yes(prompts.look_messages("a bus"), PICTURE, lambda: False)

    assert chance(Yes=90, No=50) > 0.99 and chance(Yes=50, No=90) < 0.01
    assert chance(Yes=50, Maybe=90) == 0.5


def test_thoughts_without_end_are_cut_and_told(tmp_path: Path) -> None:
    model = load_llava(str(save_made(*thinking_llava(False, True), tmp_path / "model")), "cpu")
    model.thinking_tokens = 4
    scripted(model, ["\u010a", "a", "b", "a"])
    with pytest.raises(BddsegError, match=r"spent its tokens on thinking.*thinking_tokens"):
        list(model.stream(prompts.answer_messages("is it dark?"), PICTURE, 3, lambda: False))


def gpus(monkeypatch: pytest.MonkeyPatch, *free: float) -> None:
    """As if there were GPUs with so many bytes free."""
    monkeypatch.setattr(memory, "gpu_count", lambda: len(free))
    monkeypatch.setattr(memory, "free_bytes", lambda device: int(free[int(device.removeprefix("cuda:"))]))


def test_a_model_goes_to_the_gpu_with_most_room_and_onto_several_where_none_has_enough(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = AutoConfig.from_pretrained(tiny)
    half = memory.weights_bytes(tiny) / 2
    gpus(monkeypatch, half, 3 * half)
    assert place("cuda", int(2 * half), config, "tiny") == memory.Placement("cuda:1", torch.bfloat16)
    gpus(monkeypatch, 0.8 * half, 0.9 * half)
    found = place("cuda", int(2 * half), config, "tiny")
    assert found.memory is not None and set(found.memory) == {0, 1} and found.memory[1] < 0.9 * half
    # What transformers makes of that: all of the model is on these two.
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config, dtype=torch.bfloat16)
    spread = _get_device_map(model, "auto", dict(found.memory), None)
    assert set(spread.values()) == {0, 1}
    gpus(monkeypatch, 0.4 * half, 0.3 * half)
    with pytest.raises(BddsegError, match=r"free on 2 GPUs: set quantise"):
        place("cuda", int(2 * half), config, "tiny")
    with pytest.raises(BddsegError, match="free on the GPU"):
        place("cuda:1", int(2 * half), config, "tiny")


def test_a_model_that_needs_num2words_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_tiny("smolvlm", tmp_path / "model")
    monkeypatch.setattr("transformers.models.smolvlm.processing_smolvlm.num2words", None)
    with pytest.raises(BddsegError, match=r"pip install 'bddseg-tui\[smolvlm\]'"):
        load_llava(str(folder), "cpu")
