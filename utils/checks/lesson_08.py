"""The exercises of lesson 08, classification: cases, known mistakes and what to say about them, hints.

Masks are True at words. In every batch the lengths differ, one row is full, and where the contract speaks of sentences
without words there is one. At padding stand numbers like any others: whoever reads them gets another result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import classification
from utils.checks.compare import compare, plain
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import call_unchanged, changed, gradients, learning, load_by_name, random_state
from utils.checks.tensors import direction, judge_tensors, normal, or_error, refused, values_and_gradients

INFINITY = float("inf")

# ----------------------------------------------------------------------------- inputs, runs, judgement


def _ids(rng: np.random.Generator, *shape: int, low: int = 1, high: int) -> Tensor:
    return torch.tensor(rng.integers(low, high, size=shape), dtype=torch.int64)


def _mask(lengths: Sequence[int], columns: int = 0) -> Tensor:
    """(batch, length): True at the first `lengths[i]` places of row i."""
    wide = max(columns, max(lengths), 1)
    return torch.arange(wide) < torch.tensor(lengths)[:, None]


# --------------------------------------------------------------------------------------- 1 · a batch


def _pad_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, *lengths: int) -> Case:
        sentences = [_ids(rng, n, high=50).tolist() for n in lengths]
        return Case({"sentences": sentences}, about, {"batch": len(lengths), "length": max(1, *lengths, 0)})

    return [
        case("two sentences", 1, 3),
        case("a batch of one", 4),
        case("one word", 1),
        case("the longest in the middle", 2, 5, 4, 1),
        case("an empty sentence among others", 3, 0, 6, 2),
        case("empty sentences only", 0, 0, 0),
        case("all of one length", 5, 5, 5),
        Case({"sentences": [[70_000, 300], [33_000, 256, 5]]}, "large word numbers", {"batch": 2, "length": 3}),
        Case({"sentences": [[1, 2], [3, 1, 1, 4], [1]]}, "the word number 1", {"batch": 3, "length": 4}),
        case("a long sentence among short ones", 7, 130, 2),
        Case({"sentences": []}, "a batch without sentences", {}, {"error": ""}),
    ]


def _pad(
    left: bool = False,
    wide: Callable[[list[int]], int] = lambda lengths: max(1, *lengths, 0),
    filler: int = 0,
    order: Callable[[list[list[int]]], list[list[int]]] = lambda sentences: sentences,
) -> Callable[..., Any]:
    """A batch with one thing done otherwise."""

    def answer(sentences: list[list[int]]) -> tuple[Tensor, Tensor]:
        if not sentences:
            raise ValueError("There is no sentence.")
        sentences = order(sentences)
        columns = wide([len(s) for s in sentences])
        ids = torch.full((len(sentences), columns), filler, dtype=torch.int64)
        mask = torch.zeros(len(sentences), columns, dtype=torch.bool)
        for i, sentence in enumerate(sentences):
            cut = sentence[:columns]
            start = columns - len(cut) if left else 0
            ids[i, start : start + len(cut)] = torch.tensor(cut, dtype=torch.int64)
            mask[i, start : start + len(cut)] = True
        return ids, mask

    return answer


def _after_pad(change: Callable[[Tensor, Tensor], Any]) -> Callable[..., Any]:
    return lambda sentences: change(*_pad()(sentences))


PAD_BATCH = Exercise(
    id="classification.pad_batch",
    lesson="08",
    title="Sentences of different lengths in one table",
    reference=classification.pad_batch,
    cases=_pad_cases,
    run=or_error(),
    judge=judge_tensors("ids", "mask"),
    points=1,
    minutes=8,
    difficulty=1,
    forbids=("torch.nn.utils.rnn.pad_sequence",),
    misconceptions=(
        Misconception(
            "padded_left",
            _pad(left=True),
            "Your sentences stand at the end of their rows, with the padding before them. Here each one begins in"
            " column 0 and the padding follows.",
        ),
        Misconception(
            "mask_inverted",
            _after_pad(lambda ids, mask: (ids, ~mask)),
            "The ids are right, the mask is turned round: in this course True means a real word, False padding.",
        ),
        Misconception(
            "mask_of_numbers",
            _after_pad(lambda ids, mask: (ids, mask.long())),
            "Your mask holds the numbers 0 and 1. It has to be boolean (True, False): with whole numbers `x[mask]`"
            " would pick rows 0 and 1 instead of the marked places.",
        ),
        Misconception(
            "lengths_as_mask",
            _after_pad(lambda ids, mask: (ids, mask.sum(dim=1))),
            "The second thing you return has one number a sentence: its length. A mask has one True or False for each"
            " place of the table.",
        ),
        Misconception(
            "mask_of_columns",
            _after_pad(lambda ids, mask: (ids, torch.ones_like(mask))),
            "Your mask is True everywhere, also where a shorter sentence has ended.",
        ),
        Misconception(
            "ids_only",
            _after_pad(lambda ids, mask: ids),
            "The table of ids is right. Return the mask too: without it nobody can tell words from padding.",
        ),
        Misconception(
            "order_of_results",
            _after_pad(lambda ids, mask: (mask, ids)),
            "Both results are right, in the other order: the ids come first, then the mask.",
        ),
        Misconception(
            "turned",
            _after_pad(lambda ids, mask: (ids.T, mask.T)),
            "In your tables a sentence is a column. Here each sentence is a row: (batch, length).",
        ),
        Misconception(
            "decimal_ids",
            _after_pad(lambda ids, mask: (ids.float(), mask)),
            "Your ids are decimal numbers (float32); an embedding looks up whole numbers (int64) only. Say `dtype` when"
            " you make the table.",
        ),
        Misconception(
            "one_column_too_many",
            _pad(wide=lambda lengths: max(lengths) + 1),
            "Your table has one column more than the longest sentence has words.",
        ),
        Misconception(
            "cut_to_the_first",
            _pad(wide=lambda lengths: max(1, lengths[0])),
            "Your table is as wide as the first sentence, so longer ones lose their ends. The longest decides.",
        ),
        Misconception(
            "cut_to_the_shortest",
            _pad(wide=lambda lengths: max(1, min(lengths))),
            "Your table is as wide as the shortest sentence: the others lose their ends. Nothing may be cut here.",
        ),
        Misconception(
            "no_columns",
            _pad(wide=lambda lengths: max(lengths)),
            "All right but one case: when every sentence is empty your table has no column. The contract asks for one"
            " column of padding, so that a network has something to read.",
        ),
        Misconception(
            "filled_with_ones",
            _pad(filler=1),
            "Behind the sentences you fill in the number 1. That is the unknown word; padding is 0.",
        ),
        Misconception(
            "filled_with_minus_one",
            _pad(filler=-1),
            "Behind the sentences you fill in −1. An embedding has no row −1; padding is 0.",
        ),
        Misconception(
            "mask_of_decimals",
            _after_pad(lambda ids, mask: (ids, mask.float())),
            "Your mask holds the decimal numbers 0.0 and 1.0. It has to be boolean (True, False), so that `x[mask]` and"
            " `~mask` work.",
        ),
        Misconception(
            "mask_one_too_long",
            _after_pad(
                lambda ids, mask: (ids, torch.arange(ids.shape[1]) <= mask.sum(dim=1, keepdim=True)),
            ),
            "Your mask is True one place too far: a sentence of n words stands in the columns 0 … n − 1. Is there a <="
            " that should be a <?",
        ),
        Misconception(
            "empty_has_a_word",
            _after_pad(
                lambda ids, mask: (ids, torch.arange(ids.shape[1]) < mask.sum(dim=1, keepdim=True).clamp(min=1)),
            ),
            "All right but empty sentences: your mask gives them a word. Their rows are False throughout; only the"
            " table has at least one column.",
        ),
        Misconception(
            "sorted",
            _pad(order=lambda sentences: sorted(sentences, key=len, reverse=True)),
            "You have sorted the sentences by length. Row i has to be sentence i, or the labels no longer fit.",
        ),
    ),
    properties=(
        Property(
            "as_many_words",
            lambda case, output: (
                "error" in case.extra or int(output[1].sum()) == sum(map(len, case.inputs["sentences"]))
            ),
            "The mask has as many True as the sentences have words.",
        ),
    ),
    hints=(
        "Two sizes make the table: how many sentences there are, and how many words the longest has (at least 1).",
        "Start from `torch.zeros(..., dtype=torch.int64)` and write each sentence into the beginning of its row. A"
        " place is real if its column number is below the sentence's length.",
        "`ids[i, :len(sentence)] = torch.tensor(sentence, dtype=torch.int64)` in a loop; `mask = torch.arange(length) <"
        " lengths[:, None]`.",
    ),
)

# --------------------------------------------------------------------------------------- 2 · bag of words


def _bag_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, lengths: Sequence[int], vocabulary: int, high: int = 0, columns: int = 0) -> Case:
        mask = _mask(lengths, columns)
        ids = _ids(rng, *mask.shape, high=high or vocabulary)
        return Case(
            {"ids": ids, "mask": mask, "vocabulary": vocabulary},
            about,
            {"batch": len(lengths), "length": mask.shape[1], "vocabulary": vocabulary},
        )

    plain = case("padding is 0", [3, 5], 7)
    plain.inputs["ids"].masked_fill_(~plain.inputs["mask"], 0)
    empty = case("a sentence without words", [4, 0, 2], 6)
    empty.inputs["ids"].masked_fill_(~empty.inputs["mask"], 0)
    return [
        plain,
        case("one sentence of one word", [1], 4),
        empty,
        case("few words, often repeated", [9, 6, 4, 7], 5, high=3),
        case("other numbers at padding", [2, 6, 4], 8, columns=9),
        case("a large vocabulary of which little is used", [3, 4], 30, high=9),
    ]


def _bag_after_another(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Counts other sentences in a table of the same size before: what is kept from call to call shows."""
    del case
    ids, mask, vocabulary = inputs.values()
    answer(ids.flip(0), mask.flip(0), vocabulary)
    return answer(ids, mask, vocabulary)


