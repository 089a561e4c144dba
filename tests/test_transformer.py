"""Layer norm, encoder and decoder layers against PyTorch's own, values and gradients, and the functions around."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench import transformer as bench_transformer
from utils import transformer
from utils.attention import FusedAttention, MultiHeadAttention, causal_mask
from utils.seq2seq import WordVocabulary, train_translator, translations
from utils.transformer import DecoderLayer, EncoderLayer, FeedForward, LayerNorm
from utils.translation_transformer import TranslationTransformer

BATCH, LENGTH_T, LENGTH_S, D_MODEL, HEADS, D_HIDDEN = 3, 5, 7, 12, 2, 17
ORDERS = list(itertools.product([False, True], ["relu", "gelu"]))


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64, requires_grad=True)


def shaken(module: nn.Module, seed: int = 0) -> nn.Module:
    """With random weights everywhere: a bias of zeros or a norm of ones would hide mistakes. In float64."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(0.4 * torch.randn(weight.shape, generator=g) + (1.0 if weight.dim() == 1 else 0.0))
    return module.double().eval()


def gradients(output: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    direction = torch.randn(output.shape, generator=torch.Generator().manual_seed(7), dtype=output.dtype)
    return list(torch.autograd.grad((output * direction).sum(), tensors, retain_graph=True))


def masks(kind: str) -> tuple[Tensor | None, Tensor | None]:
    """Of the words among themselves, and of the words over the memory; True = may look."""
    words = torch.arange(LENGTH_S)[None] < torch.tensor([[7], [4], [1]])
    if kind == "none":
        return None, None
    return causal_mask(LENGTH_T), words[:, None, None, :]


def opposite(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else ~mask


@pytest.mark.parametrize("shape", [(2, 3, 5), (7, 4), (6,), (1, 1, 3), (4, 1)])
def test_layer_norm_is_pytorchs(shape: tuple[int, ...]) -> None:
    x, weight, bias = numbers(*shape), numbers(shape[-1], seed=1), numbers(shape[-1], seed=2)
    ours = transformer.layer_norm(x, weight, bias, eps=1e-3)
    theirs = F.layer_norm(x, shape[-1:], weight, bias, eps=1e-3)
    torch.testing.assert_close(ours, theirs)
    for a, b in zip(gradients(ours, [x, weight, bias]), gradients(theirs, [x, weight, bias]), strict=True):
        torch.testing.assert_close(a, b)


def test_layer_norm_module_starts_as_pytorchs_and_keeps_the_type() -> None:
    ours, theirs = LayerNorm(6), nn.LayerNorm(6)
    assert {n: p.tolist() for n, p in ours.state_dict().items()} == {
        n: p.tolist() for n, p in theirs.state_dict().items()
    }
    x = torch.randn(4, 6) * 30 + 100
    torch.testing.assert_close(ours(x), theirs(x))
    assert ours.double()(x.double()).dtype == torch.float64
    assert torch.equal(LayerNorm(3)(torch.full((2, 3), 5.0)), torch.zeros(2, 3))


@pytest.mark.parametrize(("norm_first", "activation"), ORDERS)
@pytest.mark.parametrize("kind", ["none", "words", "causal and words"])
def test_encoder_layer_is_pytorchs(norm_first: bool, activation: str, kind: str) -> None:
    layer = shaken(EncoderLayer(D_MODEL, HEADS, D_HIDDEN, norm_first=norm_first, activation=activation))
    twin = transformer.as_torch(layer)
    x = numbers(BATCH, LENGTH_S, D_MODEL)
    _, words = masks(kind)
    mask = causal_mask(LENGTH_S) & words if kind.startswith("causal") else words
    ours, weights = layer(x, mask)
    causal = ~causal_mask(LENGTH_S) if kind.startswith("causal") else None
    theirs = twin(x, src_mask=causal, src_key_padding_mask=None if words is None else ~words[:, 0, 0])
    torch.testing.assert_close(ours, theirs)
    assert weights.shape == (BATCH, HEADS, LENGTH_S, LENGTH_S)
    mine = [layer.attention.value.weight, layer.norm1.weight, layer.norm2.bias, layer.feed_forward.expand.weight, x]
    others = [twin.self_attn.in_proj_weight, twin.norm1.weight, twin.norm2.bias, twin.linear1.weight, x]
    got, expected = gradients(ours, mine), gradients(theirs, others)
    expected[0] = expected[0][2 * D_MODEL :]  # query, key, value lie stacked
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize(("norm_first", "activation"), ORDERS)
@pytest.mark.parametrize("kind", ["none", "causal and words"])
def test_decoder_layer_is_pytorchs(norm_first: bool, activation: str, kind: str) -> None:
    layer = shaken(DecoderLayer(D_MODEL, HEADS, D_HIDDEN, norm_first=norm_first, activation=activation))
    twin = transformer.as_torch(layer)
    x, memory = numbers(BATCH, LENGTH_T, D_MODEL), numbers(BATCH, LENGTH_S, D_MODEL, seed=1)
    mask, words = masks(kind)
    ours, weights_self, weights_cross = layer(x, memory, mask, words)
    theirs = twin(
        x, memory, tgt_mask=opposite(mask), memory_key_padding_mask=None if words is None else ~words[:, 0, 0]
    )
    torch.testing.assert_close(ours, theirs)
    assert weights_self.shape == (BATCH, HEADS, LENGTH_T, LENGTH_T)
    assert weights_cross.shape == (BATCH, HEADS, LENGTH_T, LENGTH_S)
    mine = [layer.cross_attention.key.weight, layer.norm2.weight, layer.norm3.bias, layer.feed_forward.project.bias]
    others = [twin.multihead_attn.in_proj_weight, twin.norm2.weight, twin.norm3.bias, twin.linear2.bias]
    got, expected = gradients(ours, [*mine, x, memory]), gradients(theirs, [*others, x, memory])
    expected[0] = expected[0][D_MODEL : 2 * D_MODEL]
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_fused_kernel_gives_the_same_numbers(norm_first: bool) -> None:
    plain = shaken(DecoderLayer(D_MODEL, HEADS, D_HIDDEN, norm_first=norm_first))
    fused = DecoderLayer(D_MODEL, HEADS, D_HIDDEN, norm_first=norm_first, attention=FusedAttention).double()
    fused.load_state_dict(plain.state_dict())
    x, memory = numbers(BATCH, LENGTH_T, D_MODEL), numbers(BATCH, LENGTH_S, D_MODEL, seed=1)
    mask, words = masks("words")
    one, weights_self, weights_cross = fused(x, memory, mask, words)
    other, *_ = plain(x, memory, mask, words)
    torch.testing.assert_close(one, other)
    assert weights_self is None and weights_cross is None
    for a, b in zip(gradients(one, [x, memory]), gradients(other, [x, memory]), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", [MultiHeadAttention, FusedAttention])
def test_a_query_that_may_look_nowhere_spoils_no_gradient(kind: type[MultiHeadAttention]) -> None:
    layer = kind(D_MODEL, HEADS)
    mask = torch.ones(LENGTH_T, LENGTH_T, dtype=torch.bool)
    mask[2] = False
    x = torch.randn(BATCH, LENGTH_T, D_MODEL, requires_grad=True)
    output, _ = layer(x, mask)
    torch.testing.assert_close(output[:, 2], layer.output.bias.expand(BATCH, -1))
    output.sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()
    assert all(weight.grad is None or weight.grad.isfinite().all() for weight in layer.parameters())


@pytest.mark.parametrize("kind", [MultiHeadAttention, FusedAttention])
def test_a_mask_of_numbers_is_refused(kind: type[MultiHeadAttention]) -> None:
    with pytest.raises(TypeError, match="boolean"):
        kind(D_MODEL, HEADS)(torch.randn(2, 5, D_MODEL), torch.ones(5, 5))


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"5.*12"):
        EncoderLayer(12, 5, 8)
    with pytest.raises(ValueError, match=r"5.*12"):
        DecoderLayer(12, 5, 8)
    with pytest.raises(ValueError, match="tanh"):
        FeedForward(4, 6, "tanh")


@pytest.mark.parametrize("layer", [EncoderLayer(8, 2, 12, dropout=0.5), DecoderLayer(8, 2, 12, dropout=0.5)])
def test_dropout_works_while_training_only(layer: nn.Module) -> None:
    x = torch.randn(2, 5, 8)
    inputs = (x,) if isinstance(layer, EncoderLayer) else (x, torch.randn(2, 3, 8))
    torch.manual_seed(0)
    assert not torch.equal(layer.train()(*inputs)[0], layer(*inputs)[0])
    assert torch.equal(layer.eval()(*inputs)[0], layer(*inputs)[0])


def test_an_empty_batch_and_a_single_token() -> None:
    encoder, decoder = EncoderLayer(8, 2, 12), DecoderLayer(8, 2, 12)
    assert encoder(torch.randn(0, 5, 8))[0].shape == (0, 5, 8)
    assert decoder(torch.randn(0, 5, 8), torch.randn(0, 3, 8))[0].shape == (0, 5, 8)
    assert encoder(torch.randn(1, 1, 8))[0].isfinite().all()
    assert decoder(torch.randn(1, 1, 8), torch.randn(1, 1, 8))[0].isfinite().all()


# ---- residuals, masks, targets


def test_residual_is_the_two_formulas() -> None:
    x = torch.tensor([1.0, -2.0])
    assert transformer.residual(x, lambda y: 10 * y, lambda y: y + 1).tolist() == [12.0, -21.0]
    assert transformer.residual(x, lambda y: 10 * y, lambda y: y + 1, norm_first=True).tolist() == [21.0, -12.0]
    assert x.tolist() == [1.0, -2.0]


def test_decoder_mask_hides_padding_and_future() -> None:
    ids = torch.tensor([[1, 7, 9, 4], [1, 5, 0, 0]])
    mask = transformer.decoder_mask(ids)
    assert mask.shape == (2, 1, 4, 4) and mask.dtype == torch.bool
    for b, i, j in itertools.product(range(2), range(4), range(4)):
        assert bool(mask[b, 0, i, j]) == (j <= i and ids[b, j] != 0)
    assert torch.equal(transformer.decoder_mask(ids + 3, pad=3), mask)
    assert transformer.decoder_mask(torch.ones(1, 1, dtype=torch.int64)).tolist() == [[[[True]]]]


def test_teacher_forcing_shifts_by_one() -> None:
    read, answer = transformer.teacher_forcing(torch.tensor([[1, 8, 9, 2], [1, 7, 2, 0]]))
    assert read.tolist() == [[1, 8, 9], [1, 7, 2]] and answer.tolist() == [[8, 9, 2], [7, 2, 0]]
    with pytest.raises(ValueError, match="1 column"):
        transformer.teacher_forcing(torch.ones(3, 1, dtype=torch.int64))


def test_greedy_decoding_follows_a_table_and_stops() -> None:
    after = {1: 5, 5: 6, 6: 2, 2: 4, 4: 4, 0: 3}
    lengths = []

    def logits_of(words: Tensor) -> Tensor:
        lengths.append(words.shape[1])
        chosen = torch.tensor([[after[int(w)] for w in row] for row in words])
        chosen[1] = torch.where(chosen[1] == 6, 2, chosen[1])  # the second sentence ends a word earlier
        return F.one_hot(chosen, 8).float()

    assert transformer.greedy_decode(logits_of, 2, 10).tolist() == [[5, 6, 2], [5, 2, 0]]
    assert lengths == [1, 2, 3]
    assert transformer.greedy_decode(logits_of, 2, 1).tolist() == [[5], [5]]
    assert transformer.greedy_decode(logits_of, 0, 3).shape == (0, 0)


# ---- looking into a model


def test_the_feed_forward_net_is_a_sum_over_its_cells() -> None:
    net = shaken(FeedForward(5, 11))
    x = numbers(3, 5)
    cells = net.activation(net.expand(x))
    summed = sum(cells[:, i : i + 1] * net.project.weight[:, i] for i in range(11)) + net.project.bias
    torch.testing.assert_close(summed, net(x))


def test_written_words_are_those_whose_logits_rise_most() -> None:
    net, vectors = shaken(FeedForward(5, 11)), numbers(13, 5).detach()
    before = torch.zeros(5, dtype=torch.float64) @ vectors.T
    after = net.project.weight[:, 4] @ vectors.T
    rise = (after - before).tolist()
    assert transformer.written_words(net, 4, vectors, 6) == sorted(range(13), key=lambda w: -rise[w])[:6]


@pytest.mark.parametrize(("tied", "norm_first"), [(True, False), (False, True)])
def test_parameters_are_counted_as_they_are(tied: bool, norm_first: bool) -> None:
    model = TranslationTransformer(31, 23, 12, 3, 20, 2, tied=tied, norm_first=norm_first)
    counted = transformer.transformer_parameters(31, 23, 12, 20, 2, tied, norm_first)
    assert sum(counted.values()) == sum(p.numel() for p in model.parameters())
    norms = sum(p.numel() for m in model.modules() if isinstance(m, LayerNorm) for p in m.parameters())
    assert counted["layer_norm"] == norms


# ---- the translator


def translator(**options: Any) -> TranslationTransformer:
    torch.manual_seed(0)
    sizes = {"d_model": 12, "heads": 3, "d_hidden": 20, "layers": 2, "max_length": 9} | options
    return TranslationTransformer(31, 23, **sizes).eval()


def some_batch() -> tuple[Tensor, Tensor, Tensor]:
    source = torch.tensor([[5, 9, 30, 4, 7], [8, 6, 0, 0, 0]])
    target_in = torch.tensor([[1, 8, 22, 5], [1, 9, 0, 0]])
    return source, source != 0, target_in


@pytest.mark.parametrize("options", [{}, {"norm_first": False, "tied": False, "activation": "gelu"}])
def test_the_translator_hides_padding_and_future(options: dict[str, Any]) -> None:
    model, (source, there, target_in) = translator(**options), some_batch()
    logits, weights = model(source, there, target_in)
    assert logits.shape == (2, 4, 23) and weights is not None and weights.shape == (2, 4, 5)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4))
    assert not weights[1, :, 2:].any()
    alone, _ = model(source[1:, :2], there[1:, :2], target_in[1:, :2])
    torch.testing.assert_close(logits[1:, :2], alone)
    later = target_in.clone()
    later[:, 2] = 4
    torch.testing.assert_close(model(source, there, later)[0][:, :2], logits[:, :2])


