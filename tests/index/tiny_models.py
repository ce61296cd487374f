"""Models for pictures with text, of every family in the layout that the Hub has, tiny and with random weights.

They are made of the installed transformers' own configuration, processor and model classes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForImageTextToText,
    CLIPImageProcessor,
    CLIPVisionConfig,
    Gemma3Config,
    Gemma3ImageProcessor,
    Gemma3Processor,
    Gemma3TextConfig,
    GotOcr2ImageProcessor,
    Idefics3Config,
    Idefics3ImageProcessor,
    Idefics3Processor,
    InternVLConfig,
    InternVLProcessor,
    InternVLVideoProcessor,
    InternVLVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaNextConfig,
    LlavaNextImageProcessor,
    LlavaNextProcessor,
    LlavaOnevisionConfig,
    LlavaOnevisionImageProcessor,
    LlavaOnevisionProcessor,
    LlavaOnevisionVideoProcessor,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLProcessor,
    Qwen2Config,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLConfig,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
    SiglipVisionConfig,
    SmolVLMConfig,
    SmolVLMImageProcessor,
    SmolVLMProcessor,
    SmolVLMVideoProcessor,
)

_VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
_TEXT = {**_VISION, "num_key_value_heads": 1, "max_position_embeddings": 8192, "head_dim": 16}


def tokenizer(*specials: str, **named: str) -> PreTrainedTokenizerFast:
    """Bytes as tokens, with the special tokens of a family; `named` are those that a processor asks for."""
    marks = ["<pad>", "<s>", "</s>", *specials]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate([*marks, *alphabet])}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=list(specials),
        extra_special_tokens=named,
    )


def template(image: str, assistant: str = "assistant", image_last: bool = False) -> str:
    """A chat template in the manner of ChatML, with the mark that stands for a picture."""
    return (
        "{% for m in messages %}<s>{{ m['role'] }}\n{% for c in m['content'] %}"
        f"{{% if c['type'] == 'image' %}}{image}{{% else %}}{{{{ c['text'] }}}}{{% endif %}}"
        "{% endfor %}</s>\n{% endfor %}"
        f"{{% if add_generation_prompt %}}<s>{assistant}\n{{% endif %}}"
    )


def _text(size: int, **more: Any) -> dict[str, Any]:
    return {**_TEXT, "vocab_size": size, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, **more}


def _clip_vision() -> CLIPVisionConfig:
    return CLIPVisionConfig(**_VISION, image_size=28, patch_size=14)


def llava() -> tuple[Any, Any]:
    return _llava(tokenizer("<image>", image_token="<image>"), template("<image>"))


def thinking_llava(special: bool, opened: bool) -> tuple[Any, Any]:
    """A LLaVA with marks for thoughts in its vocabulary.

    Args:
        special: they are special tokens, as Kimi's are, and no added words, as Qwen's are.
        opened: the template opens the thoughts, as that of a model does that always thinks.
    """
    marks = ("<think>", "</think>")
    named = {"think_start": "<think>", "think_end": "</think>"} if special else {}
    words = tokenizer("<image>", *(marks if special else ()), image_token="<image>", **named)
    words.add_tokens(list(() if special else marks))
    return _llava(words, template("<image>", "assistant\n<think>" if opened else "assistant"))


def _llava(words: PreTrainedTokenizerFast, chat: str) -> tuple[Any, Any]:
    sizes = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}
    processor = LlavaProcessor(
        CLIPImageProcessor(**sizes), words, patch_size=14, vision_feature_select_strategy="default",
        num_additional_image_tokens=1, chat_template=chat,
    )  # fmt: skip
    text = LlamaConfig(**_text(len(words)))
    return LlavaConfig(vision_config=_clip_vision(), text_config=text, image_token_id=3), processor


def llava_next() -> tuple[Any, Any]:
    words = tokenizer("<image>", image_token="<image>")
    sizes = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}
    grid = [[28, 56], [56, 28], [56, 56]]
    processor = LlavaNextProcessor(
        LlavaNextImageProcessor(**sizes, image_grid_pinpoints=grid), words, patch_size=14,
        vision_feature_select_strategy="default", num_additional_image_tokens=1, chat_template=template("<image>"),
    )  # fmt: skip
    text = LlamaConfig(**_text(len(words)))
    config = LlavaNextConfig(
        vision_config=_clip_vision(), text_config=text, image_token_id=3, image_grid_pinpoints=grid
    )
    return config, processor


def llava_onevision() -> tuple[Any, Any]:
    words = tokenizer("<image>", "<video>", image_token="<image>", video_token="<video>")
    grid = [[28, 28], [28, 56], [56, 28], [56, 56]]
    pictures = LlavaOnevisionImageProcessor(size={"height": 28, "width": 28}, image_grid_pinpoints=grid)
    processor = LlavaOnevisionProcessor(
        pictures, words, LlavaOnevisionVideoProcessor(), num_image_tokens=4, vision_feature_select_strategy="full",
        chat_template=template("<image>"),
    )  # fmt: skip
    vision = SiglipVisionConfig(**_VISION, image_size=28, patch_size=14, vision_use_head=False)
    text = Qwen2Config(**_text(len(words)))
    config = LlavaOnevisionConfig(
        vision_config=vision, text_config=text, image_token_id=3, video_token_id=4, image_grid_pinpoints=grid,
        vision_aspect_ratio="anyres_max_9",
    )  # fmt: skip
    return config, processor


_QWEN = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


def _qwen_words() -> PreTrainedTokenizerFast:
    return tokenizer(
        *_QWEN,
        image_token="<|image_pad|>",
        video_token="<|video_pad|>",
        vision_start_token="<|vision_start|>",
        vision_end_token="<|vision_end|>",
    )


_QWEN_IDS = {"vision_start_token_id": 3, "vision_end_token_id": 4, "image_token_id": 5, "video_token_id": 6}
_QWEN_TEMPLATE = template("<|vision_start|><|image_pad|><|vision_end|>")


def qwen2_5_vl() -> tuple[Any, Any]:
    words = _qwen_words()
    pictures = Qwen2VLImageProcessor(patch_size=14, merge_size=2, min_pixels=784, max_pixels=3136)
    processor = Qwen2_5_VLProcessor(pictures, words, Qwen2VLVideoProcessor(), chat_template=_QWEN_TEMPLATE)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}
    vision = {
        **{"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32},
        **{"patch_size": 14, "spatial_merge_size": 2, "window_size": 56, "fullatt_block_indexes": [1]},
    }
    return Qwen2_5_VLConfig(
        vision_config=vision, text_config=_text(len(words), rope_parameters=rope), **_QWEN_IDS
    ), processor


def qwen3_vl() -> tuple[Any, Any]:
    words = _qwen_words()
    pictures = Qwen2VLImageProcessor(patch_size=16, merge_size=2, min_pixels=1024, max_pixels=4096)
    processor = Qwen3VLProcessor(pictures, words, Qwen3VLVideoProcessor(), chat_template=_QWEN_TEMPLATE)
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2], "mrope_interleaved": True}
    vision = {
        **{"depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 32},
        **{"patch_size": 16, "spatial_merge_size": 2, "num_position_embeddings": 16, "deepstack_visual_indexes": [0]},
    }
    return Qwen3VLConfig(
        vision_config=vision, text_config=_text(len(words), rope_parameters=rope), **_QWEN_IDS
    ), processor


def idefics3() -> tuple[Any, Any]:
    marks = ("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "<row_1_col_1>")
    words = tokenizer(
        *marks,
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )
    pictures = Idefics3ImageProcessor(
        size={"longest_edge": 28}, max_image_size={"longest_edge": 28}, do_image_splitting=False
    )
    processor = Idefics3Processor(pictures, words, image_seq_len=1, chat_template=template("<image>"))
    vision = {**_VISION, "image_size": 28, "patch_size": 14}
    text = {"model_type": "llama", **_text(len(words))}
    return Idefics3Config(vision_config=vision, text_config=text, image_token_id=3, scale_factor=2), processor


def smolvlm() -> tuple[Any, Any]:
    marks = ("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>", "<row_1_col_1>", "<video>")
    words = tokenizer(
        *marks,
        image_token="<image>",
        video_token="<video>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )
    sizes = {"size": {"longest_edge": 28}, "max_image_size": {"longest_edge": 28}}
    pictures = SmolVLMImageProcessor(**sizes, do_image_splitting=False)
    videos = SmolVLMVideoProcessor(**sizes, fps=1, num_frames=8)
    processor = SmolVLMProcessor(pictures, words, videos, image_seq_len=1, chat_template=template("<image>"))
    vision = {**_VISION, "image_size": 28, "patch_size": 14}
    text = {"model_type": "llama", **_text(len(words))}
    return SmolVLMConfig(vision_config=vision, text_config=text, image_token_id=3, scale_factor=2), processor


def internvl() -> tuple[Any, Any]:
    marks = ("<IMG_CONTEXT>", "<img>", "</img>", "<video>")
    words = tokenizer(
        *marks,
        context_image_token="<IMG_CONTEXT>",
        start_image_token="<img>",
        end_image_token="</img>",
        video_token="<video>",
    )
    pictures = GotOcr2ImageProcessor(size={"height": 28, "width": 28}, crop_to_patches=True, max_patches=2)
    processor = InternVLProcessor(
        pictures, words, InternVLVideoProcessor(), image_seq_length=1, chat_template=template("<IMG_CONTEXT>")
    )
    vision = InternVLVisionConfig(**_VISION, image_size=[28, 28], patch_size=[14, 14])
    config = InternVLConfig(
        vision_config=vision, text_config=Qwen2Config(**_text(len(words))), image_token_id=3, image_seq_length=1,
        downsample_ratio=0.5,
    )  # fmt: skip
    return config, processor


def gemma3() -> tuple[Any, Any]:
    marks = ("<image_soft_token>", "<start_of_image>", "<end_of_image>")
    words = tokenizer(
        *marks, image_token="<image_soft_token>", boi_token="<start_of_image>", eoi_token="<end_of_image>"
    )
    pictures = Gemma3ImageProcessor(size={"height": 28, "width": 28})
    processor = Gemma3Processor(pictures, words, image_seq_length=4, chat_template=template("<start_of_image>"))
    vision = SiglipVisionConfig(**_VISION, image_size=28, patch_size=14, vision_use_head=False)
    config = Gemma3Config(
        text_config=Gemma3TextConfig(**_text(len(words), sliding_window=64)), vision_config=vision,
        mm_tokens_per_image=4, image_token_id=3, boi_token_index=4, eoi_token_index=5, image_token_index=3,
    )  # fmt: skip
    return config, processor


FAMILIES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "llava": llava,
    "llava_next": llava_next,
    "llava_onevision": llava_onevision,
    "qwen2_5_vl": qwen2_5_vl,
    "qwen3_vl": qwen3_vl,
    "idefics3": idefics3,
    "smolvlm": smolvlm,
    "internvl": internvl,
    "gemma3": gemma3,
}


def save_tiny(family: str, folder: Path) -> Path:
    """A model of a family with random weights, as a folder that was fetched from the Hub."""
    return save_made(*FAMILIES[family](), folder)


def save_made(config: Any, processor: Any, folder: Path) -> Path:
    """The same of a configuration and its processor."""
    torch.manual_seed(1)
    model = AutoModelForImageTextToText.from_config(config)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
