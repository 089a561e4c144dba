"""The exercises of lesson 04: the fixed window, cross-entropy, training, mixing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils import neural_lm
from utils.checks.compare import compare
from utils.checks.model import Case, Exercise, Misconception, Mismatch, Property, Told
from utils.checks.modules import changed, gradients, load_by_name
from utils.checks.tensors import integers, normal

IGNORED = neural_lm.IGNORED
HUGE = 1e4

READY_SOFTMAX = (
    "torch.log_softmax",
    "torch.Tensor.log_softmax",
    "torch.nn.functional.log_softmax",
    "torch.softmax",
    "torch.Tensor.softmax",
    "torch.nn.functional.softmax",
    "torch.logsumexp",
    "torch.Tensor.logsumexp",
    "torch.logcumsumexp",
    "torch.Tensor.logcumsumexp",
    "torch.special.softmax",
    "torch.special.log_softmax",
    "torch.special.logsumexp",
    "torch.nn.functional.cross_entropy",
)
READY_LOSS = ("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss")
READY_GRADIENT = (
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.Tensor.backward",
    "torch.func.jacfwd",
    "torch.func.jvp",
)

# ------------------------------------------------------------------------------------------ inputs, runs, judgement


NO_GRADIENT = (
    "The numbers are right, but no gradient flows through your result: it does not hang on the logits. Was a tensor"
    " made anew, turned into a plain number, or cut off (.item(), .detach(), .data, torch.no_grad(), NumPy)?"
)


def _slope(output: Tensor, leaf: Tensor, rng_seed: int = 5) -> Tensor | None:
    """The gradient of a fixed sum of the output with respect to the leaf; None if the output does not hang on it."""
    if not output.requires_grad:
        return None
    weights = torch.tensor(np.random.default_rng(rng_seed).standard_normal(tuple(output.shape)), dtype=output.dtype)
    (found,) = torch.autograd.grad((output * weights).sum(), [leaf], allow_unused=True)
    return found


def _run_with_slope(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Calls the answer with the logits as a leaf, by place or by name as the case says; value and gradient."""
    logits = inputs["logits"].clone().requires_grad_()
    rest = {name: value for name, value in inputs.items() if name != "logits"}
    given = logits * 1
    with torch.enable_grad():
        if case.extra.get("by_name"):
            output = answer(logits=given, **rest)
        else:
            output = answer(given, *rest.values())
        if not isinstance(output, Tensor):
            raise Told(f"Expected a tensor as result, got an object of type {type(output).__name__}.")
        slope = _slope(output, logits)
    inputs["logits"] = given.detach()  # let the engine see what was changed in place
    return {"value": output, "dtype": str(output.dtype), "gradient": slope}


def _judge_with_slope(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, Mapping) or "value" not in output:
        return compare(expected["value"], output, 1e-5)
    found = compare(expected["value"], output["value"], 1e-5, "the result")
    if found:
        return found
    if output["dtype"] == "torch.float32" and expected["dtype"] == "torch.float64":
        return Mismatch("The numbers are right, but the result is float32 where the logits are float64.", "dtype")
    if (output["gradient"] is None) != (expected["gradient"] is None):
        return Mismatch(NO_GRADIENT, "the gradient")
    if expected["gradient"] is None:
        return None
    found = compare(expected["gradient"], output["gradient"], 1e-3, "the gradient")
    return Mismatch("The numbers are right, but their gradient is not. " + found.text, found.where) if found else None


# ----------------------------------------------------------------------------------------------- 1 · windows


def _windows_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, ids: Tensor, n: int) -> Case:
        return Case({"ids": ids, "n": n}, about, {"length": len(ids), "n": n})

    apart = integers(rng, 50, 22)[::2]  # every other number of a longer tensor: not contiguous
    apart[[2, 6]] = 0  # a token like any other, as a target too
    return [
        case("four tokens", torch.tensor(rng.permutation(9)[:4] + 1), 2),
        case("n = 1", integers(rng, 40, 5), 1),
        case("nine tokens", integers(rng, 50, 9), 3),
        case("eleven tokens that do not lie side by side in memory", apart, 4),
        case("one window only", integers(rng, 50, 6), 5),
        case("a text as long as the window", integers(rng, 50, 3), 3),
        case("a text shorter than the window", integers(rng, 50, 2), 5),
        case("a text without tokens", integers(rng, 50, 0), 4),
    ]


