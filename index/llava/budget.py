"""When a reply of a model in this process has to end: given up, as long as it may be, or its thoughts are."""

from collections.abc import Callable
from typing import Any

import torch

from bddseg_tui.index.llava.reasoning import CLOSING, OPENING


class ThoughtTokens:
    """The tokens that open and close a model's thoughts; none of a model that does not think.

    `hidden` says that they are special tokens, which decoding leaves out with the others.
    """

    def __init__(self, tokenizer: Any) -> None:
        # Which of them decoding leaves out is said here alone: `all_special_tokens` names those with a role.
        added = tokenizer.added_tokens_decoder
        known = {token.content.lower(): number for number, token in added.items()}
        self.opening = frozenset(known[m] for m in OPENING if m in known)
        self.closing = frozenset(known[m] for m in CLOSING if m in known)
        self.hidden = any(added[number].special for number in self.opening | self.closing)
        others = (t.content for n, t in added.items() if t.special and n not in self.opening | self.closing)
        self._others = sorted(others, key=len, reverse=True)

    @property
    def any(self) -> bool:
        """Whether the model may think at all."""
        return bool(self.closing)

    def begun_in(self, prompt: torch.Tensor) -> bool:
        """Whether a prompt [n] ends within thoughts: templates of models that always think open them there."""
        for token in reversed(prompt.tolist()):
            if token in self.closing:
                return False
            if token in self.opening:
                return True
        return False

    def cleaned(self, text: str) -> str:
        """A text that was decoded with its special tokens, without those that are no marks of thoughts."""
        for token in self._others if self.hidden else ():
            text = text.replace(token, "")
        return text


class Budget:
    """A stopping criterion of transformers for one reply.

    Args:
        marks: the tokens around thoughts.
        thinking: whether the prompt has opened them.
        answer, thoughts: tokens that each may have.
        cancelled: asked before every token.
    """

    def __init__(
        self, marks: ThoughtTokens, thinking: bool, answer: int, thoughts: int, cancelled: Callable[[], bool]
    ) -> None:
        self._marks, self._thinking, self._cancelled = marks, thinking, cancelled
        self._most = {False: answer, True: thoughts}
        self._used = {False: 0, True: 0}

    @property
    def spent(self) -> bool:
        """Whether the answer has had all of its tokens."""
        return self._used[False] >= self._most[False]

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """Whether to stop after the last token: bool [1]."""
        token = int(input_ids[0, -1])
        if token in self._marks.opening:
            self._thinking = True
        elif token in self._marks.closing:
            # Thoughts that were opened in the prompt, unseen, are no answer either.
            self._used = {True: self._used[True] + self._used[False], False: 0}
            self._thinking = False
        else:
            self._used[self._thinking] += 1
        over = self._used[self._thinking] >= self._most[self._thinking]
        return torch.full((len(input_ids),), over or self._cancelled(), dtype=torch.bool, device=input_ids.device)