def _judge_bag(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = judge_tensors("counts")(case, output, expected)
    if found or not (isinstance(output, Tensor) and isinstance(expected, Tensor)) or output.dtype == torch.float32:
        return found
    if output.dtype == expected.dtype or not torch.equal(expected, _counted()(**case.inputs)):
        return None  # compared with a known mistake: there the numbers decide, not their type
    return Mismatch(
        f"Your counts are right, but {str(output.dtype).removeprefix('torch.')}. The contract asks for float32: the"
        " weights of the linear layer that reads them are float32, and it refuses other types."
    )


def _counted(change: Callable[[Tensor, Tensor], Tensor] = lambda counts, mask: counts) -> Callable[..., Any]:
    def answer(ids: Tensor, mask: Tensor, vocabulary: int) -> Any:
        one_hot = F.one_hot(ids, vocabulary).float() * mask[:, :, None]
        return change(one_hot.sum(dim=1), mask)

    return answer


BAG_OF_WORDS = Exercise(
    id="classification.bag_of_words",
    lesson="08",
    title="A bag of words",
    reference=classification.bag_of_words,
    cases=_bag_cases,
    run=_bag_after_another,
    judge=_judge_bag,
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "padding_counted",
            lambda ids, mask, vocabulary: F.one_hot(ids, vocabulary).float().sum(dim=1),
            "The padding is counted as if it were words: the short sentences have too many. The mask is not used.",
        ),
        Misconception(
            "padding_word_removed",
            lambda ids, mask, vocabulary: (
                F.one_hot(ids, vocabulary).float().sum(dim=1) * (torch.arange(vocabulary) != 0)
            ),
            "You leave out the word number 0. Where other numbers stand at padding, that does not help: the mask says"
            " what is padding, not the number.",
        ),
        Misconception(
            "padding_counted_as_word_0",
            lambda ids, mask, vocabulary: F.one_hot(ids * mask, vocabulary).float().sum(dim=1),
            "Your padding became word 0, and is counted as that: column 0 says how much padding a row has. It has to"
            " add nothing anywhere.",
        ),
        Misconception(
            "overwritten",
            lambda ids, mask, vocabulary: torch.zeros(len(ids), vocabulary).scatter(1, ids, mask.float()),
            "Your places overwrite each other: what stands in a sentence twice counts once, and a padding with the same"
            " number can wipe it out. Setting at an index does that, and so does `counts[rows, ids] += 1`: it writes"
            " each place once. `scatter_add` adds every time.",
        ),
        Misconception(
            "shifted_by_one",
            lambda ids, mask, vocabulary: _counted()(ids, mask, vocabulary).roll(-1, 1),
            "Your counts stand one column too far to the left: word w belongs to column w, and column 0 to the number"
            " 0.",
        ),
        Misconception(
            "mask_inverted",
            lambda ids, mask, vocabulary: (F.one_hot(ids, vocabulary).float() * ~mask[:, :, None]).sum(dim=1),
            "You count the padding and leave out the words: the mask is True at words.",
        ),
        Misconception(
            "presence",
            _counted(lambda counts, mask: (counts > 0).float()),
            "A word that stands in the sentence twice counts once with you. Setting a 1 does that, and so does"
            " `counts[row, ids] += 1` with several ids at once: it writes each place once, and repeated ids are lost."
            " Add for every word: in a loop, or with `scatter_add`.",
        ),
        Misconception(
            "shares",
            _counted(lambda counts, mask: counts / mask.sum(dim=1, keepdim=True).clamp(min=1)),
            "You divide by the length of the sentence: these are shares. Asked for are counts.",
        ),
        Misconception(
            "whole_batch",
            _counted(lambda counts, mask: counts.sum(dim=0)),
            "You have one bag for the whole batch. Each sentence needs its own row: (batch, vocabulary).",
        ),
        Misconception(
            "whole_batch_in_each_row",
            _counted(lambda counts, mask: counts.sum(dim=0).expand_as(counts)),
            "Every row holds the counts of the whole batch. Each sentence has a bag of its own.",
        ),
        Misconception(
            "whole_numbers",
            _counted(lambda counts, mask: counts.long()),
            "The counts are right, but they are int64: a linear layer takes float32. Turn them into decimal numbers.",
        ),
        Misconception(
            "places_not_counted",
            lambda ids, mask, vocabulary: F.one_hot(ids, vocabulary).float() * mask[:, :, None],
            "You have a table for each place: (batch, length, vocabulary). One step is still to come, the one that"
            " forgets the order.",
        ),
    ),
    properties=(
        Property(
            "sums_to_length",
            lambda case, output: torch.equal(output.sum(dim=1), case.inputs["mask"].sum(dim=1).float()),
            "The counts of a row add up to the number of its words.",
        ),
    ),
    hints=(
        "Each real word adds 1 to one column of its sentence's row. Start from a table of zeros.",
        "Either a loop over sentences and places, or `scatter_add`, which adds values at the columns given by an index."
        " Padding may add 0.",
        "`torch.zeros(batch, vocabulary).scatter_add(1, ids, mask.float())`.",
    ),
)

# --------------------------------------------------------------------------------------- 3 · convolution


def _convolve_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, batch: int, channels: int, length: int, out: int, k: int, **extra: Any) -> Case:
        inputs = {
            "x": normal(rng, batch, channels, length),
            "weight": normal(rng, out, channels, k),
            "bias": normal(rng, out),
        }
        sizes = {"batch": batch, "channels": channels, "length": length, "channels_out": out, "k": k}
        return Case(inputs, about, sizes, extra)

    double = case("float64", 2, 3, 7, 5, 4)
    by_hand = case("one channel, a kernel (1, 2)", 1, 1, 3, 1, 2)
    by_hand.inputs["x"].copy_(torch.tensor([[[3.0, 1.0, 5.0]]]))
    by_hand.inputs["weight"].copy_(torch.tensor([[[1.0, 2.0]]]))
    by_hand.inputs["bias"].fill_(10.0)
    return [
        by_hand,
        case("one channel", 1, 1, 5, 1, 3),
        case("several channels", 2, 3, 8, 4, 5),
        case("a kernel of width 1", 2, 4, 6, 3, 1),
        case("a kernel as wide as the text", 3, 2, 4, 5, 4),
        case("a text of length 1", 2, 5, 1, 3, 1),
        case("not contiguous", 3, 4, 9, 6, 2, strided=True),
        Case({name: value.double() for name, value in double.inputs.items()}, "float64", double.sizes),
        case("a kernel longer than the text", 1, 2, 3, 4, 5, error=""),
    ]


def _fits(x: Tensor, k: int) -> None:
    if k > x.shape[2]:
        raise ValueError("The kernel is longer than the text.")


