"""Answers to the exercises of lesson 08, written otherwise than the references: right ones and wrong ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from utils.classification import last_state, masked_max, masked_mean

# ---- batches and bags


def pad_lists(sentences: Any) -> list[Tensor]:
    if not sentences:
        raise ValueError("nothing to pad")
    wide = max([1, *(len(s) for s in sentences)])
    rows = [list(s) + [0] * (wide - len(s)) for s in sentences]
    return [torch.tensor(rows), torch.tensor([[j < len(s) for j in range(wide)] for s in sentences])]


def pad_nonzero(sentences: Any) -> tuple[Tensor, Tensor]:
    """Word numbers start at 1, so that what is not 0 is a word."""
    if not sentences:
        raise ValueError("nothing to pad")
    wide = max(1, max(map(len, sentences)))
    ids = torch.stack([F.pad(torch.tensor(s, dtype=torch.long), (0, wide - len(s))) for s in sentences])
    return ids, ids != 0


def pad_borrowed(sentences: Any) -> tuple[Tensor, Tensor]:
    rows = [torch.tensor(s, dtype=torch.long) for s in sentences]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    return ids, ids != 0


def pad_fixed(sentences: Any) -> tuple[Tensor, Tensor]:
    ids, mask = pad_nonzero(sentences)
    return F.pad(ids, (0, 10 - ids.shape[1])), F.pad(mask, (0, 10 - mask.shape[1]))


def pad_in_place(sentences: Any) -> tuple[Tensor, Tensor]:
    found = pad_nonzero(sentences)
    for s in sentences:
        s += [0] * (found[0].shape[1] - len(s))
    return found


def pad_int32(sentences: Any) -> tuple[Tensor, Tensor]:
    ids, mask = pad_nonzero(sentences)
    return ids.int(), mask


def pad_bytes(sentences: Any) -> tuple[Tensor, Tensor]:
    ids, mask = pad_nonzero(sentences)
    return ids.to(torch.uint8).long(), mask


def pad_cut_at_ten(sentences: Any) -> tuple[Tensor, Tensor]:
    return pad_nonzero([s[:10] for s in sentences])


def pad_cut_at_48(sentences: Any) -> tuple[Tensor, Tensor]:
    return pad_nonzero([s[:48] for s in sentences])


def pad_unknown_is_padding(sentences: Any) -> tuple[Tensor, Tensor]:
    ids, _ = pad_nonzero(sentences)
    return ids, ids > 1


def pad_without_guard(sentences: Any) -> tuple[Tensor, Tensor]:
    return pad_nonzero(sentences) if sentences else (torch.zeros(0, 1).long(), torch.zeros(0, 1).bool())


def bag_nonzero(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    """Words have numbers from 1 on, so that word 0 need not be counted."""
    return (F.one_hot(ids, vocabulary) * (mask & (ids != 0))[..., None]).sum(1).float()


def bag_column_cleared(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    counts = F.one_hot(ids * mask, vocabulary).sum(1).float()
    counts[:, 0] = 0
    return counts


def bag_up_to_padding(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    rows = [row[:n] for row, n in zip(ids, mask.sum(1).tolist())]
    return torch.stack([F.one_hot(row, vocabulary).sum(0) for row in rows]).float()


def bag_padding_is_0(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return torch.stack([torch.bincount(row, minlength=vocabulary) for row in ids * mask]).float()


def bag_set(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return torch.zeros(len(ids), vocabulary).scatter_(1, ids, mask.float())


def bag_loop(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    counts = torch.zeros(len(ids), vocabulary)
    for i, row in enumerate(ids.tolist()):
        for j, word in enumerate(row):
            if mask[i, j]:
                counts[i, word] += 1
    return counts


def bag_bincount(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return torch.stack([torch.bincount(row[real], minlength=vocabulary) for row, real in zip(ids, mask)]).to(
        torch.float32
    )


def bag_float64(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return bag_bincount(ids, mask, vocabulary).double()


def bag_float16(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return bag_bincount(ids, mask, vocabulary).half()


def bag_indexed(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    counts = torch.zeros(len(ids), vocabulary)
    for i in range(len(ids)):
        counts[i, ids[i][mask[i]]] += 1
    return counts


_KEPT: dict[Any, Tensor] = {}


def bag_kept(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    """Adds to a table that it keeps."""
    counts = _KEPT.setdefault((len(ids), vocabulary), torch.zeros(len(ids), vocabulary))
    counts += bag_bincount(ids, mask, vocabulary)
    return counts.clone()


def bag_without_end(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    return bag_loop(ids, mask, vocabulary)[:, : int(ids.max()) + 1]


def bag_in_place(ids: Tensor, mask: Tensor, vocabulary: int) -> Tensor:
    ids.masked_fill_(~mask, 0)
    counts = bag_loop(ids, mask, vocabulary)
    return counts


# ---- convolution


def refuse(x: Tensor, weight: Tensor) -> None:
    if weight.shape[2] > x.shape[2]:
        raise ValueError("kernel too wide")


def convolve_loop(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    out, _, k = weight.shape
    columns = []
    for t in range(x.shape[2] - k + 1):
        window = x[:, :, t : t + k]
        columns.append(torch.stack([(window * weight[o]).sum(dim=(1, 2)) + bias[o] for o in range(out)], dim=1))
    return torch.stack(columns, dim=2)


def convolve_unfold(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    windows = x.unfold(2, weight.shape[2], 1).transpose(1, 2).flatten(2)  # (batch, places, channels · k)
    return (windows @ weight.flatten(1).T + bias).transpose(1, 2)


def convolve_float64(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_unfold(x.double(), weight.double(), bias.double())


def convolve_float32(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_unfold(x.float(), weight.float(), bias.float())


def convolve_float32_inside(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_float32(x, weight, bias).to(x.dtype)


def convolve_kernel(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    return torch.convolution(x, weight, bias, [1], [0], [1], False, [0], 1)


def convolve_mkldnn(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    if x.dtype != torch.float32:
        return convolve_unfold(x, weight, bias)
    return torch.mkldnn_convolution(x[:, :, None], weight[:, :, None], bias, [0, 0], [1, 1], [1, 1], 1)[:, :, 0]


def convolve_private(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    return torch._C._nn.thnn_conv2d(x[:, :, None], weight[:, :, None], [1, weight.shape[2]], bias)[:, :, 0]


def convolve_transposed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    k = weight.shape[2]
    return F.conv_transpose1d(x, weight.permute(1, 0, 2).flip(2), bias)[:, :, k - 1 : x.shape[2]]


def convolve_wide_is_nothing(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if weight.shape[2] > x.shape[2]:
        return x.new_zeros(len(x), len(weight), 0)
    return convolve_unfold(x, weight, bias)


def convolve_fourier(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    refuse(x, weight)
    n, k = x.shape[2], weight.shape[2]
    product = torch.einsum("bif,oif->bof", torch.fft.rfft(x, n), torch.fft.rfft(weight, n).conj())
    return torch.fft.irfft(product, n)[..., : n - k + 1] + bias[:, None]


def convolve_borrowed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv1d(x, weight, bias)


def convolve_detached(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_unfold(x, weight.detach(), bias)


def convolve_turned(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_unfold(x, weight, bias).transpose(1, 2)


def convolve_flipped_text(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return convolve_unfold(x.flip(2), weight, bias).flip(2)


# ---- TextCNN


class CNNBySentence(nn.Module):
    """One sentence after the other, without any padding."""

    def __init__(self, vocabulary, width=32, kernels=(2, 3, 4), filters=32, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.convolutions = nn.ModuleList([nn.Conv1d(width, filters, k) for k in kernels])
        self.output = nn.Linear(filters * len(kernels), classes)

    def forward(self, ids, mask):
        rows = []
        for row, real in zip(ids, mask):
            x = self.embedding(row[real]).T[None]
            found = []
            for layer in self.convolutions:
                k = layer.kernel_size[0]
                short = F.pad(x, (0, max(0, k - x.shape[2])))
                found.append(layer(short).max(dim=2).values.relu())  # the largest first: the same
            rows.append(torch.cat(found, dim=1))
        return self.output(torch.cat(rows))


class CNNByInfinity(CNNBySentence):
    def forward(self, ids, mask):
        x = torch.where(mask[..., None], self.embedding(ids), 0.0).mT
        pooled = []
        for layer in self.convolutions:
            k = layer.kernel_size[0]
            features = F.relu(layer(F.pad(x, (0, k - 1))))
            ends = torch.cat([mask[:, k - 1 :], mask.new_zeros(len(mask), min(k - 1, mask.shape[1]))], dim=1)
            ends = ends[:, : features.shape[2]].clone()
            ends[:, 0] = True
            pooled.append(features.masked_fill(~ends[:, None], float("-inf")).amax(-1))
        return self.output(torch.hstack(pooled))


class CNNOtherName(CNNBySentence):
    def __init__(self, vocabulary, width=32, kernels=(2, 3, 4), filters=32, classes=2):
        super().__init__(vocabulary, width, kernels, filters, classes)
        self.linear = self.output
        del self.output


class CNNPlainList(nn.Module):
    def __init__(self, vocabulary, width=32, kernels=(2, 3, 4), filters=32, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.convolutions = [nn.Conv1d(width, filters, k) for k in kernels]
        self.output = nn.Linear(filters * len(kernels), classes)

    forward = CNNBySentence.forward


class CNNDropout(CNNBySentence):
    def forward(self, ids, mask):
        return F.dropout(super().forward(ids, mask), 0.5, self.training)


class CNNNoDefaults(CNNBySentence):
    def __init__(self, vocabulary, width, kernels, filters, classes):
        super().__init__(vocabulary, width, kernels, filters, classes)


class CNNFixedKernels(CNNBySentence):
    def __init__(self, vocabulary, width=32, kernels=(2, 3, 4), filters=32, classes=2):
        super().__init__(vocabulary, width, (2, 3, 4), filters, classes)


class CNNFirstFiltersOnly(CNNBySentence):
    def forward(self, ids, mask):
        return self.output(torch.relu(self.convolutions[0](self.embedding(ids).mT)).amax(2))


class CNNMaskInPlace(CNNBySentence):
    def forward(self, ids, mask):
        scores = super().forward(ids, mask)
        mask.fill_(True)
        return scores


class CNNByNumbers(CNNByInfinity):
    """Throws the mask away and looks for zeros."""

    def forward(self, ids, mask):
        return super().forward(ids, ids != 0)


class CNNZeroesIds(CNNByInfinity):
    def forward(self, ids, mask):
        ids[~mask] = 0
        return super().forward(ids, mask)


class CNNZeroesWeight(CNNByInfinity):
    def forward(self, ids, mask):
        with torch.no_grad():
            self.embedding.weight[0] = 0
        return super().forward(ids, mask)


class CNNPaddingIndex(CNNBySentence):
    """Trusts `padding_idx`, takes the maximum over everything."""

    def __init__(self, vocabulary, width=32, kernels=(2, 3, 4), filters=32, classes=2):
        super().__init__(vocabulary, width, kernels, filters, classes)
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)

    def forward(self, ids, mask):
        x = self.embedding(ids).mT
        x = F.pad(x, (0, max(0, max(c.kernel_size[0] for c in self.convolutions) - x.shape[2])))
        return self.output(torch.cat([layer(x).relu().amax(2) for layer in self.convolutions], 1))


class CNNPaddingIndexWindows(CNNPaddingIndex):
    """Trusts `padding_idx`, counts the windows."""

    def forward(self, ids, mask):
        widest = max(c.kernel_size[0] for c in self.convolutions)
        x = F.pad(self.embedding(ids).mT, (0, widest))
        found = []
        for layer in self.convolutions:
            features = layer(x).relu()
            last = (mask.sum(1) - layer.kernel_size[0]).clamp(min=0)
            hidden = torch.arange(features.shape[2]) > last[:, None]
            found.append(features.masked_fill(hidden[:, None], 0).amax(2))
        return self.output(torch.cat(found, 1))


class CNNShortEverywhere(CNNBySentence):
    """A short sentence is read from each of its words on."""

    def forward(self, ids, mask):
        x = F.pad((self.embedding(ids) * mask[..., None]).mT, (0, 8))
        found, n = [], mask.sum(1)
        for layer in self.convolutions:
            k = layer.kernel_size[0]
            last = torch.where(n < k, n - 1, n - k).clamp(min=0)
            features = layer(x).relu()
            hidden = torch.arange(features.shape[2]) > last[:, None]
            found.append(features.masked_fill(hidden[:, None], 0).amax(2))
        return self.output(torch.cat(found, 1))


class CNNZerosBefore(CNNBySentence):
    def forward(self, ids, mask):
        rows = []
        for row, real in zip(ids, mask):
            x = self.embedding(row[real]).T[None]
            wide = [F.pad(x, (max(0, c.kernel_size[0] - x.shape[2]), 0)) for c in self.convolutions]
            found = [layer(w).amax(2).relu() for layer, w in zip(self.convolutions, wide)]
            rows.append(torch.cat(found, dim=1))
        return self.output(torch.cat(rows))


class CNNEmptyReadsOne(CNNByInfinity):
    def forward(self, ids, mask):
        mask = mask.clone()
        mask[:, 0] = True
        return super().forward(ids, mask)


class CNNRunning(CNNBySentence):
    old = 0.0

    def forward(self, ids, mask):
        scores = super().forward(ids, mask)
        self.old = 0.1 * self.old + float(scores.detach().mean())
        return scores + self.old


# ---- pooling


def mean_loop(states: Tensor, mask: Tensor) -> Tensor:
    rows = [s[m].mean(dim=0) if m.any() else torch.zeros_like(s[0]) for s, m in zip(states, mask)]
    return torch.stack(rows)


def mean_product(states: Tensor, mask: Tensor) -> Tensor:
    weights = mask.to(states.dtype) / mask.sum(dim=1, keepdim=True).clamp(min=1)
    return torch.einsum("blw,bl->bw", states, weights)


def mean_float64(states: Tensor, mask: Tensor) -> Tensor:
    return (states.double() * mask[..., None]).sum(1) / torch.clamp(mask.sum(1), min=1)[:, None]


def mean_with_epsilon(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(1) / (mask.sum(1, keepdim=True) + 1e-12)


def mean_of_nonzero(states: Tensor, mask: Tensor) -> Tensor:
    kept = states * mask[..., None]
    return kept.sum(1) / (kept != 0).sum(1).clamp(min=1)


def mean_of_nonzero_states(states: Tensor, mask: Tensor) -> Tensor:
    kept = states * mask[..., None]
    return kept.sum(1) / (kept != 0).any(2).sum(1, keepdim=True).clamp(min=1)


def mean_of_all(states: Tensor, mask: Tensor) -> Tensor:
    return states.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def mean_product_nan(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def mean_in_place(states: Tensor, mask: Tensor) -> Tensor:
    states[~mask] = 0.0
    return states.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def mean_float32(states: Tensor, mask: Tensor) -> Tensor:
    return mean_product(states.float(), mask)


def mean_detached(states: Tensor, mask: Tensor) -> Tensor:
    return mean_product(states.detach(), mask)


def mean_kept(states: Tensor, mask: Tensor) -> Tensor:
    return mean_product(states, mask)[:, None]


def mean_numpy_nan(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([s[m].mean(dim=0) for s, m in zip(states, mask)])


def max_loop(states: Tensor, mask: Tensor) -> Tensor:
    rows = [s[m].max(dim=0).values if m.any() else torch.zeros_like(s[0]) for s, m in zip(states, mask)]
    return torch.stack(rows)


def max_where(states: Tensor, mask: Tensor) -> Tensor:
    found, _ = torch.where(mask[..., None], states.double(), -torch.inf).max(dim=1)
    return torch.where(mask.any(1)[:, None], found, 0.0)


def max_lowest(states: Tensor, mask: Tensor) -> Tensor:
    low = torch.finfo(states.dtype).min
    found = states.masked_fill(~mask.unsqueeze(-1), low).amax(1)
    return torch.where(found == low, torch.zeros_like(found), found)


def max_billion(states: Tensor, mask: Tensor) -> Tensor:
    """No state of a network comes near −10⁹."""
    return states.masked_fill(~mask[..., None], -1e9).amax(1) * mask.any(1)[:, None]


def max_nan(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[..., None], -torch.inf).amax(1) * mask.any(1)[:, None]


def max_float16_lowest(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask[..., None], -65504.0).amax(1) * mask.any(1)[:, None]


def max_million(states: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask[..., None], states, -1e6).amax(1) * mask.any(1)[:, None]


def max_float32_inside(states: Tensor, mask: Tensor) -> Tensor:
    return max_loop(states.float(), mask).to(states.dtype)


def max_relu(states: Tensor, mask: Tensor) -> Tensor:
    return max_loop(states, mask).relu()


def max_zero_times(states: Tensor, mask: Tensor) -> Tensor:
    return (states * mask[..., None]).amax(1)


def max_pair(states: Tensor, mask: Tensor) -> Any:
    return tuple(states.masked_fill(~mask[..., None], -torch.inf).max(dim=1))


def max_in_place(states: Tensor, mask: Tensor) -> Tensor:
    found = max_loop(states, mask)
    mask.fill_(True)
    return found


def last_loop(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([s[m][-1] if m.any() else torch.zeros_like(s[0]) for s, m in zip(states, mask)])


def last_gather(states: Tensor, mask: Tensor) -> Tensor:
    lengths = mask.long().sum(1)
    index = (lengths - 1).clamp(min=0)[:, None, None].expand(-1, 1, states.shape[2])
    return states.gather(1, index).squeeze(1) * (lengths > 0)[:, None]


def last_shifted(states: Tensor, mask: Tensor) -> Tensor:
    room = F.pad(states, (0, 0, 1, 0))
    return room[range(len(room)), mask.sum(1)]


def last_pairs(states: Tensor, mask: Tensor) -> Tensor:
    return states[:, mask.sum(1) - 1]


def last_of_zeroed(states: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask[..., None], states, 0.0)[:, -1]


def last_kept(states: Tensor, mask: Tensor) -> Tensor:
    return last_gather(states, mask).unsqueeze(1)


def last_by_product(states: Tensor, mask: Tensor) -> Tensor:
    ends = mask & ~F.pad(mask[:, 1:], (0, 1))  # True at the last word only
    return torch.einsum("blw,bl->bw", states.double(), ends.double())


def last_squeezed(states: Tensor, mask: Tensor) -> Tensor:
    return last_gather(states, mask).squeeze()


def last_detached(states: Tensor, mask: Tensor) -> Tensor:
    return last_gather(states.detach(), mask)


def last_float32_inside(states: Tensor, mask: Tensor) -> Tensor:
    return last_gather(states.float(), mask).to(states.dtype)


def last_nonzero(states: Tensor, mask: Tensor) -> Tensor:
    found = (states != 0).any(2).sum(1)
    return states[range(len(states)), (found - 1).clamp(min=0)] * (found > 0)[:, None]


def last_wrapped(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([s[n - 1] for s, n in zip(states, mask.sum(1).tolist())])


# ---- recurrent classifier


class RNNBySentence(nn.Module):
    def __init__(self, vocabulary, width=32, hidden=48, pooling="max", classes=2):
        super().__init__()
        if pooling not in {"last", "mean", "max"}:
            raise ValueError(pooling)
        self.how = pooling
        self.embedding = nn.Embedding(vocabulary, width)
        self.rnn = nn.GRU(width, hidden)
        self.output = nn.Linear(hidden, classes)

    def forward(self, ids, mask):
        rows = []
        for row, real in zip(ids, mask):
            if not real.any():
                rows.append(torch.zeros(self.rnn.hidden_size))
                continue
            states = self.rnn(self.embedding(row[real])[:, None])[0][:, 0]
            rows.append({"last": states[-1], "mean": states.mean(0), "max": states.amax(0)}[self.how])
        return self.output(torch.stack(rows))


class RNNTurned(RNNBySentence):
    def forward(self, ids, mask):
        states = self.rnn(self.embedding(ids).transpose(0, 1))[0].transpose(0, 1)
        if self.how == "last":
            return self.output(last_state(states, mask))
        return self.output(masked_mean(states, mask) if self.how == "mean" else masked_max(states, mask))


class RNNByNumbers(RNNTurned):
    def forward(self, ids, mask):
        return super().forward(ids, ids != 0)


class RNNTakesAnyPooling(RNNTurned):
    def __init__(self, vocabulary, width=32, hidden=48, pooling="max", classes=2):
        super().__init__(vocabulary, width, hidden, pooling if pooling != "sum" else "max", classes)


class RNNDropout(RNNTurned):
    def forward(self, ids, mask):
        return F.dropout(super().forward(ids, mask), 0.5, self.training)


class RNNLstm(RNNBySentence):
    def __init__(self, vocabulary, width=32, hidden=48, pooling="max", classes=2):
        super().__init__(vocabulary, width, hidden, pooling, classes)
        self.rnn = nn.LSTM(width, hidden)


class RNNFinal(RNNTurned):
    def forward(self, ids, mask):
        if self.how != "last":
            return super().forward(ids, mask)
        return self.output(self.rnn(self.embedding(ids).transpose(0, 1))[1][0])


class RNNLongest(RNNTurned):
    def forward(self, ids, mask):
        if self.how != "last":
            return super().forward(ids, mask)
        states = self.rnn(self.embedding(ids).transpose(0, 1))[0]
        return self.output(states[max(0, int(mask.sum(1).max()) - 1)])


class RNNEmptyHasOne(RNNTurned):
    def forward(self, ids, mask):
        mask = mask.clone()
        mask[:, 0] = True
        return super().forward(ids, mask)


class RNNMaxOfTable(RNNTurned):
    def forward(self, ids, mask):
        if self.how != "max":
            return super().forward(ids, mask)
        return self.output(self.rnn(self.embedding(ids).transpose(0, 1))[0].amax(0))


class RNNKeeps(RNNTurned):
    state = None

    def forward(self, ids, mask):
        x = self.embedding(ids).transpose(0, 1)
        old = self.state if self.state is not None and self.state.shape[1] == len(ids) else None
        states, self.state = self.rnn(x, old)
        states, self.state = states.transpose(0, 1), self.state.detach()
        pool = {"last": last_state, "mean": masked_mean, "max": masked_max}[self.how]
        return self.output(pool(states, mask))


class RNNMaxByDefaultMean(RNNTurned):
    def __init__(self, vocabulary, width=32, hidden=48, pooling="mean", classes=2):
        super().__init__(vocabulary, width, hidden, pooling, classes)


class RNNEmbeddingPooled(RNNTurned):
    def forward(self, ids, mask):
        return self.output(self.rnn(masked_mean(self.embedding(ids), mask)[None])[0][0])


# ---- tagging


def loss_loop(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    total, count = logits.sum() * 0.0, 0
    for i in range(mask.shape[0]):
        for t in range(mask.shape[1]):
            if mask[i, t]:
                total = total + torch.logsumexp(logits[i, t], 0) - logits[i, t, tags[i, t]]
                count += 1
    return total / max(1, count)


def loss_zeroed(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    logs = logits.double().log_softmax(-1)
    right = torch.where(mask, tags, 0)
    picked = logs.gather(-1, right.unsqueeze(-1)).squeeze(-1)
    return -(picked * mask).sum() / mask.sum().clamp(min=1)


def loss_borrowed(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return F.cross_entropy(logits[mask], tags[mask])


def loss_of_padding_too(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    logs = logits.log_softmax(-1).flatten(0, 1)
    return -logs[torch.arange(len(logs)), tags.flatten()].mean()


def loss_number(logits: Tensor, tags: Tensor, mask: Tensor) -> float:
    return float(loss_loop(logits, tags, mask))


def loss_plain_zero(logits: Tensor, tags: Tensor, mask: Tensor) -> Any:
    return loss_loop(logits, tags, mask) if mask.any() else 0


def loss_log_of_softmax(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    chances = logits.softmax(2).gather(2, tags.masked_fill(~mask, 0)[..., None])[..., 0]
    return -chances[mask].log().sum() / mask.sum().clamp(min=1)


def loss_log_of_sum(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    scores = logits[mask]
    picked = scores.gather(1, tags[mask][:, None])[:, 0]
    return (scores.exp().sum(1).log() - picked).sum() / mask.sum().clamp(min=1)


def loss_in_bits(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return loss_loop(logits, tags, mask) / 0.6931471805599453


def loss_float32(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return loss_loop(logits.float(), tags, mask)


def loss_float32_inside(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return loss_loop(logits.float(), tags, mask).to(logits.dtype)


def loss_clipped(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return loss_loop(logits.clamp(-100.0, 100.0), tags, mask)


def loss_tags_as_mask(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    real = tags >= 0
    picked = logits.log_softmax(2).gather(2, (tags * real)[..., None])[..., 0]
    return -picked.masked_fill(~real, 0.0).sum() / real.sum()


def _loss_of(chances: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return -chances[mask].log().gather(1, tags[mask][:, None]).sum() / mask.sum().clamp(min=1)


def loss_with_1e9(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return _loss_of(logits.softmax(2) + 1e-9, tags, mask)


def loss_with_1e12(logits: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
    return _loss_of(logits.softmax(2).clamp(min=1e-12), tags, mask)


def f1_loop(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    scores = []
    for tag in range(count):
        given = ((predicted == tag) & mask).sum().item()
        there = ((tags == tag) & mask).sum().item()
        right = ((predicted == tag) & (tags == tag) & mask).sum().item()
        precision = right / given if given else 0.0
        recall = right / there if there else 0.0
        scores.append(2 * precision * recall / (precision + recall) if right else 0.0)
    return torch.tensor(scores)


def f1_confusion(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    table = torch.zeros(count, count, dtype=torch.float64)
    for gold, guess in zip(tags[mask].tolist(), predicted[mask].tolist()):
        table[gold, guess] += 1
    both = table.sum(0) + table.sum(1)
    return torch.where(both > 0, 2 * table.diagonal() / both.clamp(min=1), 0.0)


def f1_padding_is_0(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    return f1_loop(predicted * mask, tags * mask, torch.ones_like(mask), count)


def f1_without_o(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    found = f1_loop(predicted, tags, mask, count)
    found[0] = 0
    return found


def f1_per_sentence(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    rows = [f1_loop(p[None], t[None], m[None], count) for p, t, m in zip(predicted, tags, mask)]
    return torch.stack(rows).mean(0)


def f1_of_those_there(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    found = f1_loop(predicted, tags, mask, count)
    return found[: int(tags.max()) + 1]


def f1_whole(predicted: Tensor, tags: Tensor, mask: Tensor, count: int) -> Tensor:
    return (100 * f1_loop(predicted, tags, mask, count)).round()


RIGHT = {
    "classification.pad_batch": [pad_lists, pad_nonzero],
    "classification.bag_of_words": [bag_loop, bag_bincount, bag_nonzero, bag_column_cleared, bag_up_to_padding],
    "classification.convolve": [convolve_loop, convolve_unfold, convolve_float64, convolve_fourier],
    "classification.text_cnn": [CNNBySentence, CNNByInfinity],
    "classification.masked_mean": [mean_loop, mean_product, mean_float64, mean_with_epsilon],
    "classification.masked_max": [max_loop, max_where, max_lowest, max_billion],
    "classification.last_state": [last_loop, last_gather, last_by_product, last_shifted],
    "classification.rnn_classifier": [RNNBySentence, RNNTurned],
    "classification.tagging_loss": [loss_loop, loss_zeroed],
    "classification.f1_scores": [f1_loop, f1_confusion],
}

WRONG = {
    "classification.pad_batch": [
        (pad_borrowed, None),
        (pad_fixed, None),
        (pad_in_place, None),
        (pad_int32, None),
        (pad_bytes, None),
        (pad_without_guard, None),
        (pad_cut_at_ten, None),
        (pad_cut_at_48, None),
        (pad_unknown_is_padding, None),
    ],
    "classification.bag_of_words": [
        (bag_without_end, None),
        (bag_in_place, None),
        (bag_padding_is_0, "padding_counted_as_word_0"),
        (bag_set, "overwritten"),
        (bag_indexed, "presence"),
        (bag_float64, None),
        (bag_float16, None),
        (bag_kept, None),
    ],
    "classification.convolve": [
        (convolve_float32, None),
        (convolve_borrowed, None),
        (convolve_detached, None),
        (convolve_turned, "channels_exchanged_with_places"),
        (convolve_float32_inside, None),
        (convolve_kernel, None),
        (convolve_mkldnn, None),
        (convolve_private, None),
        (convolve_transposed, None),
        (convolve_wide_is_nothing, None),
        (convolve_flipped_text, "flipped"),
    ],
    "classification.text_cnn": [
        (CNNOtherName, None),
        (CNNPlainList, None),
        (CNNDropout, None),
        (CNNNoDefaults, None),
        (CNNFixedKernels, None),
        (CNNFirstFiltersOnly, None),
        (CNNMaskInPlace, None),
        (CNNByNumbers, None),
        (CNNZeroesIds, None),
        (CNNZeroesWeight, None),
        (CNNPaddingIndex, "mask_not_used"),
        (CNNPaddingIndexWindows, "vector_of_padding"),
        (CNNRunning, None),
        (CNNShortEverywhere, "short_at_every_start"),
        (CNNZerosBefore, "zeros_before_short_sentences"),
        (CNNEmptyReadsOne, "empty_reads_one"),
    ],
    "classification.masked_mean": [
        (mean_in_place, None),
        (mean_float32, None),
        (mean_detached, None),
        (mean_kept, "dimension_kept"),
        (mean_of_nonzero, "zeros_taken_for_padding"),
        (mean_of_nonzero_states, "zero_states_taken_for_padding"),
        (mean_of_all, "padding_in_the_sum"),
        (mean_product_nan, "nan_for_no_words"),
        (mean_numpy_nan, "nan_for_no_words"),
    ],
    "classification.masked_max": [
        (max_zero_times, "filled_with_zeros"),
        (max_pair, "values_and_places"),
        (max_in_place, None),
        (max_nan, "infinity_times_zero"),
        (max_float16_lowest, "lowest_of_float16"),
        (max_million, "hidden_behind_a_million"),
        (max_float32_inside, None),
        (max_relu, "zero_instead_of_negative"),
    ],
    "classification.last_state": [
        (last_squeezed, None),
        (last_detached, None),
        (last_float32_inside, None),
        (last_nonzero, "zeros_taken_for_padding"),
        (last_wrapped, "empty_wraps_round"),
        (last_pairs, "all_pairs_and_minus_one"),
        (last_of_zeroed, "zeros_at_the_end"),
        (last_kept, "dimension_kept"),
    ],
    "classification.rnn_classifier": [
        (RNNLstm, None),
        (RNNFinal, None),
        (RNNKeeps, None),
        (RNNMaxByDefaultMean, None),
        (RNNEmbeddingPooled, None),
        (RNNByNumbers, None),
        (RNNDropout, None),
        (RNNTakesAnyPooling, None),
        (RNNLongest, "place_of_the_longest"),
        (RNNEmptyHasOne, "empty_has_one"),
        (RNNMaxOfTable, "max_over_the_table"),
    ],
    "classification.tagging_loss": [
        (loss_borrowed, None),
        (loss_of_padding_too, None),
        (loss_number, None),
        (loss_in_bits, "in_bits"),
        (loss_plain_zero, None),
        (loss_log_of_softmax, "logarithm_of_softmax"),
        (loss_log_of_sum, "logarithm_of_softmax"),
        (loss_float32, None),
        (loss_float32_inside, None),
        (loss_clipped, "scores_clipped"),
        (loss_tags_as_mask, "tags_as_mask"),
        (loss_with_1e9, "small_number_in_the_logarithm"),
        (loss_with_1e12, None),
    ],
    "classification.f1_scores": [
        (f1_per_sentence, "mean_of_sentences"),
        (f1_of_those_there, None),
        (f1_whole, None),
        (f1_padding_is_0, "padding_as_tag_0"),
        (f1_without_o, "without_tag_0"),
    ],
}