def test_translating_is_teacher_forcing_with_its_own_words() -> None:
    model, (source, there, _) = translator(), some_batch()
    ids, weights = model.translate(source, there, 6)
    assert ids.shape[1] <= 6 and weights is not None and weights.shape == (2, ids.shape[1], 5)
    words = torch.cat([torch.ones(2, 1, dtype=torch.int64), ids[:, :-1]], dim=1)
    best = model(source, there, words)[0].argmax(-1)
    for row, own in zip(ids.tolist(), best.tolist(), strict=True):
        for place, word in enumerate(row):
            assert word == own[place]
            if word == 2:
                break


def test_the_opened_translator_is_the_same() -> None:
    fused, (source, there, target_in) = translator(attention=FusedAttention), some_batch()
    opened = fused.opened()
    with torch.no_grad():
        logits, nothing = fused(source, there, target_in)
        same, weights = opened(source, there, target_in)
    torch.testing.assert_close(logits, same)
    assert nothing is None and weights is not None and not opened.training
    assert fused.translate(source, there, 5)[1] is None
    assert torch.equal(fused.translate(source, there, 5)[0], opened.translate(source, there, 5)[0])


def test_what_does_not_fit_the_table_of_positions_is_refused() -> None:
    model = translator()
    long = torch.full((1, 10), 5)
    with pytest.raises(ValueError, match=r"10 places.* has 9"):
        model.translate(long, long != 0, 4)
    source, there, _ = some_batch()
    with pytest.raises(ValueError, match=r"10 places.* has 9"):
        model(source[:1], there[:1], long)
    assert model.translate(source, there, 100)[0].shape[1] <= 9  # it writes no further than it can count
    with pytest.raises(ValueError, match="not 0"):
        model.translate(source, there, 0)