def _first_column(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    _fits(x, weight.shape[2])
    return torch.einsum("bit,oi->bot", x[:, :, : x.shape[2] - weight.shape[2] + 1], weight[:, :, 0]) + bias[:, None]


def _convolution(
    kernel: Callable[[Tensor], Tensor] = lambda weight: weight,
    stride: Callable[[int], int] = lambda k: 1,
    finish: Callable[[Tensor, Tensor, int], Tensor] = lambda out, bias, k: out + bias[:, None],
    places: Callable[[Tensor, int], Tensor] = lambda x, k: x,
) -> Callable[..., Any]:
    """A convolution with one part exchanged, by windows (`unfold`)."""

    def answer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        k = weight.shape[2]
        _fits(x, k)
        windows = places(x, k).unfold(2, k, stride(k))  # (batch, channels, places, k)
        return finish(torch.einsum("bitk,oik->bot", windows, kernel(weight)), bias, k)

    return answer


CONVOLVE = Exercise(
    id="classification.convolve",
    lesson="08",
    title="A 1-D convolution by hand",
    reference=classification.convolve,
    cases=_convolve_cases,
    run=or_error(values_and_gradients),
    judge=judge_tensors("output"),
    points=2,
    minutes=15,
    difficulty=2,
    forbids=(
        "torch.nn.functional.conv1d",
        "torch.nn.functional.conv2d",
        "torch.conv1d",
        "torch.conv2d",
        "torch.nn.Conv1d",
        "torch.nn.Conv2d",
        "torch.convolution",
        "torch.conv_transpose1d",
        "torch.nn.functional.conv_transpose1d",
        "torch.nn.ConvTranspose1d",
        "torch.conv3d",
        "torch.nn.functional.conv3d",
        "torch.conv_tbc",
        "torch.nn.functional.conv_tbc",
        "torch.mkldnn_convolution",
        "torch._convolution",
        "torch._nnpack_spatial_convolution",
        "torch.conv_transpose2d",
        "torch.nn.functional.conv_transpose2d",
        "torch.conv_transpose3d",
        "torch.nn.functional.conv_transpose3d",
        "torch._C._nn.thnn_conv2d",
        "torch._C._nn.slow_conv3d",
        "torch._C._nn.slow_conv_dilated2d",
        "torch._C._nn.slow_conv_transpose2d",
    ),
    misconceptions=(
        Misconception(
            "flipped",
            _convolution(kernel=lambda weight: weight.flip(2)),
            "Your kernel is turned round: its last column meets the first word of the window. That is the"
            " convolution of mathematics; in neural networks column j meets the word j places further on.",
        ),
        Misconception(
            "no_bias",
            _convolution(finish=lambda out, bias, k: out),
            "Every number is off by the bias of its output channel: it has not been added.",
        ),
        Misconception(
            "bias_at_each_step",
            _convolution(finish=lambda out, bias, k: out + k * bias[:, None]),
            "The bias is added once for each column of the kernel. It belongs to the output, once.",
        ),
        Misconception(
            "one_place_too_few",
            _convolution(places=lambda x, k: x[:, :, :-1] if x.shape[2] > k else x),
            "Your output ends one place too early. With n words and windows of k there are n − k + 1 windows: count"
            " them for n = 3 and k = 2.",
        ),
        Misconception(
            "padded_to_length",
            _convolution(places=lambda x, k: F.pad(x, (0, k - 1))),
            "Your output is as long as the text: the last windows reach over its end, into zeros. Only windows that"
            " fit count here.",
        ),
        Misconception(
            "windows_side_by_side",
            _convolution(stride=lambda k: k),
            "Your windows stand side by side without overlapping. The next window begins one word further on, not k.",
        ),
        Misconception(
            "mean_of_window",
            _convolution(finish=lambda out, bias, k: out / k + bias[:, None]),
            "The sum over the window is divided by its width: the formula has a sum, not a mean.",
        ),
        Misconception(
            "first_column_only",
            _first_column,
            "Only the first word of each window is read, with the first column of the kernel. The sum runs over j too.",
        ),
        Misconception(
            "same_word_for_all_columns",
            _convolution(kernel=lambda weight: weight.sum(dim=2, keepdim=True) * (torch.arange(weight.shape[2]) == 0)),
            "All columns of the kernel meet the first word of the window. Column j meets the word at place t + j.",
        ),
        Misconception(
            "channels_exchanged_with_places",
            _convolution(finish=lambda out, bias, k: (out + bias[:, None]).transpose(1, 2)),
            "Your numbers are right, but turned: (batch, places, channels_out). The channels come before the places.",
        ),
        Misconception(
            "padded_before",
            _convolution(places=lambda x, k: F.pad(x, (k - 1, 0))),
            "Your output is as long as the text: the first windows reach over its beginning, into zeros. Only windows"
            " that fit count here.",
        ),
        Misconception(
            "with_relu",
            _convolution(finish=lambda out, bias, k: torch.relu(out + bias[:, None])),
            "There is no negative number in your output: a ReLU went in. It comes later; here the sum itself is"
            " asked for.",
        ),
        Misconception(
            "channels_averaged",
            lambda x, weight, bias: _convolution()(x / x.shape[1], weight, bias),
            "The sum over the input channels is divided by their number. The formula has a sum over i.",
        ),
    ),
    hints=(
        "Forget the batch: one output channel, one window. It is the sum of products of the kernel's table"
        " (channels × k) and the window's, plus one bias. Then do it for all windows.",
        "A loop over the k columns of the kernel is enough: column j meets `x[:, :, j : j + places]`, where `places` is"
        " length − k + 1. That is a matrix product over the channels.",
        "`output = output + torch.einsum('oi,bit->bot', weight[:, :, j], x[:, :, j : j + places])`, starting from"
        " `bias[None, :, None]`.",
    ),
)

# --------------------------------------------------------------------------------------- 4 · TextCNN


def _module_case(
    rng: np.random.Generator, about: str, make: Mapping[str, Any], reference: Any, lengths: Sequence[int], **extra: Any
) -> Case:
    mask = _mask(lengths, extra.pop("columns", 0))
    ids = _ids(rng, *mask.shape, high=make["vocabulary"])
    inputs = {**make, "ids": ids if extra.pop("rubbish", False) else ids.masked_fill(~mask, 0), "mask": mask}
    sizes = {"batch": len(lengths), "length": mask.shape[1], **{n: v for n, v in make.items() if isinstance(v, int)}}
    state = random_state(rng, reference(**make), 0.6)
    return Case(inputs, about, sizes, {"state": state, "make": tuple(make), **extra})


def _run_module(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Makes the module, by place or by name, gives it the weights, calls it; values and gradients of its weights."""
    make = {name: inputs[name] for name in case.extra["make"]}
    if "error" in case.extra:
        return refused(lambda: answer(**make), case)
    defaults = case.extra.get("defaults", ())
    kept = {name: value for name, value in make.items() if name not in defaults}
    module = answer(**kept) if case.extra.get("by_name", True) else answer(*kept.values())
    module = load_by_name(module, case.extra["state"]).train(case.extra.get("training", True))
    ids, mask = inputs["ids"], inputs["mask"]
    with torch.no_grad():
        module(ids.flip(0), mask.flip(0))  # whatever is kept from call to call shows
        module(ids[:1, :1], mask[:1, :1])
    with torch.enable_grad():
        scores = call_unchanged(module, ids, mask)
        again = module(ids, mask)
        if isinstance(scores, Tensor) and isinstance(again, Tensor) and compare(plain(scores), plain(again), 1e-5):
            raise Told(
                "Two calls with the same sentences give different scores: there is dropout in it, or something is kept"
                " from call to call. The contract has neither."
            )
        for name, value in case.extra["state"].items():
            if not torch.equal(module.state_dict()[name], value):
                raise Told(f"The call changes the parameter `{name}`: only training may do that. Work on a copy.")
        found = gradients(scores, direction((len(ids), make["classes"])), learning(module, case.extra["state"]))
    own = {name.removeprefix("gradient of "): g for name, g in found.items()}
    if "embedding.weight" in own:  # no word is number 0: whether `padding_idx` keeps its gradient out is no matter
        own["embedding.weight"] = own["embedding.weight"].clone()
        own["embedding.weight"][0] = 0
    return {"value": scores, "gradients": own}


def _cnn_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, sizes: tuple[Any, ...], lengths: Sequence[int], **extra: Any) -> Case:
        make = dict(zip(("vocabulary", "width", "kernels", "filters", "classes"), sizes, strict=True))
        return _module_case(rng, about, make, classification.TextCNN, lengths, **extra)

    return [
        case("one sentence, one kernel", (5, 3, (2,), 2, 4), [4]),
        case("two widths of kernels", (9, 4, (2, 3), 5, 3), [6, 8]),
        case("widths in falling order", (9, 6, (4, 1, 2), 5, 3), [7, 5]),
        case("much padding", (8, 4, (3, 2), 6, 5), [5, 3, 4], columns=12),
        case("sentences shorter than the kernels", (7, 3, (4, 5), 6, 2), [2, 8, 1, 3]),
        case("one word", (6, 4, (3,), 5, 2), [1]),
        case("a sentence without words", (6, 4, (2, 3), 7, 5), [0, 8, 3]),
        case("other numbers at padding", (9, 4, (3, 2), 5, 2), [7, 3], columns=8, rubbish=True),
        case("after .eval(), arguments by place", (8, 5, (2, 4), 3, 6), [9, 7], by_name=False, training=False),
        case(
            "defaults",
            (11, 32, (2, 3, 4), 32, 2),
            [5, 9, 6],
            defaults=("width", "kernels", "filters", "classes"),
        ),
    ]


class _WrongCNN(nn.Module):
    """The reference's parameters, for wrong modules to inherit; each overrides one method."""

    def __init__(
        self,
        vocabulary: int,
        width: int = 32,
        kernels: Sequence[int] = (2, 3, 4),
        filters: int = 32,
        classes: int = 2,
    ) -> None:
        super().__init__()
        self.kernels = tuple(kernels)
        self.embedding = nn.Embedding(vocabulary, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, filters, k) for k in kernels)
        self.output = nn.Linear(filters * len(self.kernels), classes)

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = (self.embedding(ids) * mask[:, :, None]).transpose(1, 2)
        return F.pad(x, (0, max(self.kernels)))

    def windows(self, lengths: Tensor, k: int) -> Tensor:
        return (lengths - k + 1).clamp(min=1)

    def squash(self, features: Tensor) -> Tensor:
        return torch.relu(features)

    def pool(self, features: Tensor, counts: Tensor) -> Tensor:
        return features.masked_fill(~counts[:, None, :], -INFINITY).amax(dim=2)

    def finish(self, pooled: Tensor) -> Tensor:
        return self.output(pooled)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x, lengths = self.embed(ids, mask), mask.sum(dim=1, keepdim=True)
        found = []
        for k, convolution in zip(self.kernels, self.convolutions):
            features = self.squash(convolution(x))
            counts = torch.arange(features.shape[2]) < self.windows(lengths, k)
            found.append(self.pool(features, counts))
        return self.finish(torch.cat(found, dim=1))


class _PaddingEmbedded(_WrongCNN):
    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        room = F.pad(ids, (0, max(self.kernels)))
        return self.embedding(room).transpose(1, 2)


class _Reshaped(_WrongCNN):
    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.embedding(ids) * mask[:, :, None]
        return F.pad(x.reshape(x.shape[0], x.shape[2], x.shape[1]), (0, max(self.kernels)))


class _NoMask(_WrongCNN):
    """No mask anywhere; zeros are appended only where a kernel would not fit, or always."""

    always = False

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.embedding(ids).transpose(1, 2)
        widest = max(self.kernels)
        return F.pad(x, (0, widest if self.always else max(0, widest - x.shape[2])))

    def windows(self, lengths: Tensor, k: int) -> Tensor:
        return torch.full_like(lengths, 10**6)


class _NoMaskMoreRoom(_NoMask):
    always = True


class _WindowsOfPadding(_NoMask):
    """Vectors masked, windows not, and no more zeros than the kernels need."""

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = (self.embedding(ids) * mask[:, :, None]).transpose(1, 2)
        return F.pad(x, (0, max(0, max(self.kernels) - x.shape[2])))


class _EmptyIsNothing(_WrongCNN):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x, lengths = self.embed(ids, mask), mask.sum(dim=1, keepdim=True)
        found = []
        for k, convolution in zip(self.kernels, self.convolutions):
            features = torch.relu(convolution(x))
            counts = torch.arange(features.shape[2]) < self.windows(lengths, k)
            found.append(self.pool(features, counts) * (lengths > 0))
        return self.finish(torch.cat(found, dim=1))


class _ShortAreNothing(_WrongCNN):
    def windows(self, lengths: Tensor, k: int) -> Tensor:
        return (lengths - k + 1).clamp(min=0)

    def pool(self, features: Tensor, counts: Tensor) -> Tensor:
        return features.masked_fill(~counts[:, None, :], 0.0).amax(dim=2)


class _ZerosBefore(_WrongCNN):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        rows = []
        for x, n in zip(self.embedding(ids), mask.sum(dim=1).tolist()):
            found = []
            for k, convolution in zip(self.kernels, self.convolutions):
                features = convolution(F.pad(x[:n].T, (max(0, k - n), 0))[None])
                found.append(torch.relu(features).amax(dim=2))
            rows.append(torch.cat(found, dim=1))
        return self.finish(torch.cat(rows))


class _EmptyReadsOne(_WrongCNN):
    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        return super().embed(ids, mask | (torch.arange(mask.shape[1]) == 0))


TEXT_CNN = Exercise(
    id="classification.text_cnn",
    lesson="08",
    title="A convolutional network that reads sentences",
    reference=classification.TextCNN,
    cases=_cnn_cases,
    run=_run_module,
    judge=judge_tensors("scores"),
    points=4,
    minutes=25,
    difficulty=3,
    misconceptions=(
        Misconception(
            "no_relu",
            changed(_WrongCNN, squash=lambda self, features: features),
            "Your filters also give negative numbers to the last layer: the ReLU between convolution and pooling is"
            " missing.",
        ),
        Misconception(
            "tanh",
            changed(_WrongCNN, squash=lambda self, features: torch.tanh(features)),
            "The nonlinearity is a tanh (Kim's paper has one too). This exercise asks for a ReLU.",
        ),
        Misconception(
            "mean_pooling",
            changed(
                _WrongCNN,
                pool=lambda self, features, counts: (
                    features.masked_fill(~counts[:, None, :], 0.0).sum(dim=2) / counts.sum(dim=1, keepdim=True)
                ),
            ),
            "You take the mean over the windows. Here the largest value counts: did the pattern occur anywhere?",
        ),
        Misconception(
            "sum_pooling",
            changed(
                _WrongCNN, pool=lambda self, features, counts: features.masked_fill(~counts[:, None, :], 0.0).sum(dim=2)
            ),
            "You add up what the windows give: a long sentence then shouts louder. Take the largest.",
        ),
        Misconception(
            "first_window",
            changed(_WrongCNN, pool=lambda self, features, counts: features[:, :, 0]),
            "Only the first window of each sentence decides. Take the largest value over all windows that count.",
        ),
        Misconception(
            "padding_read",
            changed(_WrongCNN, windows=lambda self, lengths, k: torch.full_like(lengths, 10**6)),
            "Windows over the padding take part in the maximum: a window of zeros gives the filter's bias, and where"
            " that is the largest value, the sentence loses. The number of windows of a sentence is n − k + 1.",
        ),
        Misconception(
            "windows_of_the_longest",
            changed(
                _WrongCNN,
                windows=lambda self, lengths, k: (lengths.amax(dim=0, keepdim=True).expand_as(lengths) - k + 1).clamp(
                    min=1
                ),
            ),
            "Every sentence gets as many windows as the longest of the batch. The shorter ones so read their padding,"
            " and their scores depend on their neighbours in the batch.",
        ),
        Misconception(
            "one_window_less",
            changed(_WrongCNN, windows=lambda self, lengths, k: (lengths - k).clamp(min=1)),
            "The last window of each sentence is left out. A sentence of n words has n − k + 1 windows: with n = 3 and"
            " k = 2 there are two.",
        ),
        Misconception(
            "windows_that_only_begin",
            changed(_WrongCNN, windows=lambda self, lengths, k: lengths.clamp(min=1)),
            "Windows count with you that begin in the sentence and end in the padding. They have to end in it too.",
        ),
        Misconception(
            "windows_of_the_widest_kernel",
            changed(_WrongCNN, windows=lambda self, lengths, k: (lengths - max(self.kernels) + 1).clamp(min=1)),
            "All kernels get as many windows as the widest of them. Each width k has its own n − k + 1.",
        ),
        Misconception(
            "padding_embedded",
            _PaddingEmbedded,
            "Padding has a vector with you, that of word 0. Where a sentence is shorter than the kernel, it is"
            " read. The contract asks for zeros there.",
        ),
        Misconception(
            "reshaped",
            _Reshaped,
            "`Conv1d` wants (batch, width, length). A reshape gives that shape and mixes up the numbers: components"
            " of one word land in other columns. Swap the dimensions instead.",
        ),
        Misconception(
            "softmax_at_the_end",
            changed(_WrongCNN, finish=lambda self, pooled: torch.softmax(self.output(pooled), dim=1)),
            "You return probabilities. Return the scores of the last layer; the loss takes the softmax itself.",
        ),
        Misconception(
            "short_sentences_are_nothing",
            _ShortAreNothing,
            "Right but for sentences shorter than a kernel: they get zeros, as if nothing stood there. The contract"
            " gives them one window, filled up with zeros.",
        ),
        Misconception(
            "mask_not_used",
            _NoMask,
            "The mask is not used. The vectors at padding are those of the words whose numbers stand there (word 0 has"
            " a vector like any other, and it is not zero here, `padding_idx` or not), and windows over them win.",
        ),
        Misconception(
            "mask_not_used_and_room",
            _NoMaskMoreRoom,
            "The mask is not used: vectors at padding are read as if they were words, and windows over them, and over"
            " the zeros you appended, take part in the maximum.",
        ),
        Misconception(
            "padding_read_in_the_table",
            _WindowsOfPadding,
            "The vectors at padding are zero, as they should be; but the windows that reach into them take part in the"
            " maximum. Only the first n − k + 1 windows of a sentence count.",
        ),
        Misconception(
            "vector_of_padding",
            changed(
                _WrongCNN,
                embed=lambda self, ids, mask: F.pad(self.embedding(ids).transpose(1, 2), (0, max(self.kernels))),
            ),
            "Right but for sentences shorter than a kernel, or without words: their one window reads the vector of the"
            " padding, which is not zero (`padding_idx` does not help, the weights are loaded over it). Use the mask"
            " to set the vectors at padding to zero.",
        ),
        Misconception(
            "one_window_more",
            changed(_WrongCNN, windows=lambda self, lengths, k: (lengths - k + 2).clamp(min=1)),
            "One window too many counts: the last one ends in the padding. A sentence of n words has n − k + 1 windows:"
            " with n = 3 and k = 2 there are two.",
        ),
        Misconception(
            "infinity_for_short_sentences",
            changed(_WrongCNN, windows=lambda self, lengths, k: (lengths - k + 1).clamp(min=0)),
            "A sentence shorter than a kernel has no window with you, and the maximum over nothing is −∞. The contract"
            " gives it one window, filled up with zeros.",
        ),
        Misconception(
            "empty_is_nothing",
            _EmptyIsNothing,
            "Right but for a sentence without words: its features are 0 with you. The contract gives it one window of"
            " zeros, and relu(bias) need not be 0.",
        ),
        Misconception(
            "short_at_every_start",
            changed(
                _WrongCNN,
                windows=lambda self, lengths, k: torch.where(lengths < k, lengths, lengths - k + 1).clamp(min=1),
            ),
            "Right but for sentences shorter than a kernel: with you a window begins at each of their words, and runs"
            " out of the sentence. The contract gives them one window, from their first place.",
        ),
        Misconception(
            "zeros_before_short_sentences",
            _ZerosBefore,
            "Right but for sentences shorter than a kernel: with you the words meet its last columns, as if the zeros"
            " stood before them. Their one window begins at the first word, which meets column 0; the zeros follow.",
        ),
        Misconception(
            "empty_reads_one",
            _EmptyReadsOne,
            "Right but for a sentence without words: you read the vector of what stands at its place 0, and that is"
            " padding. The one window of such a sentence is all zeros.",
        ),
        Misconception(
            "kernels_in_reverse",
            changed(
                _WrongCNN,
                finish=lambda self, pooled: self.output(torch.cat(pooled.chunk(len(self.kernels), dim=1)[::-1], dim=1)),
            ),
            "The pooled filters reach the last layer in another order: the widths of `kernels` stand side by side in"
            " the order given, the first one first.",
        ),
        Misconception(
            "filters_interleaved",
            changed(
                _WrongCNN,
                finish=lambda self, pooled: self.output(
                    torch.stack(pooled.chunk(len(self.kernels), dim=1), dim=2).flatten(1)
                ),
            ),
            "The pooled filters are shuffled: first all filters of the first width, then all of the second. With you"
            " the first filters of all widths come first; join along the dimension of the filters.",
        ),
        Misconception(
            "log_softmax_at_the_end",
            changed(_WrongCNN, finish=lambda self, pooled: torch.log_softmax(self.output(pooled), dim=1)),
            "You return logarithms of probabilities. Return the scores of the last layer as they are.",
        ),
    ),
    hints=(
        "Four steps: vectors of the words (zeros at padding), a convolution and ReLU for each width, the largest"
        " value of each filter over the windows that count, one linear layer on all of them side by side.",
        "Append max(kernels) columns of zeros, so that every kernel fits. Window t of a sentence of n words counts if"
        " t < max(n − k + 1, 1); after a ReLU nothing is below 0, so the others may become 0.",
        "`x = (self.embedding(ids) * mask[:, :, None]).transpose(1, 2)`, `F.pad(x, (0, max(self.kernels)))`,"
        " `torch.relu(convolution(x)).masked_fill(~counts[:, None, :], 0.0).amax(dim=2)`, `torch.cat(found, dim=1)`.",
    ),
)

# --------------------------------------------------------------------------------------- 5, 6, 7 · pooling


def _states_cases(rng: np.random.Generator) -> list[Case]:
    """For pooling: states and masks, with a sentence without words in one case."""

    def case(
        about: str, lengths: Sequence[int], width: int, columns: int = 0, shift: float = 0.0, **extra: Any
    ) -> Case:
        mask = _mask(lengths, columns)
        states = normal(rng, *mask.shape, width) + shift
        sizes = {"batch": len(lengths), "length": mask.shape[1], "width": width}
        return Case({"states": states, "mask": mask}, about, sizes, extra)

    double = case("float64", [5, 2, 4], 6)
    return [
        case("one sentence and its padding", [2], 4, columns=3),
        case("no padding", [5], 3),
        case("two lengths", [5, 3], 4),
        case("a single word", [1], 3),
        case("below zero everywhere", [2, 6, 4], 5, columns=7, shift=-4.0),
        case("a sentence without words", [4, 0, 2, 5], 3, columns=6),
        case("no words at all", [0, 0], 4, columns=3),
        case("very low numbers", [3, 1, 4], 2, columns=5, shift=-3e4),
        case("not contiguous", [6, 3], 5, columns=8, strided=True),
        Case({"states": double.inputs["states"].double() / 3, "mask": double.inputs["mask"]}, "float64", double.sizes),
    ]  # a third of a float32 number needs the digits of float64


def _scattered_cases(rng: np.random.Generator) -> list[Case]:
    """As above, and masks with gaps."""
    mask = torch.tensor([[True, False, True, True, False], [False, True, False, False, True]])
    gaps = Case(
        {"states": normal(rng, 2, 5, 4), "mask": mask}, "a mask with gaps", {"batch": 2, "length": 5, "width": 4}
    )
    return [*_states_cases(rng), gaps]


def _mean_cases(rng: np.random.Generator) -> list[Case]:
    """As above, and states that may be 0: such a number counts."""
    mask = _mask([6, 3, 4])
    states = torch.relu(normal(rng, *mask.shape, 5))
    states[0, 1], states[2, 3] = 0.0, 0.0
    zeros = Case(
        {"states": states, "mask": mask},
        "states that may be 0",
        {"batch": 3, "length": 6, "width": 5},
    )
    return [*_scattered_cases(rng), zeros]


def _max_cases(rng: np.random.Generator) -> list[Case]:
    """As the scattered ones, and numbers that hardly any finite filler is below."""
    mask = _mask([4, 1, 3], 5)
    states = normal(rng, *mask.shape, 6, std=1e7) - 1e8
    lowest = Case({"states": states, "mask": mask}, "numbers near −10⁸", {"batch": 3, "length": 5, "width": 6})
    return [*_scattered_cases(rng), lowest]


def _last_cases(rng: np.random.Generator) -> list[Case]:
    """As for all pooling, and a table with zeros at padding and for one word's state."""
    mask = _mask([5, 2, 4], 7)
    states = normal(rng, *mask.shape, 6).masked_fill(~mask[:, :, None], 0.0)
    states[0, 1] = 0.0
    zeros = Case(
        {"states": states, "mask": mask},
        "zeros at padding, and one word's state 0",
        {"batch": 3, "length": 7, "width": 6},
    )
    return [*_states_cases(rng), zeros]


def _first_places(mask: Tensor) -> Tensor:
    """As many True as before, but all at the beginning."""
    return torch.arange(mask.shape[1]) < mask.sum(dim=1, keepdim=True)


def _up_to_the_last(mask: Tensor) -> Tensor:
    """True up to the last True of each row."""
    return mask.flip(1).cumsum(dim=1).flip(1) > 0


def _sum(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[:, :, None], 0.0).sum(dim=1)


def _mean(states: Tensor, mask: Tensor) -> Tensor:
    return _sum(states, mask) / mask.sum(dim=1, keepdim=True).clamp(min=1)


MASKED_MEAN = Exercise(
    id="classification.masked_mean",
    lesson="08",
    title="The mean of the real words",
    reference=classification.masked_mean,
    cases=_mean_cases,
    run=values_and_gradients,
    judge=judge_tensors("mean"),
    points=1,
    minutes=8,
    difficulty=1,
    misconceptions=(
        Misconception(
            "mask_ignored",
            lambda states, mask: states.mean(dim=1),
            "The padding is averaged in: without it you are right, with it not. The mask is not used.",
        ),
        Misconception(
            "divided_by_length",
            lambda states, mask: _sum(states, mask) / mask.shape[1],
            "The sum is right, what you divide by is not: the width of the table, padding included. How many words does"
            " each sentence have?",
        ),
        Misconception(
            "divided_by_all_words",
            lambda states, mask: _sum(states, mask) / mask.sum().clamp(min=1),
            "You divide by the number of words of the whole batch. Each sentence has its own.",
        ),
        Misconception(
            "sum",
            lambda states, mask: _sum(states, mask),
            "This is the sum over the words: a long sentence gets large numbers. Divide by how many there are.",
        ),
        Misconception(
            "mask_inverted",
            lambda states, mask: _sum(states, ~mask) / (~mask).sum(dim=1, keepdim=True).clamp(min=1),
            "You average over the padding: the mask is True at words.",
        ),
        Misconception(
            "nan_for_no_words",
            lambda states, mask: _sum(states, mask) / mask.sum(dim=1, keepdim=True),
            "All right but a sentence without words: there you divide 0 by 0 and get nan. The contract asks for zeros.",
        ),
        Misconception(
            "one_more_word",
            lambda states, mask: _sum(states, mask) / (mask.sum(dim=1, keepdim=True) + 1),
            "You divide by one more than there are words, perhaps against dividing by zero. That makes every mean too"
            " small; only the case of no words needs care.",
        ),
        Misconception(
            "over_components",
            lambda states, mask: states.masked_fill(~mask[:, :, None], 0.0).mean(dim=2),
            "You average each word's components, and get a number for each place. The mean runs over the places.",
        ),
        Misconception(
            "mean_of_the_batch",
            lambda states, mask: (_sum(states, mask).sum(dim=0) / mask.sum().clamp(min=1)).expand(len(states), -1),
            "All rows are the same: the mean over every word of the batch. Each sentence has its own.",
        ),
        Misconception(
            "padding_in_the_sum",
            lambda states, mask: states.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1),
            "You divide by the right count, but the sum has the padding in it. Mask the states before you add them.",
        ),
        Misconception(
            "first_places",
            lambda states, mask: _mean(states, _first_places(mask)),
            "Right without gaps. You take as many places as there are words, from the beginning; the mask says which"
            " places, not only how many.",
        ),
        Misconception(
            "up_to_the_last",
            lambda states, mask: _mean(states, _up_to_the_last(mask)),
            "Right without gaps. You take every place up to the last word, also those between that the mask excludes.",
        ),
        Misconception(
            "zeros_taken_for_padding",
            lambda states, mask: _sum(states, mask) / ((states * mask[:, :, None]) != 0).sum(dim=1).clamp(min=1),
            "You count what is not 0. A word's state may have a 0 in it, and counts all the same: count the mask.",
        ),
        Misconception(
            "zero_states_taken_for_padding",
            lambda states, mask: (
                _sum(states, mask) / (states * mask[:, :, None] != 0).any(dim=2).sum(dim=1, keepdim=True).clamp(min=1)
            ),
            "You count the states that are not 0 throughout. A word's state may be that, and counts all the same: count"
            " the mask.",
        ),
        Misconception(
            "dimension_kept",
            lambda states, mask: _mean(states, mask)[:, None],
            "Your numbers are right, with a dimension too many: (batch, 1, width). The places are gone after the sum.",
        ),
    ),
    hints=(
        "A mean is a sum over a count. Both leave out the padding.",
        "`mask[:, :, None]` is (batch, length, 1) and fits the states. The count is `mask.sum(dim=1, keepdim=True)`;"
        " think of a count of 0.",
        "`states.masked_fill(~mask[:, :, None], 0.0).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)`.",
    ),
)