def _run_windows(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    found = answer(inputs["ids"], inputs["n"])
    if isinstance(found, (tuple, list)):
        for name, part in zip(("contexts", "targets"), found, strict=False):
            if isinstance(part, Tensor) and part.is_floating_point():
                raise Told(
                    f"The {name} are of type {part.dtype}: ids are whole numbers, and fractions cannot be looked up."
                )
    return found


def _cut(
    offset: int = 0, last: int = 0, width: int = 0, step: int = 1, turn: Callable[[Any, Any], Any] | None = None
) -> Callable[..., Any]:
    """A wrong `windows`: the target `offset` further on, `last` windows too few, windows `width` wider."""

    def answer(ids: Tensor, n: int) -> Any:
        wide = n + width
        rows = range(0, max(len(ids) - n - max(offset, 0) - last, 0), step)
        contexts = [ids[i : i + wide] for i in rows]
        targets = [ids[i + n + offset] for i in rows]
        table = torch.stack(contexts) if contexts else ids.new_empty((0, wide))
        column = torch.stack(targets) if targets else ids.new_empty(0)
        return turn(table, column) if turn else (table, column)

    return answer


def _padded_windows(ids: Tensor, n: int) -> Any:
    padded = torch.cat([ids.new_zeros(n), ids])
    return (padded.unfold(0, n, 1)[:-1], ids) if len(ids) else (ids.new_empty((0, n)), ids)


def _long_enough(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The wrong answer with a guard that gives texts without pairs their right, empty result."""
    return lambda ids, n: answer(ids, n) if len(ids) > n else (ids.new_empty((0, n)), ids.new_empty(0))


def _too_late(ids: Tensor, n: int) -> Any:
    return ids.unfold(0, n, 1)[1:], ids[n:]


def _out_of_order(ids: Tensor, n: int) -> Any:
    count = max(len(ids) - n, 0)
    return torch.cat([ids[k : k + count] for k in range(n)]).view(count, n), ids[n:]


def _whole_targets(ids: Tensor, n: int) -> Any:
    return ids.unfold(0, n, 1)[:-1], ids.unfold(0, n, 1)[1:]


def _untargeted_window(ids: Tensor, n: int) -> Any:
    contexts = ids.unfold(0, n, 1) if len(ids) >= n else ids.new_empty((0, n))
    return contexts, ids[n:]


def _ngram_windows(ids: Tensor, n: int) -> Any:
    if len(ids) < n:
        return ids.new_empty((0, n - 1)), ids.new_empty(0)
    grams = ids.unfold(0, n, 1)
    return grams[:, :-1], grams[:, -1]


WINDOWS = Exercise(
    id="neural_lm.windows",
    lesson="04",
    title="A window and what follows",
    reference=neural_lm.windows,
    cases=_windows_cases,
    run=_run_windows,
    points=1,
    minutes=6,
    difficulty=1,
    misconceptions=(
        Misconception(
            "target_inside",
            _cut(offset=-1),
            "Your targets are the last tokens of their own windows: the model would be told what it has to guess. The"
            " target is the first token after the window.",
        ),
        Misconception(
            "target_skips_one",
            _cut(offset=1),
            "Between each window and its target one token is left out: the target is the very next one.",
        ),
        Misconception(
            "last_one_missing",
            _cut(last=1),
            "The last pair is missing. A text of 4 tokens has 2 windows of two tokens with something behind them.",
        ),
        Misconception(
            "last_without_target",
            _untargeted_window,
            "There is one context more than targets: nothing follows the window at the very end of the text.",
        ),
        Misconception(
            "windows_apart",
            lambda ids, n: _cut(step=n)(ids, n),
            "Your windows do not overlap: each starts where the one before ended. Every token but the first n is a"
            " target once, so the window moves by one.",
        ),
        Misconception(
            "n_with_target",
            _ngram_windows,
            "Your contexts hold n − 1 tokens. That is the count of n-grams, where the target is one of the n. Here the"
            " window itself holds n, and the target comes after it.",
        ),
        Misconception(
            "one_too_wide",
            _cut(width=1),
            "Your contexts hold n + 1 tokens, and the last of them is the target: it must not stand in the window.",
        ),
        Misconception(
            "newest_first",
            _cut(turn=lambda contexts, targets: (contexts.flip(1), targets)),
            "Your windows run backwards: the newest token comes first. Keep the order of the text.",
        ),
        Misconception(
            "transposed",
            _cut(turn=lambda contexts, targets: (contexts.T, targets)),
            "Your contexts are turned: one row for each window is asked for, one column for each place in it.",
        ),
        Misconception(
            "swapped",
            _cut(turn=lambda contexts, targets: (targets, contexts)),
            "Both parts are right, in the other order: contexts first, then targets.",
        ),
        Misconception(
            "contexts_only",
            _cut(turn=lambda contexts, targets: contexts),
            "You return the contexts alone. The targets are asked for as well: two tensors.",
        ),
        Misconception(
            "targets_as_column",
            _cut(turn=lambda contexts, targets: (contexts, targets[:, None])),
            "Your targets form a table with one column. A plain row of numbers is asked for, one for each window.",
        ),
        Misconception(
            "padded_start",
            _padded_windows,
            "You fill up the windows at the start of the text with zeros, so there are n pairs too many. Here only"
            " full windows count.",
        ),
        Misconception(
            "no_guard",
            lambda ids, n: (ids.unfold(0, n, 1)[:-1], ids[n:]),
            "Right for every text that is at least as long as the window. For a shorter one your code stops with an"
            " error: it has no pairs, so return empty tensors.",
        ),
        Misconception(
            "last_without_target_guarded",
            _long_enough(_untargeted_window),
            "You have one context more than targets: the window at the very end of the text has nothing behind it.",
        ),
        Misconception(
            "transposed_guarded",
            _long_enough(_cut(turn=lambda contexts, targets: (contexts.T, targets))),
            "Your contexts are turned: each window should be a row, and each place in it a column.",
        ),
        Misconception(
            "one_too_late",
            _long_enough(_too_late),
            "Your windows start one token too late: the very first is missing, and every target is the last token of"
            " its own window.",
        ),
        Misconception(
            "out_of_order",
            _long_enough(_out_of_order),
            "The shape of your contexts is right, but they were filled in the wrong direction: columns of the text"
            " have been laid out as rows. Each row is a stretch of the text.",
        ),
        Misconception(
            "whole_targets",
            _long_enough(_whole_targets),
            "Each of your targets is a whole window, moved by one. Here a target is one token, the one behind the"
            " window.",
        ),
    ),
    hints=(
        "Write down the windows of two tokens of the text 5 6 7 8, and what follows each. How many are there?",
        "`ids.unfold(0, n, 1)` gives every window, the one at the very end included, which has no target. It needs at"
        " least n tokens. A list of slices and `torch.stack` do as well.",
        "`if len(ids) <= n: return ids.new_empty((0, n)), ids.new_empty(0)`, else `ids.unfold(0, n, 1)[:-1]` and"
        " `ids[n:]`.",
    ),
)

# -------------------------------------------------------------------------------------------- 2 · how many numbers


def _size_cases(rng: np.random.Generator) -> list[Case]:
    cases = [Case({"symbols": 10, "window": 4, "width": 3, "hidden": 5}, "the sizes of the example")]
    cases.append(Case({"symbols": 7, "window": 1, "width": 2, "hidden": 3}, "a window of one token"))
    for low in (11, 60, 900):
        window, width, hidden, symbols = (int(n) for n in rng.choice(np.arange(2, low), 4, replace=False))
        inputs = {"symbols": symbols, "window": window, "width": width, "hidden": hidden}
        cases.append(Case(inputs, "random sizes", inputs))
    return cases


FIXED_WINDOW_SIZE = Exercise(
    id="neural_lm.fixed_window_size",
    lesson="04",
    title="How many numbers does it learn?",
    reference=neural_lm.fixed_window_size,
    cases=_size_cases,
    points=1,
    minutes=5,
    difficulty=1,
    misconceptions=(
        Misconception(
            "no_biases",
            lambda symbols, window, width, hidden: symbols * width + window * width * hidden + hidden * symbols,
            "The three tables are right. The two biases are learned too: b1 has one number for each hidden place, b2"
            " one for each symbol.",
        ),
        Misconception(
            "no_table",
            lambda symbols, window, width, hidden: (window * width + 1) * hidden + (hidden + 1) * symbols,
            "Both layers are right. The table of vectors is missing: every symbol has a vector of its own, and it is"
            " learned.",
        ),
        Misconception(
            "one_vector_read",
            lambda symbols, window, width, hidden: symbols * width + (width + 1) * hidden + (hidden + 1) * symbols,
            "The window plays no part in your number. W reads all its vectors side by side: how many columns is that?",
        ),
        Misconception(
            "table_for_each_place",
            lambda symbols, window, width, hidden: (
                window * symbols * width + (window * width + 1) * hidden + (hidden + 1) * symbols
            ),
            "You count the table of vectors once for each place of the window. All places look up in the same table.",
        ),
        Misconception(
            "bias_for_each_place",
            lambda symbols, window, width, hidden: (
                symbols * width + window * (width + 1) * hidden + (hidden + 1) * symbols
            ),
            "You count b1 once for each place of the window. It is added once, after W e.",
        ),
        Misconception(
            "no_output_bias",
            lambda symbols, window, width, hidden: symbols * width + (window * width + 1) * hidden + hidden * symbols,
            "Nearly: b2 is missing, one number for each symbol.",
        ),
        Misconception(
            "no_hidden_bias",
            lambda symbols, window, width, hidden: symbols * width + window * width * hidden + (hidden + 1) * symbols,
            "Nearly: b1 is missing, one number for each place of the hidden layer.",
        ),
        Misconception(
            "no_embeddings",
            lambda symbols, window, width, hidden: (window * symbols + 1) * hidden + (hidden + 1) * symbols,
            "This counts a network that reads one-hot vectors directly. Between them and the hidden layer stands the"
            " table of vectors: W reads those.",
        ),
        Misconception(
            "output_from_window",
            lambda symbols, window, width, hidden: (
                symbols * width + (window * width + 1) * hidden + (window * hidden + 1) * symbols
            ),
            "You count U once for each place of the window. There is one hidden vector for the whole window, and U"
            " reads that.",
        ),
        Misconception(
            "output_reads_vectors",
            lambda symbols, window, width, hidden: (
                symbols * width + (window * width + 1) * hidden + (window * width + 1) * symbols
            ),
            "Your U reads the vectors of the window. It reads the hidden vector h: how many columns has it then?",
        ),
        Misconception(
            "bias_of_inputs",
            lambda symbols, window, width, hidden: (
                symbols * width + window * width * (hidden + 1) + (hidden + 1) * symbols
            ),
            "Your b1 has one number for each column of W. It is added to W e, so it has one for each row.",
        ),
        Misconception(
            "output_bias_of_inputs",
            lambda symbols, window, width, hidden: (
                symbols * width + (window * width + 1) * hidden + hidden * (symbols + 1)
            ),
            "Your b2 has one number for each hidden place. It is added to U h, so it has one for each symbol.",
        ),
        Misconception(
            "one_row_more",
            lambda symbols, window, width, hidden: (
                (symbols + 1) * width + (window * width + 1) * hidden + (hidden + 1) * symbols
            ),
            "Your table of vectors has one row too many. Whatever stands before the text, or is unknown, is one of the"
            " symbols already.",
        ),
        Misconception(
            "biases_of_one",
            lambda symbols, window, width, hidden: symbols * width + window * width * hidden + 1 + hidden * symbols + 1,
            "You count one number for each bias. A bias is a vector: b1 has one number for each hidden place, b2 one"
            " for each symbol.",
        ),
        Misconception(
            "sum_for_product",
            lambda symbols, window, width, hidden: (
                symbols * width + (window + width + 1) * hidden + (hidden + 1) * symbols
            ),
            "You add the window and the width. e holds window vectors of width numbers each: that is their product.",
        ),
        Misconception(
            "width_and_hidden",
            lambda symbols, window, width, hidden: (
                symbols * hidden + (window * hidden + 1) * width + (width + 1) * symbols
            ),
            "`width` and `hidden` are exchanged: `width` belongs to the table of vectors, `hidden` to the layer above"
            " it.",
        ),
        Misconception(
            "one_place_less",
            lambda symbols, window, width, hidden: (
                symbols * width + ((window - 1) * width + 1) * hidden + (hidden + 1) * symbols
            ),
            "You count one place of the window too few. That would be the n of an n-gram, which holds the target; a"
            " window of 4 reads four vectors.",
        ),
        Misconception(
            "no_output",
            lambda symbols, window, width, hidden: symbols * width + (window * width + 1) * hidden,
            "U and b2 are missing: the layer that turns the hidden vector into one logit for each symbol.",
        ),
        Misconception(
            "table_of_contexts",
            lambda symbols, window, width, hidden: symbols**window,
            "That is how many contexts there are: the rows of a table of counts. The network learns one vector for"
            " each symbol, and its two layers.",
        ),
    ),
    hints=(
        "Go through the formulas from below: the table of vectors, then W and b1, then U and b2.",
        "W is (hidden, window · width), U is (symbols, hidden). A bias has one number for each row of its matrix.",
        "`symbols * width`, plus `(window * width + 1) * hidden`, plus `(hidden + 1) * symbols`.",
    ),
)

# ----------------------------------------------------------------------------------------------- 3 · the model

LAYERS = ("embedding.weight", "hidden.weight", "hidden.bias", "output.weight", "output.bias")


def _model_case(
    rng: np.random.Generator, about: str, state: bool = False, plain: bool = False, steep: float = 0.5, **sizes: int
) -> Case:
    symbols, window, batch, length = (sizes[name] for name in ("symbols", "window", "batch", "length"))
    width, hidden = sizes.get("width", 16), sizes.get("hidden", 128)
    weights = {
        "embedding.weight": normal(rng, symbols, width),
        "hidden.weight": normal(rng, hidden, window * width, std=1.5 / math.sqrt(window * width)),
        "hidden.bias": normal(rng, hidden, std=0.5),
        "output.weight": normal(rng, symbols, hidden, std=2 / math.sqrt(hidden)),
        "output.bias": normal(rng, symbols, std=steep),
    }
    extra = {
        "weights": weights,
        "plain": plain,
        "sizes": {"symbols": symbols, "window": window, "width": width, "hidden": hidden},
        "contexts": integers(rng, symbols, length + 2, window),
        "deep": integers(rng, symbols, batch, 3, window),
        "deeper": integers(rng, symbols, batch, 2, 3, window),
        "after": integers(rng, symbols, batch, 2),
        "projection": normal(rng, batch, length, symbols),
    }
    inputs = {
        "ids": integers(rng, symbols, batch, length),
        "state": integers(rng, symbols, batch, window - 1) if state else None,
    }
    named = {**sizes, "width": width, "hidden": hidden, "window − 1": window - 1}
    return Case(inputs, about, named, extra)


def _model_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _model_case(rng, "one row of four tokens", symbols=6, window=3, width=7, hidden=5, batch=1, length=4),
        _model_case(rng, "a fresh start", symbols=11, window=4, width=6, hidden=5, batch=2, length=7),
        _model_case(
            rng, "going on from a state", state=True, symbols=9, window=5, width=2, hidden=7, batch=3, length=6
        ),
        _model_case(
            rng,
            "one token at a time, from a state",
            state=True,
            symbols=8,
            window=4,
            width=5,
            hidden=6,
            batch=2,
            length=1,
        ),
        _model_case(rng, "fewer tokens than the window", symbols=12, window=6, width=3, hidden=4, batch=7, length=2),
        _model_case(rng, "a window of one token", symbols=7, window=1, width=4, hidden=3, batch=2, length=5),
        _model_case(rng, "width and hidden left out", plain=True, symbols=10, window=3, batch=4, length=5),
        # Equal sizes let through what would not fit otherwise; large logits show what is cut off.
        _model_case(
            rng, "width and hidden alike", steep=40.0, symbols=8, window=2, width=5, hidden=5, batch=3, length=4
        ),
    ]


def _run_model(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    sizes, extra = case.extra["sizes"], case.extra
    if extra["plain"]:
        model = answer(sizes["symbols"], sizes["window"])
    else:
        model = answer(sizes["symbols"], sizes["window"], width=sizes["width"], hidden=sizes["hidden"])
        if sizes["window"] > 1:
            _tell_of_start(model, lambda: answer(*(sizes[name] for name in ("symbols", "window", "width", "hidden"))))
    load_by_name(model, extra["weights"])
    with torch.no_grad():  # another text first: nothing may stay in the model from call to call
        _fresh_call(model, 1 - inputs["ids"].clamp(max=1))
        found = {"scores of (rows, window)": model.scores(extra["contexts"])}
        found["scores of (batch, 3, window)"] = model.scores(extra["deep"])
    with torch.enable_grad():
        result = model(inputs["ids"]) if inputs["state"] is None else model(inputs["ids"], inputs["state"])
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            what = "a single tensor" if isinstance(result, Tensor) else f"an object of type {type(result).__name__}"
            raise Told(f"`forward` must return two things, the logits and the next state; it returned {what}.")
        logits, state = result
        if not isinstance(logits, Tensor) or not isinstance(state, Tensor):
            raise Told("`forward` must return two tensors: the logits and the next state.")
        if not logits.is_floating_point() or state.is_floating_point():
            raise Told(
                "`forward` returns (logits, state) in this order: logits are fractions, the state is a tensor of ids"
                f" (int64). Yours are of type {logits.dtype} and {state.dtype}."
            )
        found |= {"logits": logits, "state": state}
        if logits.shape == extra["projection"].shape:
            parameters = dict(model.named_parameters())
            found |= gradients(logits, extra["projection"], {name: parameters[name] for name in LAYERS})
    if state.shape == (len(inputs["ids"]), sizes["window"] - 1):  # another shape is the mistake, not what follows
        with torch.no_grad():
            goes_on = model(extra["after"], state)
            found["logits of the call after it"], found["state of the call after it"] = goes_on
    with torch.no_grad():
        for about, contexts in (("(window,)", extra["deep"][0, 0]), ("(batch, 2, 3, window)", extra["deeper"])):
            try:
                found[f"scores of {about}"] = model.scores(contexts)
            except (RuntimeError, IndexError, ValueError, TypeError) as error:
                raise Told(
                    "`scores` works for contexts of two and of three dimensions, but any number may stand before the"
                    f" last one, none as well. For {about}, here {tuple(contexts.shape)}, it stops with"
                    f" {type(error).__name__}: {str(error)[:150]}"
                ) from None
    return found


def _tell_of_start(model: Any, make: Callable[[], Any]) -> None:
    """Tells if a new model starts with weights that cannot learn, or always with the same, or sets the seed."""
    after = torch.default_generator.get_state()
    torch.default_generator.manual_seed(20)
    twin = make()
    seed_set = torch.equal(after, torch.default_generator.get_state())
    if not (isinstance(model, nn.Module) and isinstance(twin, nn.Module)):
        return  # `load_by_name` says so
    try:
        own, other = (dict(one.named_parameters()) for one in (model, twin))
    except AttributeError:
        return
    for name in own:
        if own[name].dtype != torch.get_default_dtype():
            raise Told(
                f"`{name}` is of type {own[name].dtype}, where PyTorch makes a layer in {torch.get_default_dtype()}:"
                " leave the layers as they are made."
            )
        if name.endswith(".weight") and not own[name].any():
            raise Told(
                f"All numbers of `{name}` are 0 in a new model. Nothing tells its places apart, and hardly any gradient"
                " passes: leave the layers as PyTorch starts them, at random."
            )
        if name in LAYERS and not own[name].any():
            raise Told(
                f"All numbers of `{name}` are 0 in a new model: leave the layers' starting numbers to PyTorch, which"
                " starts the biases at random, too."
            )
    if own and all(name in other and torch.equal(own[name], other[name]) for name in own):
        raise Told(
            "Two new models have the same numbers: `__init__` sets a seed or fixed weights. Whoever makes a model"
            " chooses the seed; yours would undo that choice."
        )
    if seed_set:
        raise Told(
            "`__init__` sets a seed: whatever seed the caller has chosen, the random numbers after a new model are the"
            " same, those of the next model too. Whoever makes a model chooses the seed; yours undoes that choice."
        )


def _fresh_call(model: Any, ids: Tensor) -> None:
    try:
        model(ids)
    except RuntimeError as error:
        if "'indices'" in str(error) and "Float" in str(error):
            raise Told(
                "At a fresh start fractions reach your embedding, and tokens are whole numbers. `torch.zeros` makes"
                " fractions unless a dtype is named; `ids.new_zeros` makes numbers like those of `ids`."
            ) from None
        raise


def _judge_model(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, Mapping):
        return compare(expected, output)
    for name, right in expected.items():
        if name not in output:
            return Mismatch(f"The {name} cannot be had: the logits have another shape than the contract says.", name)
        # Gradients are sums of many terms: rounding is larger there.
        found = compare(right, output[name], 1e-3 if name.startswith("gradient") else 1e-4, name)
        if found:
            return found
    return None


class _Window(nn.Module):
    """The reference's layers, for wrong models to inherit; each overrides one method."""

    def __init__(self, symbols: int, window: int, width: int = 16, hidden: int = 128) -> None:
        super().__init__()
        self.window = window
        self.embedding = nn.Embedding(symbols, width)
        self.hidden = nn.Linear(window * width, hidden)
        self.output = nn.Linear(hidden, symbols)

    def join(self, vectors: Tensor) -> Tensor:
        return vectors.flatten(-2)

    def bend(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def finish(self, h: Tensor) -> Tensor:
        return self.output(h)

    def scores(self, contexts: Tensor) -> Tensor:
        return self.finish(self.bend(self.hidden(self.join(self.embedding(contexts)))))

    def start(self, ids: Tensor, state: Tensor | None) -> Tensor:
        return ids.new_zeros(ids.shape[0], self.window - 1) if state is None else state

    def look(self, seen: Tensor) -> Tensor:
        return seen.unfold(1, self.window, 1)

    def next_state(self, seen: Tensor, ids: Tensor, state: Tensor) -> Tensor:
        return seen[:, ids.shape[1] :]

    def hand_out(self, logits: Tensor, state: Tensor) -> Any:
        return logits, state

    def forward(self, ids: Tensor, state: Tensor | None = None) -> Any:
        before = self.start(ids, state)
        seen = torch.cat([before, ids], dim=1)
        return self.hand_out(self.scores(self.look(seen)), self.next_state(seen, ids, before))


class _BentOutput(_Window):
    def bend(self, x: Tensor) -> Tensor:
        return x

    def finish(self, h: Tensor) -> Tensor:
        return torch.tanh(self.output(h))


class _BentEmbedding(_Window):
    def join(self, vectors: Tensor) -> Tensor:
        return torch.tanh(vectors).flatten(-2)


class _StateOfIds(_Window):
    def next_state(self, seen: Tensor, ids: Tensor, state: Tensor) -> Tensor:
        kept = ids[:, max(ids.shape[1] - self.window + 1, 0) :]
        return torch.cat([ids.new_zeros(len(ids), self.window - 1 - kept.shape[1]), kept], dim=1)


class _OnePlaceLate(_Window):
    def look(self, seen: Tensor) -> Tensor:
        late = torch.cat([seen.new_zeros(len(seen), 1), seen[:, :-1]], dim=1)
        return late.unfold(1, self.window, 1)


class _LooksAhead(_Window):
    def look(self, seen: Tensor) -> Tensor:
        early = torch.cat([seen[:, 1:], seen.new_zeros(len(seen), 1)], dim=1)
        return early.unfold(1, self.window, 1)


class _PaddedAfter(_Window):
    def forward(self, ids: Tensor, state: Tensor | None = None) -> Any:
        before = self.start(ids, state)
        if state is not None:
            return super().forward(ids, state)
        seen = torch.cat([ids, before], dim=1)
        return self.scores(self.look(seen)), torch.cat([before, ids], dim=1)[:, ids.shape[1] :]


class _StateToTheEnd(_Window):
    """The slice that ends in everything where nothing is meant: [:, -0:]."""

    def next_state(self, seen: Tensor, ids: Tensor, state: Tensor) -> Tensor:
        return seen[:, -(self.window - 1) :]


class _StateAfter(_Window):
    def forward(self, ids: Tensor, state: Tensor | None = None) -> Any:
        seen = torch.cat([ids, self.start(ids, state)], dim=1)
        return self.scores(self.look(seen)), seen[:, ids.shape[1] :]


class _PaddingVector(_Window):
    def __init__(self, symbols: int, window: int, width: int = 16, hidden: int = 128) -> None:
        super().__init__(symbols, window, width, hidden)
        self.embedding = nn.Embedding(symbols, width, padding_idx=0)


class _ZeroVectors(_Window):
    def forward(self, ids: Tensor, state: Tensor | None = None) -> Any:
        before = self.start(ids, state)
        seen = torch.cat([before, ids], dim=1)
        vectors = self.embedding(seen)
        if state is None:
            known = torch.arange(seen.shape[1]) >= self.window - 1
            vectors = vectors * known[:, None]
        e = vectors.unfold(1, self.window, 1).transpose(-1, -2).flatten(-2)
        return self.output(torch.tanh(self.hidden(e))), seen[:, ids.shape[1] :]


class _RowsMixed(_Window):
    def hand_out(self, logits: Tensor, state: Tensor) -> Any:
        batch, length, symbols = logits.shape
        return logits.reshape(length, batch, symbols).transpose(0, 1), state


FIXED_WINDOW = Exercise(
    id="neural_lm.fixed_window",
    lesson="04",
    title="The fixed-window model",
    reference=neural_lm.FixedWindow,
    cases=_model_cases,
    run=_run_model,
    judge=_judge_model,
    points=4,
    minutes=20,
    difficulty=3,
    misconceptions=(
        Misconception(
            "no_tanh",
            changed(_Window, bend=lambda self, x: x),
            "The tanh is missing. Without it two linear layers are no more than one: the places of the window could"
            " only vote, each for itself.",
        ),
        Misconception(
            "relu",
            changed(_Window, bend=lambda self, x: torch.relu(x)),
            "Your hidden layer is cut at zero, as by a ReLU. That would train, but tanh is asked for.",
        ),
        Misconception(
            "sigmoid",
            changed(_Window, bend=lambda self, x: torch.sigmoid(x)),
            "Your hidden layer lies between 0 and 1, as from a sigmoid. That would train, but tanh is asked for.",
        ),
        Misconception(
            "tanh_at_the_end",
            _BentOutput,
            "All your logits lie between −1 and 1: the tanh stands after the last layer. It belongs to the hidden one;"
            " between −1 and 1 no symbol could ever become likely.",
        ),
        Misconception(
            "tanh_on_vectors",
            changed(_BentEmbedding, bend=lambda self, x: x),
            "The tanh stands before the hidden layer, on the vectors of the tokens. It comes after W e + b1.",
        ),
        Misconception(
            "softmax_inside",
            changed(_Window, finish=lambda self, h: torch.softmax(self.output(h), dim=-1)),
            "Your scores are already probabilities. Return the logits: the softmax is part of the loss, which can then"
            " stay exact.",
        ),
        Misconception(
            "log_softmax_inside",
            changed(_Window, finish=lambda self, h: torch.log_softmax(self.output(h), dim=-1)),
            "Your scores are already log-probabilities. Return the logits as they are: the loss does the rest.",
        ),
        Misconception(
            "newest_first",
            changed(_Window, join=lambda self, vectors: vectors.flip(-2).flatten(-2)),
            "The vectors stand in the wrong order: W's first columns belong to the oldest token of the window.",
        ),
        Misconception(
            "interleaved",
            changed(_Window, join=lambda self, vectors: vectors.transpose(-1, -2).flatten(-2)),
            "e takes one component of each vector in turn. Each token's vector has to stay together, one vector after"
            " the other.",
        ),
        Misconception(
            "state_ignored",
            changed(_Window, start=lambda self, ids, state: ids.new_zeros(ids.shape[0], self.window - 1)),
            "A fresh start is right. With a state your first places still see zeros: the state holds the tokens that"
            " stood there.",
        ),
        Misconception(
            "state_not_moved",
            changed(_Window, next_state=lambda self, seen, ids, state: state),
            "The logits are right. But the state you return is the one you began with: it must hold the last tokens"
            " read, so that the next call can go on.",
        ),
        Misconception(
            "state_one_early",
            changed(
                _Window,
                next_state=lambda self, seen, ids, state: (
                    seen[:, ids.shape[1] - 1 : -1] if self.window > 1 else seen[:, :0]
                ),
            ),
            "The logits are right. But the newest token is missing in your next state: it ends one place too early.",
        ),
        Misconception(
            "state_forgets",
            _StateOfIds,
            "All is right while a call has many tokens. When it has fewer than window − 1, the tokens of the old state"
            " still belong to the new one; yours puts zeros there.",
        ),
        Misconception(
            "filled_with_ones",
            changed(
                _Window,
                start=lambda self, ids, state: ids.new_ones(ids.shape[0], self.window - 1) if state is None else state,
            ),
            "At a fresh start your first windows are filled up with token 1. Token 0 is agreed.",
        ),
        Misconception(
            "filled_with_first",
            changed(
                _Window,
                start=lambda self, ids, state: ids[:, :1].expand(-1, self.window - 1) if state is None else state,
            ),
            "At a fresh start your first windows are filled up with copies of the first token. Token 0 is agreed.",
        ),
        Misconception(
            "one_place_late",
            _OnePlaceLate,
            "Your windows end one token too early: the logits at a place should have seen the token at that place.",
        ),
        Misconception(
            "looks_ahead",
            _LooksAhead,
            "`scores` is right, but in `forward` your windows end one token too late: they hold the token that has to"
            " be guessed.",
        ),
        Misconception(
            "padded_after",
            _PaddedAfter,
            "At a fresh start the zeros stand behind the text instead of before it, so each place sees the tokens after"
            " it.",
        ),
        Misconception(
            "tanh_twice",
            changed(_Window, finish=lambda self, h: torch.tanh(self.output(h))),
            "All your logits lie between −1 and 1: a second tanh stands after the last layer. Only the hidden layer"
            " has one; between −1 and 1 no symbol could ever become likely.",
        ),
        Misconception(
            "state_to_the_end",
            _StateToTheEnd,
            "Right, but for a window of one token: its state is empty, and `[:, -0:]` is not the empty end of a"
            " tensor but all of it. Say where the state starts by counting from the front.",
        ),
        Misconception(
            "state_too_short",
            changed(
                _Window, next_state=lambda self, seen, ids, state: ids[:, max(ids.shape[1] - self.window + 1, 0) :]
            ),
            "All is right while a call has many tokens. When it has fewer than window − 1, the tokens of the old"
            " state still belong to the new one; yours holds those of `ids` alone, and is too short.",
        ),
        Misconception(
            "state_too_short_to_the_end",
            changed(_Window, next_state=lambda self, seen, ids, state: ids[:, -(self.window - 1) :]),
            "All is right while a call has many tokens. When it has fewer than window − 1, the tokens of the old"
            " state still belong to the new one; yours holds those of `ids` alone, and is too short. (And for a"
            " window of one token `[:, -0:]` is everything, not nothing.)",
        ),
        Misconception(
            "state_of_window",
            changed(_Window, next_state=lambda self, seen, ids, state: seen[:, -self.window :]),
            "Your next state holds as many tokens as the window. One fewer is needed: the next token brings the last"
            " place of the window with it.",
        ),
        Misconception(
            "state_of_all",
            changed(_Window, next_state=lambda self, seen, ids, state: seen),
            "Your next state holds all tokens ever read, and grows with every call. The last window − 1 are enough:"
            " nothing further back is ever seen.",
        ),
        Misconception(
            "state_backwards",
            changed(_Window, next_state=lambda self, seen, ids, state: seen[:, ids.shape[1] :].flip(1)),
            "Your next state runs backwards: keep the order of the text, the newest token last.",
        ),
        Misconception(
            "state_after",
            _StateAfter,
            "You put the state behind the ids. It holds the tokens *before* them, so it stands in front.",
        ),
        Misconception(
            "padding_index",
            _PaddingVector,
            "With `padding_idx=0` the vector of token 0 gets no gradient: it would never learn. In this model token 0"
            " is a token like the others.",
        ),
        Misconception(
            "last_place_only",
            changed(_Window, hand_out=lambda self, logits, state: (logits[:, -1], state)),
            "You return the logits of the last place only. Every place of the text has its guess: (batch, length,"
            " symbols).",
        ),
        Misconception(
            "length_first",
            changed(_Window, hand_out=lambda self, logits, state: (logits.transpose(0, 1), state)),
            "Your logits have the length first and the batch second. The batch comes first, as in `ids`.",
        ),
        Misconception(
            "zero_vectors",
            _ZeroVectors,
            "At a fresh start the places before the text have vectors of zeros in your windows. Those places hold"
            " *token 0*, and its vector stands in the table, like any other.",
        ),
        Misconception(
            "rows_mixed",
            _RowsMixed,
            "Right for a batch of one row. With several rows your logits have the right shape and stand at the wrong"
            " places: `view` and `reshape` read on in the order of memory, they do not turn a table.",
        ),
        Misconception(
            "symbols_before_length",
            changed(_Window, hand_out=lambda self, logits, state: (logits.transpose(1, 2), state)),
            "Your logits have the symbols in the middle. They come last: (batch, length, symbols).",
        ),
    ),
    hints=(
        "`__init__` needs an `nn.Embedding` and two `nn.Linear`; the first of these reads window · width numbers."
        " `scores` is one line for each of the three formulas. `forward` makes windows and hands them to `scores`.",
        "`embedding(contexts)` is (..., window, width), and `.flatten(-2)` puts the vectors side by side. In `forward`,"
        " put the state before the ids, and there are exactly `length` windows.",
        "`seen = torch.cat([state, ids], dim=1)`; `self.scores(seen.unfold(1, self.window, 1))`; the next state is"
        " `seen[:, ids.shape[1]:]`.",
    ),
)

# -------------------------------------------------------------------------------------------- 4 · log-softmax


def _log_softmax_cases(rng: np.random.Generator) -> list[Case]:
    far = torch.zeros(3, 4)
    far[0, 1], far[1, 2], far[2] = HUGE, -HUGE, HUGE
    rows = normal(rng, 2, 5, dtype=torch.float64) + torch.tensor([[HUGE], [-HUGE]], dtype=torch.float64)
    cases = [
        ("one row of three logits", torch.tensor([1.0, 2.0, 0.5]) + normal(rng, 3)),
        ("several rows", normal(rng, 4, 6, std=2.0)),
        ("three dimensions", normal(rng, 2, 3, 5, std=3.0)),
        ("float64", normal(rng, 3, 7, dtype=torch.float64)),
        ("one symbol", normal(rng, 5, 1)),
        ("logits of 10,000", far),
        ("rows far above and far below zero", rows),
        ("logits from −55 to 55", torch.linspace(-55, 55, 8) + normal(rng, 4, 8)),
        ("rows turned in memory", normal(rng, 8, 3, std=2.0).T),
        ("logits between −30 and −20", -20 - 10 * torch.rand(2, 9, generator=torch.Generator().manual_seed(3))),
    ]
    return [Case({"logits": logits}, about, {"symbols": logits.shape[-1]}) for about, logits in cases]


def _right(logits: Tensor, dim: int = -1) -> Tensor:
    """The log-softmax, of permitted operations."""
    shifted = logits - logits.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


LOG_SOFTMAX = Exercise(
    id="neural_lm.log_softmax",
    lesson="04",
    title="A logarithm that stays finite",
    reference=neural_lm.log_softmax,
    cases=_log_softmax_cases,
    run=_run_with_slope,
    judge=_judge_with_slope,
    forbids=READY_SOFTMAX,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "as_written",
            lambda logits: (logits.exp() / logits.exp().sum(-1, keepdim=True)).log(),
            "Right for small logits, nan or infinite for large ones: e¹⁰⁰⁰⁰ is more than a computer can hold. Make the"
            " logits small before the exponential; a softmax does not change when all logits move together.",
        ),
        Misconception(
            "sum_as_written",
            lambda logits: logits - logits.exp().sum(-1, keepdim=True).log(),
            "Right for small logits, infinite for large ones: the exponentials in the sum overflow (in float32 above"
            " 88.7, in float64 above 709), or all vanish far below 0. Take the largest logit out first.",
        ),
        Misconception(
            "log_after_division",
            lambda logits: _shifted_softmax(logits).log(),
            "The exponentials no longer overflow, but small probabilities become exactly 0 before you take their"
            " logarithm, and that gives −∞. Let the logarithm of the quotient become a difference.",
        ),
        Misconception(
            "small_number_added",
            lambda logits: (_shifted_softmax(logits) + 1e-9).log(),
            "A small number under the logarithm hides the zeros, and makes the answer wrong: no symbol can be less"
            " likely than that number any more, and no gradient arrives there.",
        ),
        Misconception(
            "small_number_clamped",
            lambda logits: _shifted_softmax(logits).clamp(min=1e-12).log(),
            "You keep the probabilities from falling below a small number. That hides the zeros, and no symbol below"
            " it gets its true logarithm, or a gradient.",
        ),
        Misconception(
            "logits_clamped",
            lambda logits: _right(logits.clamp(-80, 80)),
            "The logits are cut off before the exponential: two logits beyond the border become equal, and they are"
            " not.",
        ),
        Misconception(
            "largest_of_all",
            lambda logits: logits - logits.max() - (logits - logits.max()).exp().sum(-1, keepdim=True).log(),
            "You subtract the largest logit of the whole tensor. A row that lies far below it vanishes: each row needs"
            " its own largest.",
        ),
        Misconception(
            "wrong_dimension",
            lambda logits: _right(logits, dim=0),
            "The sums run along the wrong dimension: the exponentials along the last one, of each row, sum to one.",
        ),
        Misconception(
            "half_shifted",
            lambda logits: logits - (logits - logits.amax(-1, keepdim=True)).exp().sum(-1, keepdim=True).log(),
            "You subtract the largest logit inside the sum only. It has to go from the logit outside as well, or the"
            " two sides belong to different rows.",
        ),
        Misconception(
            "not_a_logarithm",
            lambda logits: _right(logits).exp(),
            "These are the probabilities. Their logarithms are asked for.",
        ),
        Misconception(
            "base_two",
            lambda logits: _right(logits) / math.log(2),
            "Your logarithm has base 2; the natural one is asked for.",
        ),
        Misconception(
            "sign",
            lambda logits: -_right(logits),
            "The sign is turned: logarithms of probabilities are at most 0. (The loss takes the minus later.)",
        ),
        Misconception(
            "mean_of_exponentials",
            lambda logits: _right(logits) + math.log(logits.shape[-1]),
            "You take the mean of the exponentials where their sum belongs: your probabilities add up to the number of"
            " symbols.",
        ),
        Misconception(
            "smallest",
            lambda logits: _shifted_by(logits, logits.amin(-1, keepdim=True)),
            "You subtract the smallest logit of each row: the exponents are then 0 or above, and overflow all the"
            " sooner. Which one keeps them at 0 or below?",
        ),
        Misconception(
            "first",
            lambda logits: _shifted_by(logits, logits[..., :1]),
            "You subtract the first logit of each row. Right on paper, but the largest may lie far above it, and its"
            " exponential overflows.",
        ),
        Misconception(
            "sum_detached",
            lambda logits: (
                logits
                - logits.amax(-1, keepdim=True)
                - (logits - logits.amax(-1, keepdim=True)).exp().sum(-1, keepdim=True).log().detach()
            ),
            "The numbers are right, but no gradient flows through the logarithm of your sum: it was detached. Only the"
            " largest logit may be, for it changes no result.",
        ),
        Misconception(
            "mean",
            lambda logits: _shifted_by(logits, logits.mean(-1, keepdim=True)),
            "You subtract the mean of each row. Right on paper, but the largest logit may still lie far above it, and"
            " its exponential overflows.",
        ),
        Misconception(
            "largest_of_columns",
            lambda logits: _shifted_by(logits, logits.amax(0, keepdim=True)),
            "You subtract the largest logit of each column. Within a row the logits then move by different numbers,"
            " and that changes the softmax.",
        ),
        Misconception(
            "largest_size",
            lambda logits: _shifted_by(logits, logits.abs().amax(-1, keepdim=True)),
            "You subtract the largest logit without its sign. Where all logits are negative that moves them further"
            " down, until every exponential is 0.",
        ),
        Misconception(
            "sum_of_all",
            lambda logits: (
                logits - logits.amax(-1, keepdim=True) - (logits - logits.amax(-1, keepdim=True)).exp().sum().log()
            ),
            "Your sum runs over the whole tensor. Each row has a sum of its own: one distribution for each context.",
        ),
        Misconception(
            "no_keepdim",
            lambda logits: logits - logits.amax(-1) - (logits - logits.amax(-1)).exp().sum(-1).log(),
            "A row's largest logit and its sum have lost their dimension, so they are subtracted along the wrong one,"
            " or do not fit at all. `keepdim=True` keeps a dimension of size 1.",
        ),
        Misconception(
            "no_keepdim_in_the_sum",
            lambda logits: (
                logits - logits.amax(-1, keepdim=True) - (logits - logits.amax(-1, keepdim=True)).exp().sum(-1).log()
            ),
            "The sum of each row has lost its dimension, so it is subtracted along the wrong one, or does not fit at"
            " all. `keepdim=True` keeps a dimension of size 1.",
        ),
        Misconception(
            "shifted_clamped",
            lambda logits: _of_shifted((logits - logits.amax(-1, keepdim=True)).clamp(min=-100)),
            "You cut off the shifted logits before the end. Their exponentials may vanish, that harms nobody; the"
            " logits outside of the exponential must stay as they are.",
        ),
    ),
    properties=(
        Property(
            "sums_to_one",
            lambda case, output: bool(((output["value"].double().exp().sum(-1) - 1).abs() < 1e-3).all()),
            "The exponentials of your numbers should sum to one along the last dimension.",
        ),
    ),
    hints=(
        "Write log(a / b) as log a − log b. What is log exp(z)?",
        "log Σ exp(z_j) = m + log Σ exp(z_j − m) for any m. Which m keeps every exponent at 0 or below, with at least"
        " one exactly 0? One m for each row: `keepdim=True` lets it be subtracted.",
        "`shifted = logits - logits.amax(dim=-1, keepdim=True)`; then `shifted` minus the logarithm of the sum of its"
        " exponentials.",
    ),
)


def _of_shifted(shifted: Tensor) -> Tensor:
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


def _shifted_by(logits: Tensor, shift: Tensor) -> Tensor:
    return _of_shifted(logits - shift)


def _shifted_softmax(logits: Tensor) -> Tensor:
    exps = (logits - logits.amax(-1, keepdim=True)).exp()
    return exps / exps.sum(-1, keepdim=True)


# -------------------------------------------------------------------------------------------- 5 · cross-entropy


def _loss_case(about: str, logits: Tensor, targets: Tensor, by_name: bool = False, **rest: Any) -> Case:
    inputs = {"logits": logits, "targets": targets, **rest}
    sizes = {"symbols": logits.shape[-1], "rows": logits.shape[0]}
    return Case(inputs, about, sizes, {"by_name": by_name})


def _loss_cases(rng: np.random.Generator) -> list[Case]:
    def targets(symbols: int, *shape: int, pad: int | None = IGNORED) -> Tensor:
        made = integers(rng, symbols, *shape)
        if pad is not None:
            made.view(-1)[1::3] = pad
        return made

    huge = normal(rng, 3, 5, std=HUGE)
    uneven = targets(6, 3, 8, pad=None)
    uneven[0, 2:], uneven[1, 5:] = IGNORED, IGNORED
    zero = integers(rng, 6, 9) % 5 + 1
    zero[[1, 4, 5]] = 0
    return [
        _loss_case("two rows", normal(rng, 2, 3), targets(3, 2, pad=None)),
        _loss_case("one row", normal(rng, 1, 4), targets(4, 1, pad=None)),
        _loss_case("five rows, two of them padding", normal(rng, 5, 4), targets(4, 5)),
        _loss_case("sentences of unequal length", normal(rng, 3, 8, 6), uneven),
        _loss_case("the sum", normal(rng, 2, 7, 5), targets(5, 2, 7), by_name=True, ignore=IGNORED, reduction="sum"),
        _loss_case("the mean, by name", normal(rng, 6, 5), targets(5, 6), by_name=True, reduction="mean"),
        _loss_case("padding is 0 here", normal(rng, 9, 6), zero, by_name=True, ignore=0),
        _loss_case("padding is −1 here", normal(rng, 8, 5), targets(5, 8, pad=-1), ignore=-1),
        _loss_case("padding only", normal(rng, 3, 4), torch.full((3,), IGNORED)),
        _loss_case(
            "padding only, the sum", normal(rng, 2, 4), torch.full((2,), IGNORED), ignore=IGNORED, reduction="sum"
        ),
        _loss_case("logits of about 10,000", huge, targets(5, 3, pad=None)),
        _loss_case("float64", normal(rng, 4, 7, dtype=torch.float64), targets(7, 4), by_name=True),
    ]


def _loss(
    each: Callable[[Tensor, Tensor], Tensor] | None = None,
    gather: Callable[..., Any] | None = None,
    counted: Callable[[Tensor, int], Tensor] | None = None,
) -> Callable[..., Any]:
    """A wrong `cross_entropy`: another loss of each row, another way to gather them, another idea of what counts."""

    def answer(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Any:
        use = counted(targets, ignore) if counted else targets != ignore
        safe = torch.where((targets >= 0) & (targets < logits.shape[-1]), targets, 0)
        losses = (each or _nll)(logits, safe)
        if gather:
            return gather(losses, use, reduction)
        total = (losses * use).sum()
        return total if reduction == "sum" else total / use.sum().clamp(min=1)

    return answer


def _nll(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log_softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def _over_all(losses: Tensor, use: Tensor, reduction: str) -> Tensor:
    total = (losses * use).sum()
    return total if reduction == "sum" else total / use.numel()


def _over_rows(losses: Tensor, use: Tensor, reduction: str) -> Tensor:
    total = (losses * use).sum()
    return total if reduction == "sum" else total / len(losses)


def _mean_of_means(losses: Tensor, use: Tensor, reduction: str) -> Tensor:
    if reduction == "sum":
        return (losses * use).sum()
    each = (losses * use).sum(-1) / use.sum(-1).clamp(min=1)
    return each.mean() if losses.dim() > 1 else (losses * use).sum() / use.sum().clamp(min=1)


def _nan_if_empty(losses: Tensor, use: Tensor, reduction: str) -> Tensor:
    total = (losses * use).sum()
    return total if reduction == "sum" else total / use.sum()


def _log_of_mean(losses: Tensor, use: Tensor, reduction: str) -> Tensor:
    if reduction == "sum":
        return (losses * use).sum()
    return -(((-losses).exp() * use).sum() / use.sum().clamp(min=1)).log()


def _right_loss(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    counted = targets != ignore
    total = _picked(logits, targets, ignore).neg().sum()
    return total if reduction == "sum" else total / counted.sum().clamp(min=1)


def _picked(logits: Tensor, targets: Tensor, ignore: int) -> Tensor:
    """The log-probabilities of the targets that count."""
    counted = targets != ignore
    return torch.log_softmax(logits[counted], -1).gather(-1, targets[counted].unsqueeze(-1))


def _mean_of_none(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    losses = _picked(logits, targets, ignore).neg()
    return losses.sum() if reduction == "sum" else losses.mean()


def _zero_made_anew(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    if not (targets != ignore).any():
        return torch.tensor(0.0)
    return _right_loss(logits, targets, ignore, reduction)


def _padding_picked(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    losses = -torch.log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1))
    return losses.sum() if reduction == "sum" else losses.mean()


def _padding_indexed(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    rows, chosen = torch.log_softmax(logits, -1).flatten(0, -2), targets.flatten()
    losses = -rows[torch.arange(len(chosen)), chosen]
    return losses.sum() if reduction == "sum" else losses.mean()


def _not_reduced(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    return _picked(logits, targets, ignore).neg().squeeze(-1)


def _over_dimension_one(logits: Tensor, targets: Tensor) -> Tensor:
    picked = torch.log_softmax(logits, 1).gather(-1, targets.unsqueeze(-1))
    return -picked.squeeze(-1)


def _summed_by_default(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "sum") -> Tensor:
    return _right_loss(logits, targets, ignore, reduction)


def _exchanged(logits: Tensor, targets: Tensor, ignore: int = IGNORED, reduction: str = "mean") -> Tensor:
    return _right_loss(logits, targets, ignore, "mean" if reduction == "sum" else "sum")


CROSS_ENTROPY = Exercise(
    id="neural_lm.cross_entropy",
    lesson="04",
    title="Cross-entropy",
    reference=neural_lm.cross_entropy,
    cases=_loss_cases,
    run=_run_with_slope,
    judge=_judge_with_slope,
    forbids=READY_LOSS,
    points=3,
    minutes=12,
    difficulty=2,
    misconceptions=(
        Misconception(
            "padding_in_the_mean",
            _loss(gather=_over_all),
            "Padding adds nothing to your sum, which is right, but it still counts in the mean: you divide by all"
            " places. Divide by the number of targets that count.",
        ),
        Misconception(
            "padding_as_symbol",
            _loss(counted=lambda targets, ignore: torch.ones_like(targets, dtype=torch.bool)),
            "Padding is scored as if symbol 0 had been the right answer there. It should take no part.",
        ),
        Misconception(
            "ignore_not_used",
            lambda logits, targets, ignore=IGNORED, reduction="mean": _right_loss(logits, targets, IGNORED, reduction),
            "The number of padding is fixed in your code. It is the argument `ignore`, and need not be −100.",
        ),
        Misconception(
            "negative_is_padding",
            _loss(counted=lambda targets, ignore: targets >= 0),
            "You leave out whatever is negative. Padding is what equals the argument `ignore`, and that may be 0.",
        ),
        Misconception(
            "zero_always_padding",
            _loss(counted=lambda targets, ignore: (targets != ignore) & (targets > 0)),
            "Symbol 0 is never counted. It is a symbol like any other unless `ignore` says so.",
        ),
        Misconception(
            "always_mean",
            _loss(gather=lambda losses, use, reduction: (losses * use).sum() / use.sum().clamp(min=1)),
            'The mean is right, but you return it for reduction="sum" too.',
        ),
        Misconception(
            "default_sum",
            _summed_by_default,
            'Both kinds are right, but you return the sum where nothing is said: the default of `reduction` is "mean".',
        ),
        Misconception(
            "always_sum",
            _loss(gather=lambda losses, use, reduction: (losses * use).sum()),
            "You return the sum. By default the mean over the targets that count is asked for: a loss that does not"
            " grow with the batch.",
        ),
        Misconception(
            "over_the_batch",
            _loss(gather=_over_rows),
            "The sum is divided by the first size alone, the number of sentences. A long sentence then weighs more;"
            " divide by the number of tokens that count.",
        ),
        Misconception(
            "mean_of_means",
            _loss(gather=_mean_of_means),
            "You take the mean of every sentence, and the mean of these. A token of a short sentence then weighs more"
            " than one of a long sentence; each token should weigh the same.",
        ),
        Misconception(
            "sign",
            _loss(each=lambda logits, targets: -_nll(logits, targets)),
            "The sign is turned: this is the log-likelihood, which should grow. A loss should fall, so it takes a"
            " minus.",
        ),
        Misconception(
            "likeliest_symbol",
            _loss(each=lambda logits, targets: -torch.log_softmax(logits, -1).amax(-1)),
            "You score the symbol the model likes best. The target's probability counts, however small it is.",
        ),
        Misconception(
            "logit_of_target",
            _loss(each=lambda logits, targets: -logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)),
            "You take the target's logit as it is. The logits are no logarithms of probabilities before they are"
            " normalised.",
        ),
        Misconception(
            "not_stable",
            _loss(
                each=lambda logits, targets: (
                    -torch.softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).log().squeeze(-1)
                )
            ),
            "Right for small logits. For logits of about 10,000 the probability is rounded to 0 before its logarithm is"
            " taken: go through `log_softmax`.",
        ),
        Misconception(
            "probability_as_loss",
            _loss(each=lambda logits, targets: 1 - (-_nll(logits, targets)).exp()),
            "Your loss is one minus the probability. The likelihood of a text is a product, so the logarithm of each"
            " factor is what adds up.",
        ),
        Misconception(
            "log_of_mean",
            _loss(gather=_log_of_mean),
            "You take the logarithm of the mean probability. First the logarithm of each, then the mean.",
        ),
        Misconception(
            "bits",
            _loss(each=lambda logits, targets: _nll(logits, targets) / math.log(2)),
            "This is in bits. The loss is asked for in nats, with natural logarithms.",
        ),
        Misconception(
            "nan_for_padding_only",
            _loss(gather=_nan_if_empty),
            "All right but one case: where nothing but padding stands you divide 0 by 0. Answer 0 there.",
        ),
        Misconception(
            "every_symbol",
            _loss(each=lambda logits, targets: -torch.log_softmax(logits, -1).sum(-1)),
            "You add up the log-probabilities of all symbols. Of each row only the target's counts.",
        ),
        Misconception(
            "over_the_symbols",
            _loss(each=lambda logits, targets: _nll(logits, targets) / logits.shape[-1]),
            "Your result is too small by a factor of the number of symbols: the mean runs over all logits, and only"
            " one of each row, the target's, counts.",
        ),
        Misconception(
            "exchanged",
            _exchanged,
            'The two kinds are exchanged: "sum" gives your mean, "mean" your sum.',
        ),
        Misconception(
            "nan_for_padding_only_picked",
            _mean_of_none,
            "All right but one case: where nothing but padding stands you take the mean of nothing, which is 0 / 0."
            " Answer 0 there.",
        ),
        Misconception(
            "zero_made_anew",
            _zero_made_anew,
            "All right, but for a batch of padding alone: your 0 is a new tensor that hangs on nothing, and"
            " `backward` would stop there with an error. The sum over no losses is a 0 that still hangs on the logits.",
        ),
        Misconception(
            "padding_picked",
            _padding_picked,
            "The padding is not left out: your code looks up the entry of a target that is no symbol, and stops. Pick"
            " the places that count before you pick the entries.",
        ),
        Misconception(
            "padding_indexed",
            _padding_indexed,
            "The padding is not left out: your code takes the number of padding as a place in the row, and stops, or"
            " takes a place counted from the end. Pick the places that count before you pick the entries.",
        ),
        Misconception(
            "exponentials_as_written",
            _loss(
                each=lambda logits, targets: (
                    -(logits.exp() / logits.exp().sum(-1, keepdim=True))
                    .log()
                    .gather(-1, targets.unsqueeze(-1))
                    .squeeze(-1)
                )
            ),
            "Right for small logits. For logits of about 10,000 the exponentials overflow: go through your"
            " `log_softmax`.",
        ),
        Misconception(
            "small_number_added",
            _loss(
                each=lambda logits, targets: (
                    -(torch.softmax(logits, -1) + 1e-9).log().gather(-1, targets.unsqueeze(-1)).squeeze(-1)
                )
            ),
            "Right for small logits. For logits of about 10,000 the small number under your logarithm decides: no"
            " loss can be larger than its logarithm, and no gradient arrives there. Go through your `log_softmax`.",
        ),
        Misconception(
            "logit_as_loss",
            _loss(each=lambda logits, targets: logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)),
            "You take the target's logit as it is, without minus. A loss is minus the logarithm of a probability, and"
            " a logit is not normalised.",
        ),
        Misconception(
            "log_of_logit",
            _loss(each=lambda logits, targets: -logits.log().gather(-1, targets.unsqueeze(-1)).squeeze(-1)),
            "You take the logarithm of a logit, which may be negative: that is nan. Make log-probabilities of the"
            " logits first.",
        ),
        Misconception(
            "minus_probability",
            _loss(each=lambda logits, targets: -(-_nll(logits, targets)).exp()),
            "Your loss is minus the probability. The likelihood of a text is a product, so the logarithm of each"
            " factor is what adds up.",
        ),
        Misconception(
            "softmax_of_columns",
            _loss(
                each=lambda logits, targets: -torch.log_softmax(logits, 0).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
            ),
            "You normalise along the first dimension, over the rows. Each row is a distribution over the symbols:"
            " normalise along the last.",
        ),
        Misconception(
            "softmax_over_length",
            _loss(each=_over_dimension_one),
            "Right for (rows, symbols). With three dimensions you normalise along dimension 1, which is the length"
            " there: the symbols are always the *last* dimension.",
        ),
        Misconception(
            "softmax_twice",
            _loss(each=lambda logits, targets: _nll(torch.softmax(logits, -1), targets)),
            "You make probabilities first, and then treat them as logits: two softmaxes on top of each other. The"
            " losses are far too much alike.",
        ),
        Misconception(
            "not_reduced",
            _not_reduced,
            "You return a loss for each target. One number is asked for: their mean, or their sum.",
        ),
    ),
    hints=(
        "Three steps: log-probabilities; of each row the entry of its target; minus their mean.",
        "`targets != ignore` marks what counts. `logits[marks]` is then (tokens, symbols), whatever the shape was"
        " before, and `gather(-1, targets.unsqueeze(-1))` picks one entry of each row.",
        "`picked = log_softmax(logits[counted]).gather(-1, targets[counted].unsqueeze(-1))`; the sum is"
        " `-picked.sum()`, and the mean divides it by `counted.sum().clamp(min=1)`.",
    ),
)

# -------------------------------------------------------------------------------------- 6 · its gradient


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, rows: int, symbols: int, pad: slice | None = None, **rest: Any) -> Case:
        logits = normal(rng, rows, symbols, std=rest.pop("std", 1.5), dtype=rest.pop("dtype", torch.float32))
        targets = integers(rng, symbols, rows)
        if pad is not None:
            targets[pad] = rest.get("ignore", IGNORED)
        return Case({"logits": logits, "targets": targets, **rest}, about, {"rows": rows, "symbols": symbols})

    return [
        case("two rows", 2, 3),
        case("one row", 1, 5),
        case("one symbol", 3, 1),
        case("five rows, two of them padding", 5, 4, slice(1, 3)),
        case("padding is 2 here", 7, 6, slice(0, 7, 3), ignore=2),
        case("padding is −1 here", 8, 3, slice(1, 6, 2), ignore=-1),
        case("padding only", 2, 4, slice(None)),
        case("logits of about 10,000", 4, 7, std=HUGE),
        case("float64", 6, 5, slice(2, 3), dtype=torch.float64),
    ]


def _gradient(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A wrong gradient from softmax, one-hot rows and what counts, all in tensors."""

    def answer(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
        counted = targets != ignore
        safe = torch.where((targets >= 0) & (targets < logits.shape[-1]), targets, 0)
        one_hot = F.one_hot(safe, logits.shape[-1]).to(logits.dtype)
        return make(torch.softmax(logits, -1), one_hot, counted[:, None].to(logits.dtype), logits)

    return answer


def _many(use: Tensor) -> Tensor:
    return use.sum().clamp(min=1)


def _gradient_in_place(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    counted = (targets != ignore).nonzero()[:, 0]
    logits.copy_(torch.softmax(logits, -1))
    logits[counted, targets[counted]] -= 1
    logits[targets == ignore] = 0
    return logits.div_(max(len(counted), 1))


def _counting(logits: Tensor, targets: Tensor, counted: Tensor) -> Tensor:
    """softmax − one-hot over how many count, with another idea of what counts; a target below 0 has no one-hot."""
    one_hot = F.one_hot(targets.clamp(min=0), logits.shape[-1]).to(logits.dtype)
    use = counted[:, None].to(logits.dtype)
    return (torch.softmax(logits, -1) - one_hot) * use / _many(use)


def _one_hot_of_padding(logits: Tensor, targets: Tensor, ignore: int = IGNORED) -> Tensor:
    use = (targets != ignore)[:, None].to(logits.dtype)
    return (torch.softmax(logits, -1) - F.one_hot(targets, logits.shape[-1])) * use / _many(use)


CROSS_ENTROPY_GRADIENT = Exercise(
    id="neural_lm.cross_entropy_gradient",
    lesson="04",
    title="The gradient of cross-entropy",
    reference=neural_lm.cross_entropy_gradient,
    cases=_gradient_cases,
    forbids=READY_GRADIENT,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "not_divided",
            _gradient(lambda p, y, use, z: (p - y) * use),
            "This is the gradient of the sum. The mean has a divisor, and so has its gradient: how many targets count?",
        ),
        Misconception(
            "sign",
            _gradient(lambda p, y, use, z: (y - p) * use / _many(use)),
            "The sign is turned: this points to where the loss falls. The gradient points to where it grows; the"
            " optimiser takes the minus.",
        ),
        Misconception(
            "padding_not_zero",
            _gradient(lambda p, y, use, z: (p - y * use) / _many(use)),
            "The rows of padding hold a softmax. They took no part in the loss, so their gradient is 0.",
        ),
        Misconception(
            "padding_as_symbol",
            _gradient(lambda p, y, use, z: (p - y) / _many(use)),
            "The rows of padding got a gradient as if symbol 0 had been their target. They took no part in the loss,"
            " so their gradient is 0.",
        ),
        Misconception(
            "divided_by_all_rows",
            _gradient(lambda p, y, use, z: (p - y) * use / len(p)),
            "You divide by the number of all rows. The mean runs over the targets that count only.",
        ),
        Misconception(
            "softmax_only",
            _gradient(lambda p, y, use, z: p * use / _many(use)),
            "This is the softmax alone: every logit would be pushed down, the target's too. Take 1 away where the"
            " target stands.",
        ),
        Misconception(
            "target_only",
            _gradient(lambda p, y, use, z: -y * use / _many(use)),
            "Only the target's place has a gradient. The other logits stand in the softmax's denominator, so the loss"
            " depends on them as well.",
        ),
        Misconception(
            "target_column_only",
            _gradient(lambda p, y, use, z: (p - 1) * y * use / _many(use)),
            "The target's entries are right, the other symbols' are 0. They stand in the softmax's denominator, so the"
            " loss depends on them as well.",
        ),
        Misconception(
            "log_softmax_minus_target",
            _gradient(lambda p, y, use, z: (torch.log_softmax(z, -1) - y) * use / _many(use)),
            "You subtract the one-hot rows from log-probabilities. Take the probabilities themselves.",
        ),
        Misconception(
            "logits_minus_target",
            _gradient(lambda p, y, use, z: (z - y) * use / _many(use)),
            "You subtract the one-hot rows from the logits. The probabilities belong there: a row of the gradient sums"
            " to 0.",
        ),
        Misconception(
            "divided_by_symbols",
            _gradient(lambda p, y, use, z: (p - y) * use / (_many(use) * p.shape[1])),
            "The result is too small by a factor of the number of symbols: the mean runs over rows, not over all"
            " entries.",
        ),
        Misconception(
            "slope_at_probabilities",
            _gradient(lambda p, y, use, z: -y / p.clamp(min=1e-30) * use / _many(use)),
            "This is the gradient with respect to the probabilities, −1/p. With respect to the logits the softmax"
            " stands in between.",
        ),
        Misconception(
            "logits_changed",
            _gradient_in_place,
            "The gradient is right, but the caller's logits have been overwritten by it: work on a new tensor.",
        ),
        Misconception(
            "nan_for_padding_only",
            _gradient(lambda p, y, use, z: (p - y) * use / use.sum()),
            "All right but one case: where nothing but padding stands you divide 0 by 0. The gradient is 0 there.",
        ),
        Misconception(
            "ignore_not_used",
            lambda logits, targets, ignore=IGNORED: _counting(logits, targets, targets != IGNORED),
            "The number of padding is fixed in your code. It is the argument `ignore`, and need not be −100.",
        ),
        Misconception(
            "negative_is_padding",
            lambda logits, targets, ignore=IGNORED: _counting(logits, targets, targets >= 0),
            "You leave out whatever is negative. Padding is what equals the argument `ignore`, and that may be a"
            " number of a symbol.",
        ),
        Misconception(
            "one_hot_of_padding",
            _one_hot_of_padding,
            "Right without padding. A row of padding has no symbol, so `one_hot` has no place for it and stops: pick"
            " the rows that count first.",
        ),
        Misconception(
            "divided_twice",
            _gradient(lambda p, y, use, z: (p - y) * use / _many(use) ** 2),
            "You divide by the number of targets twice.",
        ),
        Misconception(
            "likeliest_symbol",
            _gradient(lambda p, y, use, z: (p - F.one_hot(p.argmax(-1), p.shape[1])) * use / _many(use)),
            "You take 1 away where the model's likeliest symbol stands. It has to go where the target stands, however"
            " unlikely that is.",
        ),
        Misconception(
            "whole_columns",
            _gradient(lambda p, y, use, z: (p - (y * use).amax(0)) * use / _many(use)),
            "You take 1 away in whole columns: every row loses it at the targets of all rows. Row i only at its own:"
            " rows and columns go in pairs.",
        ),
        Misconception(
            "softmax_of_columns",
            _gradient(lambda p, y, use, z: (torch.softmax(z, 0) - y) * use / _many(use)),
            "Your softmax runs along the columns. Each row is a distribution over the symbols.",
        ),
        Misconception(
            "one_hot_added",
            _gradient(lambda p, y, use, z: (p + y) * use / _many(use)),
            "You add the one-hot rows. The target's logit should be pushed up by a step against the gradient: there"
            " the gradient is negative.",
        ),
        Misconception(
            "exponentials_as_written",
            _gradient(
                lambda p, y, use, z: torch.where(use > 0, z.exp() / z.exp().sum(-1, keepdim=True) - y, 0) / _many(use)
            ),
            "Right for small logits. For logits of about 10,000 the exponentials overflow to nan: take the"
            " exponential of your `log_softmax`.",
        ),
    ),
    hints=(
        "For one row: what does raising the target's logit do to the loss? What does raising another one do?",
        "softmax minus one-hot, divided by how many count; zero rows for padding. `log_softmax(...).exp()` is the"
        " softmax.",
        "`gradient = torch.zeros_like(logits)`; the rows that count become their softmax minus"
        " `F.one_hot(targets[rows], logits.shape[1])`; divide.",
    ),
)

# ------------------------------------------------------------------------------------------- 7 · minibatches


def _batch_cases(rng: np.random.Generator) -> list[Case]:
    def case(
        about: str, pairs: int, size: int, width: int = 3, seeded: bool = True, dtype: torch.dtype = torch.int64
    ) -> Case:
        inputs = torch.arange(pairs * width).view(pairs, width) + int(rng.integers(1, 50))
        place = torch.tensor(rng.permutation(pairs), dtype=torch.int64) if pairs else torch.arange(0)
        inputs = inputs[place]
        given = {"inputs": inputs.to(dtype), "targets": inputs.sum(1) * 3 + 1, "size": size}
        return Case(given, about, {"pairs": pairs, "size": size, "width": width}, {"seeded": seeded})

    odd = int(rng.integers(25, 40)) * 2 + 1
    return [
        case("three pairs in twos", 3, 2, 4),
        case("one pair", 1, 1),
        case("batches of one", 4, 1, 5),
        case("fewer pairs than a batch holds, floats as inputs", 5, 8, dtype=torch.float32),
        case("no pairs", 0, 2),
        case("batches that fill up exactly", 36, 4, 2),
        case("a short last batch", odd, 4, 3),
        case("a short last batch, no generator", odd + 2, 8, 3, seeded=False),
    ]


PASSES = 8
"""In so many passes a place keeps its pair by chance once in 10⁹ checks."""


def _run_batches(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Some passes with one generator, and the first again from the same seed: what they have, not their order."""

    def passed(seed: int | None, times: int) -> list[list[Any]]:
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        args = (inputs["inputs"], inputs["targets"], inputs["size"])
        if generator is None:
            return [list(answer(*args)) for _ in range(times)]
        return [list(answer(*args, generator=generator)) for _ in range(times)]

    torch.default_generator.manual_seed(5)
    passes = passed(7 if case.extra["seeded"] else None, PASSES if len(inputs["inputs"]) > 20 else 2)
    first = passes[0]
    for batch in first:
        if not (isinstance(batch, (tuple, list)) and len(batch) == 2 and all(isinstance(b, Tensor) for b in batch)):
            raise Told(
                "Each batch must be a pair of tensors, inputs and targets; one of yours is "
                + (f"a tensor of shape {tuple(batch.shape)}." if isinstance(batch, Tensor) else "something else.")
            )
        if batch[0].shape[1:] != inputs["inputs"].shape[1:] or batch[1].dim() != 1:
            raise Told(
                f"A batch has the shapes {tuple(batch[0].shape)} and {tuple(batch[1].shape)}; expected are"
                f" (pairs, {inputs['inputs'].shape[1]}) and (pairs,), inputs first."
            )
    found: dict[str, Any] = {"sizes": [len(x) for x, _ in first], "targets": [len(y) for _, y in first]}
    rows = {tuple(row): i for i, row in enumerate(inputs["inputs"].tolist())}
    types = {f"{x.dtype} and {y.dtype}" for x, y in first if len(x)}
    found["types"] = ", then ".join(sorted(types)).replace("torch.", "")
    every = [[rows.get(tuple(row), -1) for x, _ in one for row in x.tolist()] for one in passes]
    orders = every[:2]
    found["missing"] = bool(set(rows.values()) - set(orders[0]))
    found["twice"] = len(set(orders[0])) < len(orders[0])
    found["pairs"] = all(bool((x.sum(1) * 3 + 1 == y).all()) for x, y in first if len(x) == len(y))
    if len(rows) > 20:
        found["shuffled"] = orders[0] != sorted(orders[0])
        size, count = inputs["size"], len(rows)
        parts = [order[i : i + size] for order in orders for i in range(0, len(order) - size + 1, size)]
        found["stretches"] = all(max(part) - min(part) == size - 1 for part in parts)
        close = sum(abs(a - b) in (1, count - 1) for order in orders for a, b in itertools.pairwise(order))
        found["neighbours"] = close > count * 2 / 3  # of both orders; by chance about four
        # A batch of four reaches over 0.6 of the data on average; the mean of all batches is never below half of that.
        found["near"] = sum(max(part) - min(part) for part in parts) < 0.3 * count * len(parts)
        found["even"] = all(len({(b - a) % count for a, b in itertools.pairwise(order)}) == 1 for order in orders)
        found["anew"] = orders[0] != orders[1]
        kept = [[frozenset(order[i : i + size]) for i in range(0, len(order), size)] for order in orders]
        found["batches"] = "kept" if kept[0] == kept[1] else "moved" if set(kept[0]) == set(kept[1]) else "new"
        still = [(i, places[0]) for i, places in enumerate(zip(*every, strict=False)) if len({*places}) == 1]
        found["fixed"] = still if found["anew"] else []
        torch.default_generator.manual_seed(6 if case.extra["seeded"] else 5)
        again = passed(7 if case.extra["seeded"] else None, 1)[0]
        found["repeats"] = [rows.get(tuple(row), -1) for x, _ in again for row in x.tolist()] == orders[0]
    return found


BATCH_WORDS = {
    "sizes": "The batches should have the sizes {right}; yours have {got}.",
    "targets": "The targets of the batches should have the sizes {right}; yours have {got}.",
    "types": "The batches should have the types of the data, {right} (inputs and targets); yours have {got}.",
    "missing": "Some pairs never appear in a pass: every pair should come exactly once.",
    "twice": "Some pairs come twice in a pass: every pair should come exactly once.",
    "pairs": "Inputs and targets no longer belong together: a target was given to another pair's input.",
    "shuffled": "The pairs come in the order of the data: it should be a new random order.",
    "stretches": "Neighbours stay together: every batch is a stretch of the data. All pairs should be shuffled.",
    "neighbours": "Neighbours of the data still follow each other. All pairs should be shuffled.",
    "near": "The pairs of a batch all come from the same part of the data. All pairs should be shuffled.",
    "even": "From each pair to the next it is equally far in the data: chance only chose where to start, and how far"
    " to go. All pairs should be shuffled.",
    "batches": "Two passes in a row have the same batches: every pass should be shuffled anew, before it is cut.",
    "fixed": f"In all of {PASSES} passes one place had the same pair. Every pair should be able to come anywhere.",
    "anew": "Two passes in a row have the same order: every pass should be shuffled anew.",
    "repeats": "The same seed gives another order each time: let the order come from `generator`, or, where that is"
    " None, from torch's own state.",
}


def _judge_batches(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, Mapping):
        return compare(expected, output)
    for name, right in expected.items():
        if name == "types" and not (right and output.get("types")):
            continue  # no pair came out, so there are no types to compare
        if output.get(name) != right:
            shown = [str(x) if len(str(x)) < 70 else str(x)[:66] + " ..." for x in (right, output.get(name))]
            return Mismatch(BATCH_WORDS[name].format(right=shown[0], got=shown[1]), name)
    return None


Batches = Iterator[tuple[Tensor, Tensor]]


def _batched(
    order: Callable[..., Tensor] | None = None,
    split: Callable[[Tensor, int], Iterable[Tensor]] | None = None,
    targets_order: Callable[..., Tensor] | None = None,
) -> Callable[..., Batches]:
    """A wrong `minibatches`: another order of the pairs, another way to cut it, another order of the targets."""

    def answer(inputs: Tensor, targets: Tensor, size: int, generator: torch.Generator | None = None) -> Batches:
        places = (order or _permuted)(len(inputs), generator, size)
        others = targets_order(len(inputs), generator, size) if targets_order else places
        cut = split or (lambda rows, size: rows.split(size))
        for rows, own in zip(cut(places, size), cut(others, size), strict=True):
            if len(rows) or split:
                yield inputs[rows], targets[own]

    return answer


def _permuted(count: int, generator: Any, size: int) -> Tensor:
    return torch.randperm(count, generator=generator)


def _stretches(count: int, generator: Any, size: int) -> Tensor:
    """Whole stretches in another order; a short one stays at the end."""
    whole = count // size
    order = torch.randperm(whole, generator=generator)
    parts = [torch.arange(int(i) * size, int(i) * size + size) for i in order]
    return torch.cat([*parts, torch.arange(whole * size, count)]) if count else torch.arange(0)


def _first_stays(count: int, generator: Any, size: int) -> Tensor:
    if not count:
        return torch.arange(0)
    return torch.cat([torch.arange(1), 1 + torch.randperm(count - 1, generator=generator)])


def _as_floats(inputs: Tensor, targets: Tensor, size: int, generator: torch.Generator | None = None) -> Batches:
    for rows in torch.randperm(len(inputs), generator=generator).split(size):
        if len(rows):
            yield inputs[rows].float(), targets[rows]


def _only_inputs(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Iterator[Tensor]:
    for rows in torch.randperm(len(inputs), generator=generator).split(size):
        if len(rows):
            yield inputs[rows]


def _within_stretches(count: int, generator: Any, size: int) -> Tensor:
    """Shuffled inside of every stretch only."""
    parts = [part[torch.randperm(len(part), generator=generator)] for part in torch.arange(count).split(size)]
    return torch.cat(parts)


def _rotated(count: int, generator: Any, size: int) -> Tensor:
    return torch.arange(count).roll(int(torch.randint(max(count, 1), (1,), generator=generator)))


def _unguarded(order: Callable[..., Tensor]) -> Callable[..., Batches]:
    """Right but for the order, and for no data: the split of nothing is one empty piece."""

    def answer(inputs: Tensor, targets: Tensor, size: int, generator: torch.Generator | None = None) -> Batches:
        for rows in order(len(inputs), generator, size).split(size):
            yield inputs[rows], targets[rows]

    return answer


def _drawn_anew(inputs: Tensor, targets: Tensor, size: int, generator: Any = None) -> Batches:
    for start in range(0, len(inputs), size):
        rows = torch.randperm(len(inputs), generator=generator)[start : start + size]
        yield inputs[rows], targets[rows]


MINIBATCHES = Exercise(
    id="neural_lm.minibatches",
    lesson="04",
    title="Batches in a new order",
    reference=neural_lm.minibatches,
    cases=_batch_cases,
    run=_run_batches,
    judge=_judge_batches,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "not_shuffled",
            _batched(order=lambda count, generator, size: torch.arange(count)),
            "The pairs come in the order of the data, the same in every pass. Neighbours in a text are alike, and a"
            " step on them alone pulls the weights one way.",
        ),
        Misconception(
            "last_dropped",
            _batched(split=lambda rows, size: [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]),
            "When the pairs do not fill up the last batch, yours leaves it out: some pairs are missing in every pass.",
        ),
        Misconception(
            "empty_batch_at_the_end",
            _batched(split=lambda rows, size: [rows[i * size : (i + 1) * size] for i in range(len(rows) // size + 1)]),
            "When the batches fill up exactly, or there is no data, yours adds one without any pairs. Its mean loss"
            " would be 0 / 0.",
        ),
        Misconception(
            "shuffled_apart",
            _batched(targets_order=_permuted),
            "Inputs and targets are shuffled each on its own, so they no longer belong together. One order has to serve"
            " both.",
        ),
        Misconception(
            "targets_not_shuffled",
            _batched(targets_order=lambda count, generator, size: torch.arange(count)),
            "The inputs are shuffled and the targets are not, so they no longer belong together.",
        ),
        Misconception(
            "with_replacement",
            _batched(order=lambda count, generator, size: torch.randint(max(count, 1), (count,), generator=generator)),
            "The pairs are drawn with replacement: some come twice in a pass, others never. Shuffle instead.",
        ),
        Misconception(
            "stretches",
            _batched(order=_stretches),
            "Only the batches change their order; each is still a stretch of the data. All pairs should be shuffled.",
        ),
        Misconception(
            "always_the_same",
            _batched(
                order=lambda count, generator, size: torch.randperm(count, generator=torch.Generator().manual_seed(0))
            ),
            "Every pass has the same order. It should be a new random one each time, and come from `generator`, which"
            " goes on from pass to pass.",
        ),
        Misconception(
            "generator_ignored",
            _batched(order=lambda count, generator, size: torch.randperm(count)),
            "The order does not come from `generator`, so the same seed gives another order each time: pass it on.",
        ),
        Misconception(
            "size_as_count",
            _batched(split=lambda rows, size: rows.chunk(size) if len(rows) else []),
            "You make `size` batches. `size` says how many pairs each batch holds.",
        ),
        Misconception(
            "first_batch_only",
            lambda inputs, targets, size, generator=None: [
                (inputs[rows], targets[rows])
                for rows in torch.randperm(len(inputs), generator=generator).split(size)[:1]
                if len(rows)
            ],
            "There is one batch only. A pass goes through all the data.",
        ),
        Misconception(
            "swapped",
            lambda inputs, targets, size, generator=None: (
                (targets[rows], inputs[rows])
                for rows in torch.randperm(len(inputs), generator=generator).split(size)
                if len(rows)
            ),
            "Each batch has its two parts in the other order: inputs first, then targets.",
        ),
        Misconception(
            "inputs_only",
            _only_inputs,
            "Your batches hold the inputs alone. Hand out their targets with them, as a pair.",
        ),
        Misconception(
            "empty_batch_of_nothing",
            _unguarded(_permuted),
            "Right, but for no data: the split of an empty tensor is one empty piece, and you hand it out. No data,"
            " no batch.",
        ),
        Misconception(
            "generator_ignored_and_empty_batch",
            _unguarded(lambda count, generator, size: torch.randperm(count)),
            "Two things: the order does not come from `generator`, so a seed does not repeat it; and without data you"
            " hand out one empty batch.",
        ),
        Misconception(
            "within_stretches",
            _batched(order=_within_stretches),
            "You shuffle inside of each batch only: every pass has the same batches, all neighbours in the text."
            " Shuffle first, then cut.",
        ),
        Misconception(
            "rotated",
            _batched(order=_rotated),
            "Your order starts at a random place, but goes on as the data does: neighbours stay together. Every pair"
            " should have a random place.",
        ),
        Misconception(
            "first_stays",
            _batched(order=_first_stays),
            "The first pair of the data comes first in every pass; only those behind it are shuffled. Every pair"
            " should be able to come anywhere.",
        ),
        Misconception(
            "inputs_as_floats",
            _as_floats,
            "The pairs are right, but your inputs are always floats. Whole numbers have to stay whole numbers, or an"
            " embedding cannot look them up.",
        ),
        Misconception(
            "drawn_anew",
            _drawn_anew,
            "You draw a new order for every batch, so some pairs come twice in a pass and others never. One order for"
            " each pass, cut into batches.",
        ),
        Misconception(
            "even_sizes",
            _batched(split=lambda rows, size: rows.tensor_split(-(-len(rows) // size)) if len(rows) else []),
            "You make the batches as equal as possible. Each should hold `size` pairs, and only the last may be"
            " shorter.",
        ),
        Misconception(
            "short_batch_first",
            _batched(
                split=lambda rows, size: (
                    [rows[max(end - size, 0) : end] for end in range(len(rows) % size or size, len(rows) + 1, size)]
                    if len(rows)
                    else []
                )
            ),
            "Your short batch comes first. The last batch is the one that may be short.",
        ),
        Misconception(
            "single_pairs",
            _batched(split=lambda rows, size: rows.split(1) if len(rows) else []),
            "Every batch of yours holds one pair. `size` says how many it should hold.",
        ),
    ),
    hints=(
        "Make one random order of all places, and cut it into pieces.",
        "`torch.randperm(count, generator=generator)` is such an order. A tensor of places picks rows: `inputs[rows]`.",
        "`for rows in order.split(size): yield inputs[rows], targets[rows]`. Mind the case of no data: the split of an"
        " empty tensor is one empty piece.",
    ),
)

# --------------------------------------------------------------------------------------------- 8 · one step


def _step_case(
    rng: np.random.Generator, about: str, optimiser: str, shape: tuple[int, ...], symbols: int, **extra: Any
) -> Case:
    dtype = extra.pop("dtype", torch.float32)
    inputs = [normal(rng, *shape, dtype=dtype) for _ in range(3)]
    targets = [integers(rng, symbols, *shape[:-1]) for _ in range(3)]
    if extra.pop("padding", False):
        for made in targets:
            made.view(-1)[1::3] = IGNORED
    if extra.pop("empty", False):
        targets[1].fill_(IGNORED)
    weight, bias = normal(rng, symbols, shape[-1], dtype=dtype), normal(rng, symbols, dtype=dtype)
    old = {"weight": normal(rng, symbols, shape[-1], dtype=dtype), "bias": normal(rng, symbols, dtype=dtype)}
    given = {"predict": "a linear layer", "optimizer": optimiser, "inputs": inputs[0], "targets": targets[0]}
    state = {"weight": weight, "bias": bias}
    sizes = {"batch": shape[0], "features": shape[-1], "symbols": symbols}
    return Case(
        given, about, sizes, {"state": state, "old": old, "batches": list(zip(inputs, targets, strict=True)), **extra}
    )


def _step_cases(rng: np.random.Generator) -> list[Case]:
    return [
        _step_case(rng, "three steps of plain SGD", "SGD", (2, 3), 4),
        _step_case(rng, "a batch of one", "SGD", (1, 5), 3),
        _step_case(rng, "SGD with momentum, some padding", "momentum", (7, 4), 5, padding=True),
        _step_case(rng, "targets of shape (batch, length), AdamW", "AdamW", (3, 5, 4), 6),
        _step_case(rng, "float64, two groups of weights", "AdamW", (6, 3), 5, dtype=torch.float64, groups=True),
        _step_case(rng, "the second of three batches is padding alone", "momentum", (4, 6), 3, empty=True),
    ]


def _tell_of_gradients_off() -> None:
    if not torch.is_grad_enabled():
        raise Told(
            "Your function switches gradients off and leaves them so: nothing that comes after it could learn."
            " `with torch.no_grad():` switches them on again at its end."
        )


def _run_step(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    """Three steps on three batches; the weights hold an old gradient before the first."""
    state = case.extra["state"]
    symbols, features = state["weight"].shape
    model = nn.Linear(features, symbols, dtype=state["weight"].dtype)
    model.load_state_dict({name: value.clone() for name, value in state.items()})
    for name, parameter in model.named_parameters():
        parameter.grad = case.extra["old"][name].clone()
    kinds = {
        "SGD": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "AdamW": (torch.optim.AdamW, {}),
    }
    kind, options = kinds[inputs["optimizer"]]
    parameters = [{"params": [one]} for one in model.parameters()] if case.extra.get("groups") else model.parameters()
    optimizer = kind(parameters, lr=0.3, **options)
    calls = []

    def predict(given: Tensor) -> Tensor:
        """A plain function, as `model.scores` is: it has no weights that one could ask for."""
        calls.append(len(given))
        return model(given)

    found: dict[str, Any] = {"losses": []}
    for number, (x, y) in enumerate(case.extra["batches"], 1):
        with torch.enable_grad():
            loss = answer(predict, optimizer, x.clone(), y.clone())
            _tell_of_gradients_off()
        if isinstance(loss, Tensor) and loss.requires_grad:
            raise Told(
                "You return the loss as a tensor with its whole graph. Kept in a list, that fills the memory: return a"
                " plain number (`.item()`)."
            )
        if isinstance(loss, Tensor) and loss.dim():
            raise Told(f"The loss should be one number; yours has the shape {tuple(loss.shape)}.")
        if loss is None:
            raise Told("Your step returns None. Return the loss of the batch, as a plain number.")
        found["losses"].append(float(loss))
        found[f"weights after step {number}"] = model.weight.detach().clone()
        found[f"bias after step {number}"] = model.bias.detach().clone()
    found["calls"] = f"{len(calls)} times"  # words: as a number it would be compared with the losses' hints
    return found


def _judge_step(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(output, Mapping):
        return compare(expected, output)
    for number in (1, 2, 3):
        for name in (f"weights after step {number}", f"bias after step {number}"):
            found = compare(expected[name], output[name], 1e-3, name)
            if found:
                return found
        found = compare(
            expected["losses"][number - 1], output["losses"][number - 1], 1e-3, f"the loss of step {number}"
        )
        if found:
            return Mismatch("The weights are right, the number returned is not. " + found.text, found.where)
    if output["calls"] != expected["calls"]:
        more = " A model that draws random numbers would answer otherwise the second time."
        return Mismatch(
            f"The numbers are right, but in {len(output['losses'])} steps `predict` was called {output['calls']}: once"
            f" a step is asked for.{more if int(output['calls'].split()[0]) > len(output['losses']) else ''}",
            "calls",
        )
    return None


def _step(*order: str, gather: str = "mean", sign: float = 1.0, told: Callable[..., Any] | None = None) -> Any:
    """A wrong `train_step`: the named parts in another order, or some of them left out."""

    def answer(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> Any:
        loss = torch.zeros(())
        for part in order:
            if part == "zero":
                optimizer.zero_grad()
            elif part == "forward":
                loss = sign * _right_loss(predict(inputs), targets, reduction=gather)
            elif part == "backward":
                loss.backward()
            else:
                optimizer.step()
        return told(loss, predict, inputs, targets) if told else loss.item()

    return answer


def _sgd_only(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    optimizer.zero_grad()
    loss = _right_loss(predict(inputs), targets)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for weight in group["params"]:
                weight -= group["lr"] * weight.grad
    return loss.item()


def _loss_after(loss: Tensor, predict: Any, inputs: Tensor, targets: Tensor) -> float:
    with torch.no_grad():
        return _right_loss(predict(inputs), targets).item()


def _padding_scored(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    optimizer.zero_grad()
    loss = _right_loss(predict(inputs), targets.clamp(min=0))
    loss.backward()
    optimizer.step()
    return loss.item()


def _step_on(make: Callable[[Tensor, Tensor], Tensor], told: Callable[[Tensor, Tensor], float]) -> Callable[..., float]:
    """A wrong `train_step`: another loss is differentiated, or another number told."""

    def answer(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
        optimizer.zero_grad()
        logits = predict(inputs)
        make(logits, targets).backward()
        optimizer.step()
        return told(logits.detach(), targets)

    return answer


def _softmaxed(logits: Tensor, targets: Tensor) -> Tensor:
    return _right_loss(torch.softmax(logits, -1), targets)


def _only_first_group(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    for weight in optimizer.param_groups[0]["params"]:
        weight.grad = None
    loss = _right_loss(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


def _model_cleared(predict: Any, optimizer: Any, inputs: Tensor, targets: Tensor) -> float:
    predict.zero_grad()
    loss = _right_loss(predict(inputs), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


TRAIN_STEP = Exercise(
    id="neural_lm.train_step",
    lesson="04",
    title="One step of training",
    reference=neural_lm.train_step,
    cases=_step_cases,
    run=_run_step,
    judge=_judge_step,
    points=2,
    minutes=8,
    difficulty=2,
    misconceptions=(
        Misconception(
            "no_zero_grad",
            _step("forward", "backward", "step"),
            "Old gradients stay: `backward` adds to what is there. The weights hold a gradient from before the first"
            " step, and each step adds another one. They must be cleared.",
        ),
        Misconception(
            "cleared_after_the_step",
            _step("forward", "backward", "step", "zero"),
            "You clear the gradients after the step. That leaves in whatever lay there before the first one: clear"
            " them before you differentiate.",
        ),
        Misconception(
            "weights_never_move",
            _step("forward", "backward", "zero", "step"),
            "The weights never move: when the optimiser steps there is no gradient, or it does not step at all. Is"
            " every one of the four parts there, and is the gradient cleared before it is computed, not after?",
        ),
        Misconception(
            "step_before_backward",
            _step("forward", "step", "zero", "backward"),
            "The step is taken before the gradient is there: it goes along the old one, from the batch before.",
        ),
        Misconception(
            "stepped_twice",
            _step("zero", "forward", "backward", "step", "step"),
            "The weights move twice along the same gradient: one step for each batch.",
        ),
        Misconception(
            "divided_by_the_batch",
            _step_on(
                lambda logits, targets: _right_loss(logits, targets) / len(logits),
                lambda logits, targets: _right_loss(logits, targets).item(),
            ),
            "Before you differentiate, the loss is divided by the size of the batch. It is a mean already: your steps"
            " are too short.",
        ),
        Misconception(
            "uphill",
            _step("zero", "forward", "backward", "step", sign=-1.0, told=lambda loss, *rest: -loss.item()),
            "The loss grows: you differentiate it with the sign turned. The optimiser already steps against the"
            " gradient.",
        ),
        Misconception(
            "sum",
            _step("zero", "forward", "backward", "step", gather="sum"),
            "The sum of the losses is used: the step then grows with the batch. Use the mean.",
        ),
        Misconception(
            "loss_after",
            _step("zero", "forward", "backward", "step", told=_loss_after),
            "The weights are right. The number you return is the loss after the step, on the batch just learned: return"
            " the one before it.",
        ),
        Misconception(
            "optimizer_not_used",
            _sgd_only,
            "You step along the gradient by hand. That is plain SGD, whatever optimiser was given: call its `step`.",
        ),
        Misconception(
            "padding_scored",
            _padding_scored,
            "Padding is trained on as if symbol 0 stood there: your `cross_entropy` leaves it out.",
        ),
        Misconception(
            "softmax_before",
            _step_on(_softmaxed, lambda logits, targets: _softmaxed(logits, targets).item()),
            "A softmax stands before the loss, which has one of its own: the losses come out too much alike, and the"
            " gradients too small. Hand over the logits.",
        ),
        Misconception(
            "sum_differentiated",
            _step_on(
                lambda logits, targets: _right_loss(logits, targets, reduction="sum"),
                lambda logits, targets: _right_loss(logits, targets).item(),
            ),
            "The first number returned is the mean loss, but the weights move along the gradient of the sum: such a"
            " step grows with the batch.",
        ),
        Misconception(
            "bits",
            _step_on(
                lambda logits, targets: _right_loss(logits, targets) / math.log(2),
                lambda logits, targets: _right_loss(logits, targets).item() / math.log(2),
            ),
            "The loss is in bits here: numbers and gradients are too large by 1 / ln 2. It is asked for in nats.",
        ),
        Misconception(
            "bits_returned",
            _step_on(
                _right_loss,
                lambda logits, targets: _right_loss(logits, targets).item() / math.log(2),
            ),
            "The weights are right. The number you return is in bits; it is asked for in nats.",
        ),
        Misconception(
            "perplexity_returned",
            _step_on(_right_loss, lambda logits, targets: _right_loss(logits, targets).exp().item()),
            "The weights are right. The number you return is the perplexity, the exponential of the loss: return the"
            " loss.",
        ),
        Misconception(
            "nan_on_padding",
            _step_on(
                lambda logits, targets: F.cross_entropy(logits.flatten(0, -2), targets.flatten()),
                lambda logits, targets: F.cross_entropy(logits.flatten(0, -2), targets.flatten()).item(),
            ),
            "Right, but for a batch of padding alone: PyTorch's mean of nothing is nan there, and makes every weight"
            " nan. Your `cross_entropy` says 0.",
        ),
        Misconception(
            "only_first_group",
            _only_first_group,
            "You clear the gradients of the optimiser's first group of weights only. It may hold several: it can"
            " clear them all itself.",
        ),
        Misconception(
            "model_cleared",
            _model_cleared,
            "You ask `predict` for its weights. It is any function from inputs to logits, such as `model.scores`, and"
            " has none: the optimiser knows the weights.",
        ),
    ),
    hints=(
        "Four things in a fixed order: forget the old gradient, compute the loss, differentiate it, move the weights.",
        "`optimizer.zero_grad()`, the loss from `cross_entropy(predict(inputs), targets)`, `loss.backward()`,"
        " `optimizer.step()`.",
        "The same four lines, then `return loss.item()`: the loss was computed before the weights moved.",
    ),
)

# -------------------------------------------------------------------------------------------- 9 · evaluate


class _Table(nn.Module):
    """Logits looked up by number, so that a call shows what it was given; it counts rows and notes gradients."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(table)
        self.largest, self.graph = 0, False

    def forward(self, inputs: Tensor) -> Tensor:
        self.largest = max(self.largest, len(inputs))
        self.graph = self.graph or torch.is_grad_enabled()
        return self.table[inputs]


def _evaluate_cases(rng: np.random.Generator) -> list[Case]:
    def case(about: str, pairs: int, symbols: int, size: int | None, std: float = 1.5, **extra: Any) -> Case:
        inputs = torch.tensor(rng.permutation(pairs), dtype=torch.int64)
        targets = integers(rng, symbols, pairs)
        if extra.get("padding"):
            targets[1::4] = IGNORED
        table = normal(rng, pairs, symbols, std=std, dtype=extra.get("dtype", torch.float32))
        if extra.get("hard"):  # the last pairs are harder: a mean of means shows
            table[inputs[-(pairs % (size or pairs)) :]] *= 4
        given: dict[str, Any] = {"predict": _Table(table), "inputs": inputs, "targets": targets}
        if size is not None:
            given["size"] = size
        sizes = {"pairs": pairs, "symbols": symbols, **({"size": size} if size else {})}
        # Gradients are looked at where a mean of means is wrong, too: one thing after the other.
        return Case(given, about, sizes, {"graph": bool(extra.get("hard"))})

    unlucky = case("a model that is sure, and wrong by more than 100 nats", 3, 5, 2, std=1.0)
    with torch.no_grad():
        table = unlucky.inputs["predict"].table
        table[unlucky.inputs["inputs"], unlucky.inputs["targets"]] -= torch.tensor([150.0, 170.0, 190.0])
    surprised = case("a model that is very sure, and wrong", 2, 3, 2, std=1.0)
    table = surprised.inputs["predict"].table
    with torch.no_grad():
        table.fill_(HUGE)
        table[surprised.inputs["inputs"], surprised.inputs["targets"]] = -HUGE
    return [
        case("one pair", 1, 3, 2),
        case("seven pairs in threes", 7, 4, 3, hard=True),
        case("batches of one, two of them padding", 7, 6, 1, padding=True),
        case("eight pairs in fours", 8, 5, 4),
        case("some padding", 11, 6, 4, padding=True, hard=True),
        case("the size left out", 9, 5, None),
        case("more pairs than the default size", 301, 7, None, hard=False),
        case("float64", 10, 4, 3, dtype=torch.float64, hard=True),
        unlucky,
        surprised,
    ]


def _run_evaluate(answer: Callable[..., Any], inputs: dict[str, Any], case: Case) -> Any:
    model = inputs["predict"]
    rest = [inputs[name] for name in ("size",) if name in inputs]
    with torch.enable_grad():
        result = answer(model, inputs["inputs"], inputs["targets"], *rest)
        _tell_of_gradients_off()
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return {"result": result}
    bits, ppl = (float(x) if isinstance(x, (Tensor, np.generic)) and x.ndim == 0 else x for x in result)
    if not all(isinstance(x, (int, float)) for x in (bits, ppl)):
        return {"result": result}
    size = inputs.get("size", 256)
    return {
        "bits": float(bits),
        "perplexity": float(ppl),
        "graph": model.graph and case.extra["graph"],
        "too large a batch": model.largest > size,
        "all at once": model.largest == len(inputs["inputs"]) > size,
    }


def _judge_evaluate(case: Case, output: Any, expected: Any) -> Mismatch | None:
    if not isinstance(expected, Mapping) or "bits" not in expected:
        return compare(expected, output)
    if not isinstance(output, Mapping) or "bits" not in output:
        got = output.get("result") if isinstance(output, Mapping) else output
        return compare((expected["bits"], expected["perplexity"]), got, 1e-3) or Mismatch("Return two plain numbers.")
    for name in ("bits", "perplexity"):
        found = compare(expected[name], output[name], 1e-4 if name == "bits" else 2e-3, name)
        if found:
            return found
    if output["graph"] != expected["graph"]:
        return Mismatch(
            "The numbers are right, but `predict` was called with gradients on: PyTorch kept a graph for nothing.",
            "gradients",
        )
    if any(output[name] != expected[name] for name in ("too large a batch", "all at once")):
        return Mismatch(
            "The numbers are right, but `predict` got more than `size` pairs at once: a long text would not fit.",
            "size",
        )
    return None


def _evaluated(
    finish: Callable[[list[float], list[int]], Any] | None = None,
    cut: Callable[[Tensor, int], Iterable[Tensor]] | None = None,
    graph: bool = False,
    scored: Callable[[Tensor], Tensor] | None = None,
) -> Callable[..., Any]:
    """A wrong `evaluate` from the summed loss and the count of every batch."""

    def answer(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> Any:
        sums, counts = [], []
        split = cut or (lambda rows, size: rows.split(size))
        with torch.set_grad_enabled(graph):
            for x, y in zip(split(inputs, size), split(targets, size), strict=True):
                z = scored(y) if scored else y
                sums.append(F.cross_entropy(predict(x).double(), z, reduction="sum").item())
                counts.append(int((z != IGNORED).sum()))
        return (finish or _bits_and_perplexity)(sums, counts)

    return answer


def _exp(x: float) -> float:
    return float(torch.tensor(x, dtype=torch.float64).exp())


def _bits_and_perplexity(sums: list[float], counts: list[int]) -> tuple[float, float]:
    nats = sum(sums) / max(sum(counts), 1)
    return nats / math.log(2), _exp(nats)


def _mean_of_batches(sums: list[float], counts: list[int]) -> tuple[float, float]:
    means = [s / max(c, 1) for s, c in zip(sums, counts, strict=True)]
    nats = sum(means) / len(means)
    return nats / math.log(2), _exp(nats)


def _perplexity_of_batches(sums: list[float], counts: list[int]) -> tuple[float, float]:
    each = [_exp(s / max(c, 1)) for s, c in zip(sums, counts, strict=True)]
    return _bits_and_perplexity(sums, counts)[0], sum(e * c for e, c in zip(each, counts, strict=True)) / sum(counts)


def _padding_divides(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    with torch.no_grad():
        total = sum(
            F.cross_entropy(predict(x).double(), y, reduction="sum").item()
            for x, y in zip(inputs.split(size), targets.split(size), strict=True)
        )
    return total / len(targets) / math.log(2), _exp(total / len(targets))


def _weighted_by_length(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    total = 0.0
    with torch.no_grad():
        for x, y in zip(inputs.split(size), targets.split(size), strict=True):
            total += _right_loss(predict(x).double(), y).item() * len(y)
    return total / len(targets) / math.log(2), _exp(total / len(targets))


def _means_times_counts(predict: Any, inputs: Tensor, targets: Tensor, size: int = 256) -> tuple[float, float]:
    """nan where a batch is padding alone, for its mean is 0 / 0."""
    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in zip(inputs.split(size), targets.split(size), strict=True):
            many = int((y != IGNORED).sum())
            total, count = total + F.cross_entropy(predict(x).double(), y).item() * many, count + many
    return total / count / math.log(2), _exp(total / count)


def _raising(sums: list[float], counts: list[int]) -> tuple[float, float]:
    nats = sum(sums) / sum(counts)
    return nats / math.log(2), math.exp(nats)


def _in_float32(sums: list[float], counts: list[int]) -> tuple[float, float]:
    nats = sum(sums) / sum(counts)
    return nats / math.log(2), float(torch.tensor(nats, dtype=torch.float32).exp())


EVALUATE = Exercise(
    id="neural_lm.evaluate",
    lesson="04",
    title="Bits and perplexity",
    reference=neural_lm.evaluate,
    cases=_evaluate_cases,
    run=_run_evaluate,
    judge=_judge_evaluate,
    points=2,
    minutes=10,
    difficulty=2,
    misconceptions=(
        Misconception(
            "mean_of_batches",
            _evaluated(_mean_of_batches),
            "You take the mean of the batches' means. A short last batch then weighs as much as a full one, so the"
            " result depends on `size`: add up sums and counts.",
        ),
        Misconception(
            "nats",
            _evaluated(lambda sums, counts: (sum(sums) / sum(counts), _exp(sum(sums) / sum(counts)))),
            "The first number is in nats. A bit is ln 2 = 0.693 nats, so the number of bits is larger.",
        ),
        Misconception(
            "times_ln_2",
            _evaluated(lambda s, c: (sum(s) / sum(c) * math.log(2), _exp(sum(s) / sum(c)))),
            "You multiply by ln 2. A bit is smaller than a nat, so there must be more bits than nats: divide.",
        ),
        Misconception(
            "exp_of_bits",
            _evaluated(lambda s, c: (sum(s) / sum(c) / math.log(2), _exp(sum(s) / sum(c) / math.log(2)))),
            "The perplexity is too large: e is raised to the number of bits. Raise e to nats, or 2 to bits.",
        ),
        Misconception(
            "two_to_nats",
            _evaluated(lambda s, c: (sum(s) / sum(c) / math.log(2), _exp(sum(s) / sum(c) * math.log(2)))),
            "The perplexity is too small: 2 is raised to the number of nats. Raise e to nats, or 2 to bits.",
        ),
        Misconception(
            "perplexity_of_batches",
            _evaluated(_perplexity_of_batches),
            "The bits are right. The perplexity is a mean of the batches' perplexities: take the exponential last, of"
            " the mean of all.",
        ),
        Misconception(
            "last_batch_dropped",
            _evaluated(
                cut=lambda rows, size: [rows[i : i + size] for i in range(0, max(len(rows) - size + 1, 1), size)]
            ),
            "A last batch that is not full is left out. Every pair counts.",
        ),
        Misconception(
            "first_batch_only",
            _evaluated(cut=lambda rows, size: rows.split(size)[:1]),
            "Only the first batch is scored. Go through all of them, and add up.",
        ),
        Misconception(
            "padding_divides",
            _padding_divides,
            "Padding adds nothing to the loss, but you still divide by it: count the targets that are not padding.",
        ),
        Misconception(
            "padding_scored",
            _evaluated(scored=lambda targets: targets.clamp(min=0)),
            "Padding is scored as if symbol 0 stood there. It should not count.",
        ),
        Misconception(
            "with_gradients",
            _evaluated(graph=True),
            "The numbers are right, but PyTorch keeps a graph for a gradient that nobody asks for. Switch gradients"
            " off while you evaluate.",
        ),
        Misconception(
            "all_at_once",
            _evaluated(cut=lambda rows, size: [rows]),
            "The numbers are right, but everything goes through `predict` at once. A book would not fit: take `size`"
            " pairs at a time.",
        ),
        Misconception(
            "swapped",
            _evaluated(lambda sums, counts: _bits_and_perplexity(sums, counts)[::-1]),
            "Both numbers are right, in the other order: bits first, then perplexity.",
        ),
        Misconception(
            "bits_only",
            _evaluated(lambda sums, counts: _bits_and_perplexity(sums, counts)[0]),
            "The bits are right. The perplexity is asked for as well: return two numbers.",
        ),
        Misconception(
            "overflow",
            _evaluated(_raising),
            "Right for every model but one that is very sure and wrong: its perplexity is larger than any float, and"
            " there `math.exp` and `**` stop with an OverflowError. The answer is `math.inf`.",
        ),
        Misconception(
            "in_float32",
            _evaluated(_in_float32),
            "Right while the perplexity is ordinary. In float32, PyTorch's usual type, an exponential is already inf"
            " above 88.7 nats; a Python number is a float64, which reaches to 709.",
        ),
        Misconception(
            "nan_for_padding_only",
            _means_times_counts,
            "A batch of padding alone spoils everything: its mean is 0 / 0, and nan times 0 is still nan. Add up"
            " sums, not means.",
        ),
        Misconception(
            "weighted_by_length",
            _weighted_by_length,
            "You weigh each batch's mean by its length, padding included. The mean was taken over the targets that"
            " count: weigh by their number, or add up sums.",
        ),
        Misconception(
            "last_batch_only",
            _evaluated(cut=lambda rows, size: rows.split(size)[-1:]),
            "Only the last batch is in your numbers. Start the sum and the count before the loop, and return after it.",
        ),
        Misconception(
            "not_divided",
            _evaluated(lambda s, c: (sum(s) / math.log(2), _exp(sum(s)))),
            "These are the bits of all targets together. Divide by how many count, before you take the exponential.",
        ),
    ),
    hints=(
        "Add up losses, and how many targets counted; divide once, at the end.",
        '`cross_entropy(..., reduction="sum")` for each batch, under `torch.no_grad()`. Nats divided by ln 2 are bits;'
        " the exponential of the nats is the perplexity.",
        "`for x, y in zip(inputs.split(size), targets.split(size))`: add to `total` and `count`; return"
        " `nats / math.log(2)` and the exponential of the nats, from torch: it gives inf where `math.exp` raises.",
    ),
)

# --------------------------------------------------------------------------------------------- 10 · mixture


def _mixture_cases(rng: np.random.Generator) -> list[Case]:
    def logs(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.tensor(np.log(rng.uniform(0.02, 0.98, size=shape)), dtype=dtype)

    never = logs(6)
    never[[1, 3]] = -math.inf
    also = logs(6)
    also[[2, 3]] = -math.inf
    finite, gone = logs(5), logs(5)
    gone[[1, 3]] = -math.inf
    small = -HUGE - torch.tensor(rng.uniform(1, 9, size=(2, 4)), dtype=torch.float32).round()
    apart = [logs(3), logs(3)]
    exact = [logs(2, 4, dtype=torch.float64), logs(2, 4, dtype=torch.float64)]
    for rare in (*apart, *exact):
        rare[..., 1] -= HUGE
    cases: list[tuple[str, Tensor, Tensor, float]] = [
        ("two events", logs(2), logs(2), 0.25),
        ("several events", logs(7), logs(7), float(rng.uniform(0.55, 0.9))),
        ("a table", logs(3, 5), logs(3, 5), float(rng.uniform(0.1, 0.4))),
        ("float64", logs(4, dtype=torch.float64), logs(4, dtype=torch.float64), 0.3),
        ("no share for the first", logs(3), logs(3), 0.0),
        ("the first alone", logs(3), logs(3), 1),
        ("no share for the first, where the second says never", finite, gone, 0.0),
        ("the first alone, where it says never", gone.flip(0), finite, 1.0),
        ("probabilities of zero", never, also, 0.4),
        ("probabilities below the smallest number", small[0], small[1], 0.35),
        ("an event below the smallest number beside likely ones", apart[0], apart[1], 0.45),
        ("float64, likely events and one of about exp(−10,000) in each row", exact[0], exact[1], 0.7),
    ]
    return [
        Case({"log_p": p, "log_q": q, "share": share}, about, {"events": p.shape[-1]}) for about, p, q, share in cases
    ]


def _mixed(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    shares = torch.tensor([share, 1 - share], dtype=log_p.dtype).log()
    return torch.logaddexp(log_p + shares[0], log_q + shares[1])


def _mixed_by_math(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return torch.logaddexp(log_p + math.log(share), log_q + math.log(1 - share))


def _mixed_shifted(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    top = torch.maximum(log_p, log_q)
    return top + (share * (log_p - top).exp() + (1 - share) * (log_q - top).exp()).log()


def _mixed_by_largest(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    top = torch.maximum(log_p, log_q).max()
    return top + (share * (log_p - top).exp() + (1 - share) * (log_q - top).exp()).log()


def _mixed_in_float32(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return _mixed(log_p.float(), log_q.float(), share)


def _mixed_by_first(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return log_p + (share + (1 - share) * (log_q - log_p).exp()).log()


def _shares_twice(log_p: Tensor, log_q: Tensor, share: float) -> Tensor:
    return _mixed(log_p, log_q, share) + torch.tensor(share, dtype=log_p.dtype).log()


def _judge_mixture(case: Case, output: Any, expected: Any) -> Mismatch | None:
    found = compare(expected, output, 1e-5)
    if found or not isinstance(output, Tensor) or expected.dtype != torch.float64:
        return found
    if output.dtype != torch.float64:
        return Mismatch(f"The numbers are right, but they are {output.dtype} where float64 was given.", "the type")
    known = expected.isfinite()
    if ((output - expected)[known].abs() > 1e-6).any():  # shares in float32 are exact to 1e-7
        return Mismatch("The result is float64, but only as exact as float32: something was rounded on the way.")
    return None


def _share_stays_zero(case: Case, output: Any) -> bool:
    """False if a model of share 0 has kept a small one: the same at every event at which the other says −∞."""
    names = {0: ("log_q", "log_p"), 1: ("log_p", "log_q")}.get(case.inputs["share"])
    if names is None:
        return True
    alone, unasked = (case.inputs[name] for name in names)
    left = (output - unasked)[alone == -math.inf]
    small = bool(((left < math.log(0.05)) & left.isfinite()).all())
    return not (len(left) > 1 and small and float(left.max() - left.min()) < 1e-3)


MIXTURE = Exercise(
    id="neural_lm.mixture",
    lesson="04",
    title="Two models in one",
    reference=neural_lm.mixture,
    cases=_mixture_cases,
    judge=_judge_mixture,
    points=2,
    minutes=8,
    difficulty=2,
    tolerance=1e-5,
    misconceptions=(
        Misconception(
            "logs_mixed",
            lambda log_p, log_q, share: share * log_p + (1 - share) * log_q,
            "You mix the logarithms: that multiplies the probabilities, and they no longer sum to one. Mix the"
            " probabilities, then take the logarithm.",
        ),
        Misconception(
            "shares_exchanged",
            lambda log_p, log_q, share: _mixed(log_q, log_p, share),
            "The two models have exchanged their shares: `share` belongs to the first.",
        ),
        Misconception(
            "through_probabilities",
            lambda log_p, log_q, share: (share * log_p.exp() + (1 - share) * log_q.exp()).log(),
            "Right, until the probabilities are smaller than the smallest number a computer holds: then the"
            " exponential is 0, and its logarithm −∞. Stay in the logarithms (`torch.logaddexp`).",
        ),
        Misconception(
            "shares_missing",
            lambda log_p, log_q, share: torch.logaddexp(log_p, log_q),
            "You add both probabilities in full: the result sums to two. Each has to be multiplied by its share, and a"
            " product becomes a sum in logarithms.",
        ),
        Misconception(
            "half_and_half",
            lambda log_p, log_q, share: _mixed(log_p, log_q, 0.5),
            "Both models weigh the same in your mixture: `share` has no part in it.",
        ),
        Misconception(
            "probability",
            lambda log_p, log_q, share: _mixed(log_p, log_q, share).exp(),
            "These are the mixed probabilities. Their logarithms are asked for.",
        ),
        Misconception(
            "shares_not_as_logs",
            lambda log_p, log_q, share: torch.logaddexp(log_p + share, log_q + 1 - share),
            "You add the shares themselves to the logarithms. A factor of the probability is a summand of its"
            " logarithm only if you take the factor's logarithm, too.",
        ),
        Misconception(
            "shares_multiply_logs",
            lambda log_p, log_q, share: torch.logaddexp(log_p * share, log_q * (1 - share)),
            "You multiply the logarithms by the shares: that raises the probabilities to a power. A factor of the"
            " probability is a summand of its logarithm.",
        ),
        Misconception(
            "better_one",
            lambda log_p, log_q, share: torch.maximum(log_p, log_q),
            "You take the better guess of each pair. Nobody knows beforehand which it will be, and such"
            " “probabilities” sum to more than one.",
        ),
        Misconception(
            "second_in_full",
            lambda log_p, log_q, share: torch.logaddexp(log_p + torch.tensor(share, dtype=log_p.dtype).log(), log_q),
            "The second model has lost its share: it gets 1 − share, so that both sum to one.",
        ),
        Misconception(
            "log_of_zero",
            _mixed_by_math,
            "Right between the ends. A share of 0 or 1 is allowed as well, and there your code stops with an error:"
            " `math.log(0)` raises, `torch.log` of a tensor gives −∞, which works.",
        ),
        Misconception(
            "nan_for_nothing",
            _mixed_shifted,
            "Right, but where both models say −∞: there you subtract −∞ from −∞, which is nan. The mixture of nothing"
            " and nothing is nothing, −∞.",
        ),
        Misconception(
            "sign",
            lambda log_p, log_q, share: -_mixed(log_p, log_q, share),
            "The sign is turned: logarithms of probabilities are at most 0.",
        ),
        Misconception(
            "base_two",
            lambda log_p, log_q, share: _mixed(log_p, log_q, share) / math.log(2),
            "This is the logarithm with base 2. The natural one is asked for, as it is given.",
        ),
        Misconception(
            "largest_of_all",
            _mixed_by_largest,
            "Right, until a likely event and a very unlikely one stand in one tensor: you subtract the largest of"
            " all, and beside that the unlikely one vanishes. Each event needs a largest of its own.",
        ),
        Misconception(
            "in_float32",
            _mixed_in_float32,
            "Right for float32. Where float64 is given your result is float32 all the same: float64 stays float64.",
        ),
        Misconception(
            "shifted_by_the_first",
            _mixed_by_first,
            "You take the first model's number out of the sum. Where that says −∞ you get nan, and where it is far"
            " below the second the exponential overflows. Take the larger of both, or use `torch.logaddexp`.",
        ),
        Misconception(
            "share_twice",
            _shares_twice,
            "Your mixture is multiplied by `share` once more: both models have their shares already.",
        ),
    ),
    properties=(
        Property(
            "share_stays_zero",
            _share_stays_zero,
            "With a share of 0 a model has no say; yours still decides where the other says −∞. Is there a small number"
            " that keeps the share away from 0? The logarithm of 0 is −∞, and that works.",
        ),
    ),
    hints=(
        "What is the logarithm of share · p, given log p? And the logarithm of a sum of two such numbers?",
        "log(share · p) = log share + log p. `torch.logaddexp(a, b)` is log(exp a + exp b) without leaving the"
        " logarithms. `math.log(0)` raises; `torch.log` gives −∞, which works.",
        "`shares = torch.tensor([share, 1 - share], dtype=torch.float64).log()`; add one to each, then"
        " `torch.logaddexp`.",
    ),
)

EXERCISES: tuple[Exercise, ...] = (
    WINDOWS,
    FIXED_WINDOW_SIZE,
    FIXED_WINDOW,
    LOG_SOFTMAX,
    CROSS_ENTROPY,
    CROSS_ENTROPY_GRADIENT,
    MINIBATCHES,
    TRAIN_STEP,
    EVALUATE,
    MIXTURE,
)
