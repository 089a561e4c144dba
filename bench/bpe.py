"""Training BPE: the course's two trainers against sentencepiece's, on the same lines, in turns."""

from __future__ import annotations

import io
from collections import Counter

from bench.measure import NotMeasured, in_turns, seconds
from bench.table import Row, Target, summary
from utils.data import text
from utils.tokenization import split_words, train_bpe, train_bpe_fast

SIZE, CHARACTERS = 2000, 1_000_000


def ours(lines: list[str], size: int) -> list[tuple[str, str]]:
    """The merges by the fast trainer, with the cutting and counting of the words."""
    return train_bpe_fast(Counter(word for line in lines for word in split_words(line)), size)


def sentencepieces(lines: list[str], size: int) -> set[str]:
    """The pieces of more than one character that sentencepiece's trainer finds: `size` counts them and the characters.

    One thread: its BPE trainer spends its time in one anyway, and a shared machine then measures alike.
    """
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=size + 3,  # its three marks
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=False,
        num_threads=1,
        minloglevel=2,
    )
    loaded = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = (loaded.id_to_piece(n).replace("\u2581", " ") for n in range(3, loaded.get_piece_size()))
    return {piece for piece in pieces if len(piece) > 1}


def measure(quick: bool) -> list[Row]:
    """A vocabulary of 2,000 on a megabyte of the BBE by both; the plain trainer on a tenth of the text and 300 pieces.

    Raises:
        NotMeasured: the two find other pieces, so that the comparison would mean nothing.
    """
    size, characters = (300, 50_000) if quick else (SIZE, CHARACTERS)
    lines = text("bbe", "train")[:characters].splitlines()
    mine, theirs = {left + right for left, right in ours(lines, size)}, sentencepieces(lines, size)
    shared = len(mine & theirs) / max(len(mine), len(theirs), 1)
    if shared < 0.9:  # ties are broken differently
        raise NotMeasured(f"only {shared:.0%} of the pieces are sentencepiece's too.")
    takers = [lambda: seconds(lambda: ours(lines, size)), lambda: seconds(lambda: sentencepieces(lines, size))]
    own, library = in_turns(takers, 1 if quick else 5)
    page = Counter(split_words(text("bbe", "train")[: characters // 10]))
    plain, fast = in_turns(
        [lambda: seconds(lambda: train_bpe(page, 300)), lambda: seconds(lambda: train_bpe_fast(page, 300))],
        1 if quick else 3,
    )
    what = f"vocabulary {size:,}, {characters / 1e6:g} MB"
    return [
        summary(f"sentencepiece's BPE trainer, {what}", library),
        summary(f"the course's fast BPE trainer, {what}", own),
        summary(
            "the course's BPE trainer, times sentencepiece's time",
            [a / b for a, b in zip(own, library)],
            "×",
            Target("≤", 15.0),
            f"{shared:.0%} of the pieces are the same",
        ),
        summary(
            f"the fast BPE trainer, times as fast as the one students write, 300 pieces, {characters / 1e7:g} MB",
            [a / b for a, b in zip(plain, fast)],
            "×",
        ),
    ]