def _max(fill: float, states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[:, :, None], fill).amax(dim=1)


def _max_of_components(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[:, :, None], -INFINITY).amax(dim=2)


def _no_words_zero(found: Tensor, mask: Tensor) -> Tensor:
    return found.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)


MASKED_MAX = Exercise(
    id="classification.masked_max",
    lesson="08",
    title="The largest of the real words",
    reference=classification.masked_max,
    cases=_max_cases,
    run=values_and_gradients,
    judge=judge_tensors("largest"),
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "mask_ignored",
            lambda states, mask: states.amax(dim=1),
            "The padding takes part in the maximum: where its number is the largest, it wins. The mask is not used.",
        ),
        Misconception(
            "filled_with_zeros",
            lambda states, mask: _max(0.0, states, mask),
            "Where all words of a sentence are below zero, your result is 0: the padding was set to zero and won. What"
            " number can never win?",
        ),
        Misconception(
            "minus_infinity_left",
            lambda states, mask: _max(-INFINITY, states, mask),
            "All right but a sentence without words: −∞ is left there, and in the next layer it becomes nan. The"
            " contract asks for zeros.",
        ),
        Misconception(
            "not_low_enough",
            lambda states, mask: _no_words_zero(_max(-1e4, states, mask), mask),
            "You hide the padding behind −10,000. There are lower numbers (here some near −30,000), and then the"
            " padding wins. −∞ cannot win.",
        ),
        Misconception(
            "still_not_low_enough",
            lambda states, mask: _no_words_zero(_max(-100.0, states, mask), mask),
            "You hide the padding behind −100. There are lower numbers (here some near −30,000), and then the padding"
            " wins. −∞ cannot.",
        ),
        Misconception(
            "hidden_behind_a_thousand",
            lambda states, mask: _no_words_zero(_max(-1e3, states, mask), mask),
            "You hide the padding behind −1,000. There are lower numbers (here some near −30,000): then the padding"
            " is the largest. −∞ is below them all.",
        ),
        Misconception(
            "lowest_of_float16",
            lambda states, mask: _no_words_zero(_max(-65504.0, states, mask), mask),
            "You hide the padding behind −65,504, the lowest number of float16. These states may be lower (here some"
            " near −10⁸), and then the padding wins. −∞ cannot.",
        ),
        Misconception(
            "hidden_behind_a_million",
            lambda states, mask: _no_words_zero(_max(-1e6, states, mask), mask),
            "You hide the padding behind −1,000,000. There are lower numbers (here some near −10⁸), and then the"
            " padding is the largest. −∞ is below them all.",
        ),
        Misconception(
            "zero_instead_of_negative",
            lambda states, mask: _no_words_zero(_max(-INFINITY, states, mask), mask).clamp(min=0),
            "Nothing in your result is below 0: a ReLU or a zero took part. Where all words are negative, the largest"
            " is negative.",
        ),
        Misconception(
            "infinity_times_zero",
            lambda states, mask: _max(-INFINITY, states, mask) * mask.any(dim=1, keepdim=True),
            "All right but a sentence without words: −∞ times 0 is nan. Choose the zeros instead of multiplying.",
        ),
        Misconception(
            "over_components_of_words",
            lambda states, mask: _max_of_components(states, mask),
            "Your maximum runs over the components of each word (dim=2). Asked for is the largest over the places, for"
            " each component.",
        ),
        Misconception(
            "first_places",
            lambda states, mask: _no_words_zero(_max(-INFINITY, states, _first_places(mask)), mask),
            "Right without gaps. You look at as many places as there are words, from the beginning; the mask says which"
            " places, not only how many.",
        ),
        Misconception(
            "up_to_the_last",
            lambda states, mask: _no_words_zero(_max(-INFINITY, states, _up_to_the_last(mask)), mask),
            "Right without gaps. You look at every place up to the last word, also those between that the mask"
            " excludes.",
        ),
        Misconception(
            "of_the_whole_batch",
            lambda states, mask: _no_words_zero(
                _max(-INFINITY, states, mask).amax(dim=0).expand(len(states), -1), mask.any().expand(len(mask), 1)
            ),
            "All rows are the same: the largest of the whole batch. Each sentence has its own.",
        ),
        Misconception(
            "values_and_places",
            lambda states, mask: tuple(states.masked_fill(~mask[:, :, None], -INFINITY).max(dim=1)),
            "`max` with a dimension hands back two things, the values and their places. Return the values.",
        ),
        Misconception(
            "very_low_number_left",
            lambda states, mask: _max(-1e9, states, mask),
            "All right but a sentence without words: there the number that should hide the padding is left over. The"
            " contract asks for zeros.",
        ),
        Misconception(
            "mask_inverted",
            lambda states, mask: _no_words_zero(_max(-INFINITY, states, ~mask), ~mask),
            "You take the largest of the padding: the mask is True at words, masked_fill fills where it is given True.",
        ),
        Misconception(
            "nan_to_num",
            lambda states, mask: torch.nan_to_num(_max(-INFINITY, states, mask), neginf=None),
            "`nan_to_num` turns −∞ into the lowest number there is, about −3·10³⁸, not into 0. Say what a sentence"
            " without words should get.",
        ),
        Misconception(
            "over_components",
            lambda states, mask: states.masked_fill(~mask[:, :, None], 0.0).amax(dim=2),
            "You take the largest component of each word, and get a number for each place. The maximum runs over"
            " places.",
        ),
        Misconception(
            "largest_size",
            lambda states, mask: _max(0.0, states.abs(), mask),
            "You look for the largest size, without the sign: −3 is not larger than 2.",
        ),
        Misconception(
            "mean_instead",
            lambda states, mask: _sum(states, mask) / mask.sum(dim=1, keepdim=True).clamp(min=1),
            "This is the mean again. Asked for is the largest value of each component.",
        ),
    ),
    hints=(
        "Before you take the maximum, give the padding a number that cannot win.",
        "−∞ cannot win, but for a sentence without words nothing else is there: set such rows to 0 afterwards."
        " `mask.any(dim=1)` says which have a word.",
        "`states.masked_fill(~mask[:, :, None], float('-inf')).amax(dim=1)`, then"
        " `.masked_fill(~mask.any(dim=1, keepdim=True), 0.0)`.",
    ),
)