def test_small_inputs_of_a_translator() -> None:
    model = translator()
    one = torch.tensor([[7]])
    logits, weights = model(one, one != 0, torch.tensor([[1]]))
    assert logits.shape == (1, 1, 23) and weights is not None and weights.tolist() == [[[1.0]]]
    assert model.translate(one, one != 0, 3)[0].shape[0] == 1
    nothing = torch.zeros(0, 4, dtype=torch.int64)
    assert model(nothing, nothing != 0, nothing)[0].shape == (0, 4, 23)
    assert model.translate(nothing, nothing != 0, 3)[0].shape[0] == 0
    with pytest.raises(ValueError, match=r"5.*12"):
        translator(heads=5)
    with pytest.raises(ValueError, match="not 0"):
        translator(layers=0)


def test_without_positions_the_encoder_reads_a_set() -> None:
    source, there, _ = some_batch()
    order = torch.tensor([3, 0, 4, 1, 2])
    for positions, same in ((False, True), (True, False)):
        model = translator(positions=positions)
        straight, mixed = model.encode(source, there)[:1, order], model.encode(source[:1, order], there[:1, order])
        assert torch.allclose(straight, mixed, atol=1e-5) == same


def test_a_translator_learns_a_tiny_language() -> None:
    """Each word has one translation, in the same order."""
    rng = random.Random(0)
    pairs = []
    for _ in range(200):
        words = rng.choices("abcdefgh", k=rng.randint(1, 5))
        pairs.append(SimpleNamespace(source=tuple(words), target=tuple(w.upper() for w in words)))
    source, target = WordVocabulary(p.source for p in pairs), WordVocabulary(p.target for p in pairs)
    torch.manual_seed(0)
    model = TranslationTransformer(len(source), len(target), 32, 4, 64, 1, attention=FusedAttention)
    losses = train_translator(model, pairs, source, target, steps=200, size=32, rate=1e-2, progress=False).losses
    assert sum(losses[-20:]) / 20 < 0.25 * losses[0]
    written = translations(model, pairs[:50], source, target)
    assert sum(w == " ".join(p.target) for w, p in zip(written, pairs, strict=False)) > 20


def test_the_benchmark() -> None:
    rows = bench_transformer.measure(quick=True)
    assert len(rows) == 2 and all(row.unit == "×" and row.value > 0 for row in rows)
    rows = bench_transformer.measure_translation(quick=True)
    assert len(rows) == 2 and all(row.unit == "BLEU" and 0 <= row.value < 20 for row in rows)


def test_a_readers_own_layers_have_twins_as_well() -> None:
    """In a lesson the layers are classes of the notebook, with the same parts."""
    own = type("DecoderLayer", (nn.Module,), dict(vars(DecoderLayer)))
    own.__init__ = lambda self, *sizes: (nn.Module.__init__(self), self.__dict__.update(vars(DecoderLayer(*sizes))))[0]
    layer, x, memory = own(8, 2, 12), torch.randn(2, 4, 8), torch.randn(2, 3, 8)
    assert not isinstance(layer, DecoderLayer)
    torch.testing.assert_close(layer(x, memory)[0], transformer.as_torch(layer)(x, memory))
