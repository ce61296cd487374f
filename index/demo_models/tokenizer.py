"""Byte-level BPE tokenizers, trained on the models' own sentences: any input can be encoded, known words are short."""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

PAD, BOS, EOS, IMAGE = "<pad>", "<s>", "</s>", "<image>"
_ALPHABET = pre_tokenizers.ByteLevel.alphabet()


def train_tokenizer(sentences: Iterable[str], size: int, *, lower: bool, close: bool) -> PreTrainedTokenizerFast:
    """A tokenizer of `size` tokens: pad 0, bos 1, eos 2, image 3, then bytes and the commonest pieces.

    Args:
        lower: fold case (CLIP's text tower does; a language model has to write capitals).
        close: end each text with eos, on which CLIP pools.
    """
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    if lower:
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=lower)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[PAD, BOS, EOS, IMAGE], initial_alphabet=_ALPHABET, show_progress=False
    )
    tokenizer.train_from_iterator(sentences, trainer)
    template = f"{BOS} $A {EOS}" if close else f"{BOS} $A"
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=[(BOS, 1), (EOS, 2)])
    extra = {} if close else {"extra_special_tokens": {"image_token": IMAGE}}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, bos_token=BOS, eos_token=EOS, padding_side="right", **extra
    )