def _picked(place: Callable[[Tensor], Tensor], empty_zero: bool = True) -> Callable[..., Any]:
    """The state at a place computed from the lengths."""

    def answer(states: Tensor, mask: Tensor) -> Tensor:
        lengths = mask.sum(dim=1)
        at = place(lengths).clamp(max=states.shape[1] - 1)
        found = states[torch.arange(len(states)), at]
        return found.masked_fill(lengths[:, None] == 0, 0.0) if empty_zero else found

    return answer


def _not_zero_counted(states: Tensor) -> Tensor:
    return _picked(lambda lengths: (lengths - 1).clamp(min=0))(states, (states != 0).any(dim=2))


LAST_STATE = Exercise(
    id="classification.last_state",
    lesson="08",
    title="The state after the last word",
    reference=classification.last_state,
    cases=_last_cases,
    run=values_and_gradients,
    judge=judge_tensors("last"),
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "last_column",
            lambda states, mask: states[:, -1],
            "You take the last column of the table: for every sentence but the longest that is a state after"
            " padding. Each sentence ends at a place of its own.",
        ),
        Misconception(
            "last_column_but_zero",
            lambda states, mask: states[:, -1].masked_fill(~mask.any(dim=1, keepdim=True), 0.0),
            "You take the last column of the table (and thought of sentences without words). For the shorter sentences"
            " that is a state after padding: each ends at a place of its own.",
        ),
        Misconception(
            "one_too_far",
            _picked(lambda lengths: lengths),
            "You are one place too far: with n words, counted from 0, the last stands at n − 1.",
        ),
        Misconception(
            "one_too_early",
            _picked(lambda lengths: (lengths - 2).clamp(min=0)),
            "You take the last word but one: with n words, counted from 0, the last stands at n − 1.",
        ),
        Misconception(
            "empty_wraps_round",
            _picked(lambda lengths: lengths - 1, empty_zero=False),
            "All right but a sentence without words: its last place is −1, which Python reads as the last column. The"
            " contract asks for zeros.",
        ),
        Misconception(
            "empty_takes_the_first",
            _picked(lambda lengths: (lengths - 1).clamp(min=0), empty_zero=False),
            "All right but a sentence without words: you give it the state of its first place, which is padding. The"
            " contract asks for zeros.",
        ),
        Misconception(
            "first_state",
            _picked(lambda lengths: torch.zeros_like(lengths)),
            "You take the state after the first word. It has read one word only.",
        ),
        Misconception(
            "last_of_the_longest",
            _picked(lambda lengths: (lengths.max() - 1).clamp(min=0).expand_as(lengths)),
            "All sentences are read at the place where the longest one ends. Each has its own.",
        ),
        Misconception(
            "shortest_for_all",
            lambda states, mask: states[:, int(mask.sum(dim=1).min()) - 1],
            "All sentences are read at the place where the shortest one ends (an empty one: at the last column). Each"
            " has its own place.",
        ),
        Misconception(
            "zeros_at_the_end",
            lambda states, mask: (states * mask[:, :, None])[:, -1],
            "You set the padding to zero and take the last column: only sentences as wide as the table keep their"
            " state. The last word stands elsewhere in the others.",
        ),
        Misconception(
            "dimension_kept",
            lambda states, mask: _picked(lambda lengths: (lengths - 1).clamp(min=0))(states, mask)[:, None],
            "Your numbers are right, with a dimension too many: (batch, 1, width). `gather` keeps it; take it away.",
        ),
        Misconception(
            "one_component",
            lambda states, mask: _picked(lambda lengths: (lengths - 1).clamp(min=0))(states, mask)[:, :1],
            "You return one component of each state. `gather` takes as many numbers as its index has places: the index"
            " has to be as wide as the states.",
        ),
        Misconception(
            "zeros_taken_for_padding",
            lambda states, mask: _not_zero_counted(states),
            "You count the states that are not 0. Padding need not be 0, and a word's state may be: count the mask.",
        ),
        Misconception(
            "first_padding",
            lambda states, mask: _picked(lambda lengths: (mask.int().argmin(dim=1) - 1).clamp(min=0))(states, mask),
            "You look for the first False of the mask. A full row has none, and argmin then gives 0: count the True"
            " instead.",
        ),
        Misconception(
            "all_pairs_and_minus_one",
            lambda states, mask: states[:, mask.sum(dim=1) - 1],
            "You get these places of every sentence: (batch, batch, width), because `states[:, places]` pairs each"
            " row with all of them. The rows need numbers too (and a sentence without words has no place).",
        ),
        Misconception(
            "all_pairs",
            lambda states, mask: states[:, (mask.sum(dim=1) - 1).clamp(min=0)],
            "`states[:, places]` takes all these places of every sentence: (batch, batch, width). Row i should give"
            " its own place i alone; the rows need numbers too.",
        ),
    ),
    hints=(
        "How many words has each sentence? Then where does its last word stand, counted from 0?",
        "Two index tensors pick one place a row: `states[rows, places]` with `rows = torch.arange(batch)`. A sentence"
        " without words has no place: pick any, then set the row to 0.",
        "`lengths = mask.sum(dim=1)`, `states[torch.arange(len(states)), (lengths - 1).clamp(min=0)]`, then"
        " `.masked_fill(lengths[:, None] == 0, 0.0)`.",
    ),
)

# --------------------------------------------------------------------------------------- 8 · the recurrent classifier


def _rnn_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, sizes: tuple[Any, ...], lengths: Sequence[int], **extra: Any) -> Case:
        make = dict(zip(("vocabulary", "width", "hidden", "pooling", "classes"), sizes, strict=True))
        return _module_case(rng, about, make, classification.RNNClassifier, lengths, **extra)

    return [
        case("last state, one sentence", (5, 3, 4, "last", 2), [3]),
        case("last state", (9, 4, 5, "last", 3), [6, 2]),
        case("mean", (9, 4, 6, "mean", 3), [5, 2, 8]),
        case("max", (7, 5, 6, "max", 2), [8, 3, 4]),
        case("last state, more padding", (8, 3, 4, "last", 2), [5, 3, 1], columns=9),
        case("one word", (6, 4, 5, "max", 2), [1]),
        case("other numbers at padding, last state", (9, 3, 4, "last", 2), [6, 2], columns=8, rubbish=True),
        case("other numbers at padding, mean", (9, 3, 5, "mean", 2), [4, 7], columns=8, rubbish=True),
        case("a sentence without words, mean", (6, 3, 5, "mean", 2), [0, 7, 4]),
        case("a sentence without words, last state", (6, 3, 5, "last", 2), [4, 7, 0]),
        case("a sentence without words, max", (7, 4, 5, "max", 3), [2, 0, 6], columns=8),
        case("after .eval(), arguments by place", (8, 5, 4, "max", 3), [6, 9], by_name=False, training=False),
        case("defaults", (11, 32, 48, "max", 2), [4, 9, 5], defaults=("width", "hidden", "pooling", "classes")),
        Case(
            {"vocabulary": 5, "pooling": "sum"},
            "the pooling 'sum'",
            {},
            {"make": ("vocabulary", "pooling"), "error": ""},
        ),
    ]


class _WrongRNN(nn.Module):
    """The reference's parameters, for wrong modules to inherit."""

    batch_first = True

    def __init__(
        self, vocabulary: int, width: int = 32, hidden: int = 48, pooling: str = "max", classes: int = 2
    ) -> None:
        super().__init__()
        if pooling not in ("last", "mean", "max"):
            raise ValueError(pooling)
        self.pooling = pooling
        self.embedding = nn.Embedding(vocabulary, width)
        self.rnn = nn.GRU(width, hidden, batch_first=self.batch_first)
        self.output = nn.Linear(hidden, classes)

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.rnn(self.embedding(ids))[0]

    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        if self.pooling == "last":
            return classification.last_state(states, mask)
        return (classification.masked_mean if self.pooling == "mean" else classification.masked_max)(states, mask)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.output(self.pool(self.read(ids, mask), mask))


class _BatchSecond(_WrongRNN):
    batch_first = False


class _LastColumn(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return states[:, -1] if self.pooling == "last" else super().pool(states, mask)


class _NoMasks(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return super().pool(states, torch.ones_like(mask))


class _Probabilities(_WrongRNN):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return torch.softmax(super().forward(ids, mask), dim=1)


class _ReluPooled(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return torch.relu(super().pool(states, mask))


class _ZerosRead(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return super().pool(states * mask[:, :, None], torch.ones_like(mask))


class _FirstForEmpty(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        if self.pooling != "last":
            return super().pool(states, mask)
        return states[torch.arange(len(states)), (mask.sum(dim=1) - 1).clamp(min=0)]


class _MeanOfTable(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return _sum(states, mask) / mask.shape[1] if self.pooling == "mean" else super().pool(states, mask)


class _LogProbabilities(_WrongRNN):
    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return torch.log_softmax(super().forward(ids, mask), dim=1)


class _TanhPooled(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return torch.tanh(super().pool(states, mask))


class _Backwards(_WrongRNN):
    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        return super().read(ids.flip(1), mask).flip(1)


class _PlaceOfTheLongest(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        if self.pooling != "last":
            return super().pool(states, mask)
        return states[:, max(0, int(mask.sum(dim=1).max()) - 1)]


class _EmptyHasOne(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return super().pool(states, mask | (torch.arange(mask.shape[1]) == 0))


class _MaxOfTable(_WrongRNN):
    def pool(self, states: Tensor, mask: Tensor) -> Tensor:
        return states.amax(dim=1) if self.pooling == "max" else super().pool(states, mask)


RNN_CLASSIFIER = Exercise(
    id="classification.rnn_classifier",
    lesson="08",
    title="A recurrent network that reads sentences",
    reference=classification.RNNClassifier,
    cases=_rnn_cases,
    run=_run_module,
    judge=judge_tensors("scores"),
    points=3,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "batch_second",
            _BatchSecond,
            "The network reads down the columns: it takes the sentences of the batch for the words of one sentence. A"
            " recurrent layer of PyTorch wants (length, batch, width) unless it is told otherwise.",
        ),
        Misconception(
            "last_column",
            _LastColumn,
            "With pooling 'last' you take the last column, after the padding: what `rnn` hands back as its final"
            " state is the same. Your own exercise finds each sentence's last word.",
        ),
        Misconception(
            "masks_ignored",
            _NoMasks,
            "Without padding you are right, with it the states after the sentence's end take part. Hand the mask on.",
        ),
        Misconception(
            "always_last",
            changed(_WrongRNN, pool=lambda self, states, mask: classification.last_state(states, mask)),
            "You always take the last state, whatever `pooling` says.",
        ),
        Misconception(
            "always_max",
            changed(_WrongRNN, pool=lambda self, states, mask: classification.masked_max(states, mask)),
            "You always take the largest values, whatever `pooling` says.",
        ),
        Misconception(
            "mean_and_max_exchanged",
            changed(
                _WrongRNN,
                pool=lambda self, states, mask: {
                    "last": classification.last_state,
                    "mean": classification.masked_max,
                    "max": classification.masked_mean,
                }[self.pooling](states, mask),
            ),
            "'mean' and 'max' have changed places: where the mean is asked for you take the largest values, and the"
            " other way round.",
        ),
        Misconception(
            "softmax_at_the_end",
            _Probabilities,
            "You return probabilities. Return the scores of the last layer; the loss takes the softmax itself.",
        ),
        Misconception(
            "an_answer_for_each_word",
            changed(_WrongRNN, forward=lambda self, ids, mask: self.output(self.read(ids, mask))),
            "You give an answer for each word: (batch, length, classes). Here the states become one vector a sentence"
            " first; one answer a word is for tagging, later.",
        ),
        Misconception(
            "relu_on_states",
            _ReluPooled,
            "A ReLU stands between the pooling and the last layer: the negative half of the states is lost.",
        ),
        Misconception(
            "zeros_for_masks",
            _ZerosRead,
            "You set the states at padding to zero and then pool over all places: a mean is too small, a largest value"
            " never below 0, a last state 0. Leave the padding out of the pooling.",
        ),
        Misconception(
            "scores_pooled",
            changed(_WrongRNN, forward=lambda self, ids, mask: self.pool(self.output(self.read(ids, mask)), mask)),
            "You score each word and pool the scores. Where the pooling is a maximum (or there are no words) that is"
            " another thing: pool the states, then score once.",
        ),
        Misconception(
            "empty_takes_the_first",
            _FirstForEmpty,
            "Right but for a sentence without words with pooling 'last': it gets the state of its first place, which is"
            " padding. Your own `last_state` gives zeros.",
        ),
        Misconception(
            "place_of_the_longest",
            _PlaceOfTheLongest,
            "With pooling 'last' all sentences are read at the place where the longest of the batch ends. Each ends at"
            " a place of its own; your own `last_state` finds it.",
        ),
        Misconception(
            "empty_has_one",
            _EmptyHasOne,
            "Right but for a sentence without words: you let it have one word, which is padding. Pooling gives zeros"
            " there, so that its scores are the bias of the last layer.",
        ),
        Misconception(
            "max_over_the_table",
            _MaxOfTable,
            "With pooling 'max' the states at padding take part (the other two are right). Your own `masked_max` leaves"
            " them out.",
        ),
        Misconception(
            "mean_over_the_table",
            _MeanOfTable,
            "With pooling 'mean' you divide by the width of the table; the padding adds nothing, but it is counted."
            " Your own exercise divides by the words.",
        ),
        Misconception(
            "log_softmax_at_the_end",
            _LogProbabilities,
            "You return logarithms of probabilities. Return the scores of the last layer as they are.",
        ),
        Misconception(
            "tanh_on_states",
            _TanhPooled,
            "A tanh stands between the pooling and the last layer. The states of a GRU are between −1 and 1 already;"
            " the contract has nothing there.",
        ),
        Misconception(
            "read_backwards",
            _Backwards,
            "The words are read from the end of the row: the padding comes first, and the first word last.",
        ),
    ),
    hints=(
        "Three layers: embedding, GRU, linear. Between the last two the states of a sentence become one vector.",
        "`nn.GRU` hands back two things; the first holds the states after every word. Make it with `batch_first=True`."
        " The three ways of pooling you have written already.",
        "`states, _ = self.rnn(self.embedding(ids))`, then one of `last_state`, `masked_mean`, `masked_max` applied to"
        " `(states, mask)`, then `self.output`.",
    ),
)

# --------------------------------------------------------------------------------------- 9 · the loss of a tagger


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, lengths: Sequence[int], count: int, columns: int = 0, filler: int = 0, std: float = 2.0, **extra: Any) -> Case:  # fmt: skip  # noqa: E501
        mask = _mask(lengths, columns)
        tags = _ids(rng, *mask.shape, low=0, high=count).masked_fill(~mask, filler)
        sizes = {"batch": len(lengths), "length": mask.shape[1], "tags": count}
        return Case(
            {"logits": normal(rng, *mask.shape, count, std=std), "tags": tags, "mask": mask}, about, sizes, extra
        )

    double = case("float64", [5, 3], 4)
    double = Case({**double.inputs, "logits": double.inputs["logits"].double() / 3}, "float64", double.sizes)
    return [
        case("one word", [1], 3),
        case("no padding", [4], 3),
        case("two lengths", [5, 2], 4),
        case("more padding", [3, 6, 1], 4, columns=8),
        case("−100 at padding", [4, 2, 5], 3, filler=-100),
        case("the number 99 at padding", [2, 5], 3, filler=99),
        case("very large scores", [3, 4], 5, std=3000.0),
        case("no words at all", [0, 0], 4, columns=3),
        case("not contiguous", [4, 6, 3], 5, strided=True),
        double,
    ]


def _loss(
    share: Callable[[Tensor], Tensor] = lambda logits: torch.log_softmax(logits, dim=-1),
    divide: Callable[[Tensor, Tensor], Tensor] = lambda losses, mask: losses.sum() / mask.sum().clamp(min=1),
    chosen: Callable[[Tensor], Tensor] = lambda mask: mask,
) -> Callable[..., Any]:
    def answer(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        safe = tags.clamp(0, logits.shape[-1] - 1)
        losses = -share(logits).gather(2, safe[:, :, None])[:, :, 0]
        mask = chosen(mask)
        return divide(losses.masked_fill(~mask, 0.0), mask)

    return answer


def _gap(logits: Tensor, tags: Tensor, mask: Tensor) -> float:
    """The mean over words of the largest score less the right tag's: no loss is below it."""
    scores = logits[mask].double()
    return float((scores.amax(dim=1) - scores.gather(1, tags[mask][:, None])[:, 0]).mean())


def _judge_loss(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = judge_tensors("loss")(case, output, expected)
    value = output.get("value") if isinstance(output, Mapping) else output
    if found is None and isinstance(value, (int, float)):
        return Mismatch(
            "The number is right, but it is a plain Python number: training calls `.backward()` on a tensor."
        )
    return found


def _loss_where_tags(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    """Takes the tags that are not negative for words; looks for tag 99 where that stands at padding, and fails."""
    real = tags >= 0
    found = torch.log_softmax(logits, dim=-1).gather(2, tags.masked_fill(~real, 0)[:, :, None])[:, :, 0]
    return -(found * real).sum() / real.sum().clamp(min=1)


TAGGING_LOSS = Exercise(
    id="classification.tagging_loss",
    lesson="08",
    title="The loss of a tagger",
    reference=classification.tagging_loss,
    cases=_loss_cases,
    run=values_and_gradients,
    judge=_judge_loss,
    points=2,
    minutes=12,
    difficulty=2,
    forbids=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.CrossEntropyLoss",
        "torch.nn.NLLLoss",
    ),
    misconceptions=(
        Misconception(
            "padding_counted",
            _loss(chosen=torch.ones_like),
            "The padding is learned too: its loss is in your mean. The mask is not used.",
        ),
        Misconception(
            "divided_by_all_places",
            _loss(divide=lambda losses, mask: losses.sum() / mask.numel()),
            "Padding adds nothing to your sum, but you divide by all places of the table: the loss gets smaller the"
            " more padding there is. Divide by the number of words.",
        ),
        Misconception(
            "sum",
            _loss(divide=lambda losses, mask: losses.sum()),
            "This is the sum over the words; the contract asks for their mean.",
        ),
        Misconception(
            "mean_of_means",
            _loss(divide=lambda losses, mask: (losses.sum(dim=1) / mask.sum(dim=1).clamp(min=1)).sum() / len(losses)),
            "You take the mean of each sentence and then the mean of these: a word in a short sentence weighs more. All"
            " words of the batch count alike.",
        ),
        Misconception(
            "divided_by_sentences",
            _loss(divide=lambda losses, mask: losses.sum() / len(losses)),
            "You divide by the number of sentences. The loss is a mean over words.",
        ),
        Misconception(
            "no_minus",
            _loss(divide=lambda losses, mask: -losses.sum() / mask.sum().clamp(min=1)),
            "Your loss is negative: logarithms of probabilities are below zero, the minus sign is missing.",
        ),
        Misconception(
            "no_logarithm",
            _loss(share=lambda logits: torch.softmax(logits, dim=-1)),
            "You add up probabilities of the right tags; the cross-entropy takes their logarithms.",
        ),
        Misconception(
            "no_softmax",
            _loss(share=lambda logits: logits),
            "You use the scores as they are: they are not logarithms of probabilities before a softmax has been taken.",
        ),
        Misconception(
            "softmax_over_places",
            _loss(share=lambda logits: torch.log_softmax(logits, dim=1)),
            "The softmax runs over the places of the sentence. For each word, the tags compete: the last dimension.",
        ),
        Misconception(
            "mask_inverted",
            _loss(chosen=torch.logical_not),
            "You learn the padding and leave out the words: the mask is True at words.",
        ),
        Misconception(
            "naive_softmax",
            _loss(share=lambda logits: torch.log(logits.exp() / logits.exp().sum(dim=-1, keepdim=True))),
            "Right for ordinary scores, but large ones give nan or infinity: exp of a number above 88 is infinite in"
            " float32. `log_softmax` subtracts the largest score first.",
        ),
        Misconception(
            "logarithm_of_softmax",
            _loss(share=lambda logits: torch.log(torch.softmax(logits, dim=-1))),
            "Right for ordinary scores, infinite for very large ones: the exp of a score overflows, or a probability"
            " rounds to 0, and then a logarithm is taken. Take softmax and logarithm in one step.",
        ),
        Misconception(
            "nan_without_words",
            _loss(divide=lambda losses, mask: losses.sum() / mask.sum()),
            "All right but a batch without words: 0 divided by 0 is nan. The contract asks for 0.",
        ),
        Misconception(
            "tag_0_taken_for_padding",
            lambda logits, tags, mask: _loss()(logits, tags, mask & (tags != 0)),
            "Words whose tag is 0 are left out with you. 0 is a tag like any other; the mask says what is padding.",
        ),
        Misconception(
            "tags_as_mask",
            _loss_where_tags,
            "Every place whose tag is not negative counts with you. At padding any number may stand, −100 is only one"
            " of them: the mask says what is a word.",
        ),
        Misconception(
            "scores_clipped",
            lambda logits, tags, mask: _loss()(logits.clamp(-100, 100), tags, mask),
            "You clip the scores at ±100. A model that is sure of a wrong tag has to pay for all of it; `log_softmax`"
            " bears large scores as they are.",
        ),
        Misconception(
            "small_number_in_the_logarithm",
            _loss(share=lambda logits: torch.log(torch.softmax(logits, dim=-1) + 1e-9)),
            "Right for ordinary scores, too small for very large ones: with 1e-9 added to the probability the loss of a"
            " word never exceeds 20.7. Take softmax and logarithm in one step.",
        ),
        Misconception(
            "one_loss_a_sentence",
            _loss(divide=lambda losses, mask: losses.sum(dim=1) / mask.sum(dim=1).clamp(min=1)),
            "You return a loss for each sentence. Asked for is one number, the mean over all words of the batch.",
        ),
        Misconception(
            "in_bits",
            _loss(share=lambda logits: torch.log_softmax(logits, dim=-1) / float(np.log(2.0))),
            "Your loss is 1.44 times too large: these are bits. The contract has natural logarithms.",
        ),
        Misconception(
            "one_minus_probability",
            _loss(share=lambda logits: torch.softmax(logits, dim=-1) - 1),
            "You add up 1 − p of the right tags. The cross-entropy is −log p: it is the harder, the surer a model was"
            " of something wrong.",
        ),
        Misconception(
            "scores_zeroed",
            lambda logits, tags, mask: _loss(
                divide=lambda losses, real: losses.sum() / mask.sum().clamp(min=1), chosen=torch.ones_like
            )(logits * mask[:, :, None], tags, mask),
            "At padding you set the scores to zero, and then count their loss, log of the number of tags each. Leave"
            " these places out of the sum.",
        ),
        Misconception(
            "one_loss_a_word",
            _loss(divide=lambda losses, mask: losses),
            "You return a loss for each place. Asked for is one number: their mean over the words.",
        ),
    ),
    properties=(
        Property(
            "pays_the_gap",
            lambda case, output: (
                case.about != "very large scores" or float(output["value"]) > 0.999 * _gap(**case.inputs)
            ),
            "A word's loss is at least the gap between its largest score and that of the right tag. For very large"
            " scores yours is smaller. Is something added to a probability before the logarithm, or something clipped?",
        ),
    ),
    hints=(
        "Pick out the real words first: `logits[mask]` is (words, tags) and `tags[mask]` is (words,). Then there is no"
        " padding left to think of.",
        "`torch.log_softmax(..., dim=-1)` gives the logarithms of all probabilities; `gather(1, right[:, None])`"
        " picks the right tag of each word. How many words are there, and what if none?",
        "`found = torch.log_softmax(logits[mask], dim=-1).gather(1, tags[mask][:, None])`, and"
        " `(-found).sum() / max(1, len(found))`.",
    ),
)

# --------------------------------------------------------------------------------------- 10 · F1


def _f1_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, lengths: Sequence[int], count: int, known: int = 0, columns: int = 0) -> Case:
        mask = _mask(lengths, columns)
        tags = _ids(rng, *mask.shape, low=0, high=known or count)
        other = _ids(rng, *mask.shape, low=0, high=known or count)
        keep = torch.tensor(rng.random(mask.shape) < 0.6)
        predicted = torch.where(keep, tags, other)
        sizes = {"batch": len(lengths), "length": mask.shape[1], "count": count}
        return Case({"predicted": predicted, "tags": tags, "mask": mask, "count": count}, about, sizes)

    by_hand = case("five words", [5], 3)
    by_hand.inputs["tags"].copy_(torch.tensor([[0, 0, 0, 1, 2]]))
    by_hand.inputs["predicted"].copy_(torch.tensor([[0, 0, 1, 1, 0]]))
    return [
        by_hand,
        case("one word", [1], 2),
        case("two lengths", [9, 6], 4),
        case("more padding", [8, 12, 7], 5, columns=17),
        case("tags that never occur", [6, 7, 4], 9, known=3),
        case("a sentence without words", [8, 0, 11], 4),
        case("no words at all", [0, 0], 3, columns=5),
    ]


def _f1(score: Callable[[Tensor, Tensor, Tensor], Tensor], choose: Callable[[Tensor], Tensor] = lambda m: m) -> Any:
    """A score of (right, given, there), each (count,)."""

    def answer(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
        mask = choose(mask)
        given, there = predicted[mask].bincount(minlength=count), tags[mask].bincount(minlength=count)
        right = tags[mask & (predicted == tags)].bincount(minlength=count)
        return score(right.float(), given.float(), there.float())

    return answer


F1_SCORES = Exercise(
    id="classification.f1_scores",
    lesson="08",
    title="F1 for each tag",
    reference=classification.f1_scores,
    cases=_f1_cases,
    judge=judge_tensors("F1"),
    points=2,
    minutes=15,
    difficulty=2,
    misconceptions=(
        Misconception(
            "padding_counted",
            _f1(lambda right, given, there: 2 * right / (given + there).clamp(min=1), torch.ones_like),
            "The padding is counted: it has tags in your scores. The mask is not used.",
        ),
        Misconception(
            "mask_inverted",
            _f1(lambda right, given, there: 2 * right / (given + there).clamp(min=1), torch.logical_not),
            "You count at padding and leave out the words: the mask is True at words.",
        ),
        Misconception(
            "precision",
            _f1(lambda right, given, there: right / given.clamp(min=1)),
            "This is the precision alone: right over given. A model that gives a tag once and is right would be"
            " perfect. F1 asks for the recall too.",
        ),
        Misconception(
            "recall",
            _f1(lambda right, given, there: right / there.clamp(min=1)),
            "This is the recall alone: right over there. A model that gives one tag to every word has recall 1 for"
            " it. F1 asks for the precision too.",
        ),
        Misconception(
            "arithmetic_mean",
            _f1(lambda right, given, there: (right / given.clamp(min=1) + right / there.clamp(min=1)) / 2),
            "You take the ordinary mean of precision and recall. The harmonic mean is 2·P·R / (P + R): close to the"
            " smaller of the two.",
        ),
        Misconception(
            "product",
            _f1(lambda right, given, there: right / given.clamp(min=1) * right / there.clamp(min=1)),
            "You multiply precision and recall. In the harmonic mean, 2·P·R / (P + R), the product is only the"
            " numerator's half.",
        ),
        Misconception(
            "without_two",
            _f1(lambda right, given, there: right / (given + there).clamp(min=1)),
            "Your scores are half of what they should be: a perfect tagger would get 0.5. A factor 2 is missing.",
        ),
        Misconception(
            "overlap",
            _f1(lambda right, given, there: right / (given + there - right).clamp(min=1)),
            "This is right / (given or there), the Jaccard index. F1 counts what is right twice, above and below the"
            " line.",
        ),
        Misconception(
            "nan_for_missing",
            _f1(lambda right, given, there: 2 * right / (given + there)),
            "All right but tags that neither occur nor are given: 0 divided by 0 is nan. The contract asks for 0.",
        ),
        Misconception(
            "nan_in_the_harmonic_mean",
            _f1(lambda right, given, there: 2 * (right / given) * (right / there) / (right / given + right / there)),
            "Where a tag is never given, or never right, you divide by zero and get nan. 2·right / (given + there)"
            " is the same number with one division.",
        ),
        Misconception(
            "mean_over_tags",
            _f1(lambda right, given, there: (2 * right / (given + there).clamp(min=1)).mean()),
            "You return one number, the mean over the tags (macro F1). Return the score of each tag.",
        ),
        Misconception(
            "accuracy",
            _f1(lambda right, given, there: (right.sum() / there.sum().clamp(min=1)).expand(len(there))),
            "Every tag has the same score with you: the share of right words. Count given, there and right for each tag"
            " by itself.",
        ),
        Misconception(
            "geometric_mean",
            _f1(lambda right, given, there: (right / given.clamp(min=1) * right / there.clamp(min=1)).sqrt()),
            "You take the geometric mean, √(P·R). The harmonic mean is 2·P·R / (P + R).",
        ),
        Misconception(
            "smaller_of_the_two",
            _f1(lambda right, given, there: torch.minimum(right / given.clamp(min=1), right / there.clamp(min=1))),
            "You take the smaller of precision and recall. Their harmonic mean, 2·P·R / (P + R), is near it, not it.",
        ),
        Misconception(
            "smoothed",
            _f1(lambda right, given, there: 2 * right / (given + there + 1)),
            "You divide by one more than given + there: a perfect tagger would not get 1. Only 0/0 needs care.",
        ),
        Misconception(
            "without_tag_0",
            _f1(lambda right, given, there: 2 * right / (given + there).clamp(min=1) * (torch.arange(len(right)) > 0)),
            "Tag 0 always gets 0 with you. It is a tag like the others here (O in our list).",
        ),
        Misconception(
            "padding_as_tag_0",
            lambda predicted, tags, mask, count: _f1(
                lambda right, given, there: 2 * right / (given + there).clamp(min=1), torch.ones_like
            )(predicted * mask, tags * mask, mask, count),
            "Padding became tag 0, given and right: the score of tag 0 is too good. Pick the words out with the mask"
            " instead of multiplying by it.",
        ),
        Misconception(
            "given_at_padding",
            lambda predicted, tags, mask, count: (
                2
                * tags[mask & (predicted == tags)].bincount(minlength=count)
                / (predicted.flatten().bincount(minlength=count) + tags[mask].bincount(minlength=count)).clamp(min=1)
            ),
            "What is given at padding counts as given with you. All three counts are over real words.",
        ),
        Misconception(
            "mean_of_sentences",
            lambda predicted, tags, mask, count: torch.stack(
                [
                    _f1(lambda right, given, there: 2 * right / (given + there).clamp(min=1))(p, t, m, count)
                    for p, t, m in zip(predicted, tags, mask)
                ]
            ).mean(dim=0),
            "You score each sentence and take the mean: tags that a sentence lacks pull it down. Count over all words"
            " of the batch, then divide once.",
        ),
        Misconception(
            "one_for_missing",
            _f1(
                lambda right, given, there: torch.where(
                    given + there == 0, torch.ones_like(right), 2 * right / (given + there).clamp(min=1)
                )
            ),
            "You give 1 to a tag that neither occurs nor is given. The contract asks for 0 there.",
        ),
    ),
    properties=(
        Property(
            "between_0_and_1",
            lambda case, output: bool(((output >= 0) & (output <= 1)).all()),
            "Each score lies between 0 and 1.",
        ),
    ),
    hints=(
        "Three counts for each tag, over real words: how often it was given, how often it is there, how often both.",
        "`torch.bincount(numbers, minlength=count)` counts how often each of 0, …, count − 1 occurs. The right ones"
        " are the tags at places where `predicted == tags` and the mask is True.",
        "`2 * right / (given + there).clamp(min=1)`.",
    ),
)

EXERCISES = (
    PAD_BATCH,
    BAG_OF_WORDS,
    CONVOLVE,
    TEXT_CNN,
    MASKED_MEAN,
    MASKED_MAX,
    LAST_STATE,
    RNN_CLASSIFIER,
    TAGGING_LOSS,
    F1_SCORES,
)
