"""Answers to the exercises of lesson 07, written otherwise than the references: right ones and wrong ones."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from utils.gated_rnn import lstm_step, new_memory

# ---- a gate


def gate_linear(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-(F.linear(x, w, b) + F.linear(h, u))))


def gate_one_product(x, h, w, u, b):
    return torch.sigmoid(torch.cat([x, h], dim=1) @ torch.cat([w, u], dim=1).T + b)


def gate_loop(x, h, w, u, b):
    rows = []
    for one, state in zip(x, h, strict=True):
        rows.append(torch.stack([torch.sigmoid(w[j] @ one + u[j] @ state + b[j]) for j in range(len(b))]))
    return torch.stack(rows)


def gate_by_tanh(x, h, w, u, b):
    return 0.5 * (1 + torch.tanh((x @ w.mT + h @ u.mT + b) / 2))


def gate_float64(x, h, w, u, b):
    return torch.sigmoid(x.double() @ w.double().T + h.double() @ u.double().T + b.double())


def gate_in_place(x, h, w, u, b):
    x += 1
    return torch.sigmoid((x - 1) @ w.T + h @ u.T + b)


def gate_detached(x, h, w, u, b):
    return torch.sigmoid(x @ w.T + h.detach() @ u.T + b)


def gate_float32(x, h, w, u, b):
    return torch.sigmoid(x.float() @ w.float().T + h.float() @ u.float().T + b.float())


def gate_hard(x, h, w, u, b):
    return (torch.sigmoid(x @ w.T + h @ u.T + b) > 0.5).float()


def gate_stable_halves(x, h, w, u, b):
    a = x @ w.T + h @ u.T + b
    return torch.exp(-F.softplus(-a))


def gate_overflows(x, h, w, u, b):
    a = torch.exp(x @ w.T + h @ u.T + b)
    return a / (a + 1)


def gate_sign_of_the_exponent(x, h, w, u, b):
    return (1 + (F.linear(x, w) + F.linear(h, u) + b).exp()) ** -1


def gate_of_a_gate(x, h, w, u, b):
    a = torch.sigmoid(F.linear(x, w, b) + F.linear(h, u))
    return 1 / (1 + torch.exp(-a))


# ---- the memory


def memory_addcmul(c, forget, write, candidate):
    return torch.addcmul(forget * c, write, candidate)


def memory_loop(c, forget, write, candidate):
    new = torch.zeros_like(c)
    for row in range(c.shape[0]):
        for place in range(c.shape[1]):
            kept = forget[row, place] * c[row, place]
            new[row, place] = kept + write[row, place] * candidate[row, place]
    return new


def memory_in_place(c, forget, write, candidate):
    c *= forget
    c += write * candidate
    return c


def memory_squeezes_all(c, forget, write, candidate):
    return torch.addcmul(forget.sigmoid() * c, write.sigmoid(), candidate.tanh())


def memory_first_row(c, forget, write, candidate):
    return (forget * c + write * candidate)[:1].expand_as(c)


# ---- a step


def step_four_products(x, h, c, w, u, b):
    n = h.shape[1]
    sums = [x @ w[k * n : (k + 1) * n].T + h @ u[k * n : (k + 1) * n].T + b[k * n : (k + 1) * n] for k in range(4)]
    new = torch.sigmoid(sums[1]) * c + torch.sigmoid(sums[0]) * torch.tanh(sums[2])
    return torch.sigmoid(sums[3]) * new.tanh(), new


def step_rows(x, h, c, w, u, b):
    pairs = []
    for row in range(len(x)):
        i, f, g, o = (w @ x[row] + u @ h[row] + b).view(4, -1)
        new = f.sigmoid() * c[row] + i.sigmoid() * g.tanh()
        pairs.append((o.sigmoid() * new.tanh(), new))
    return [torch.stack(part) for part in zip(*pairs, strict=True)]


def step_float64(x, h, c, w, u, b):
    return step_four_products(*(t.double() for t in (x, h, c, w, u, b)))


def step_given_cell(x, h, c, w, u, b):
    cell = nn.LSTMCell(x.shape[1], h.shape[1])
    cell.load_state_dict({"weight_ih": w, "weight_hh": u, "bias_ih": b, "bias_hh": 0 * b})
    return cell(x, (h, c))


def step_given_function(x, h, c, w, u, b):
    _, h, c = torch.lstm(x[:, None], (h[None], c[None]), [w, u, b, 0 * b], True, 1, 0.0, False, False, True)
    return h[0], c[0]


def step_memory_in_place(x, h, c, w, u, b):
    i, f, g, o = (x @ w.T + h @ u.T + b).chunk(4, 1)
    c *= f.sigmoid()
    c += i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def step_arguments_of_memory(x, h, c, w, u, b):
    i, f, g, o = (x @ w.T + h @ u.T + b).chunk(4, 1)
    c = new_memory(c, i.sigmoid(), f.sigmoid(), g.tanh())
    return o.sigmoid() * c.tanh(), c


def step_detached_memory(x, h, c, w, u, b):
    i, f, g, o = (x @ w.T + h @ u.T + b).chunk(4, 1)
    c = new_memory(c.detach(), f.sigmoid(), i.sigmoid(), g.tanh())
    return o.sigmoid() * c.tanh(), c


def _parts(x, h, w, u, b):
    i, f, g, o = (F.linear(x, w, b) + F.linear(h, u)).split(h.shape[1], dim=1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def step_clamped(x, h, c, w, u, b):
    i, f, g, o = _parts(x, h, w, u, b)
    c = (f * c + i * g).clamp(-3, 3)
    return o * c.tanh(), c


def step_bias_in_both_products(x, h, c, w, u, b):
    i, f, g, o = (F.linear(x, w, b) + F.linear(h, u, b)).chunk(4, 1)
    c = new_memory(c, f.sigmoid(), i.sigmoid(), g.tanh())
    return o.sigmoid() * c.tanh(), c


def step_h_in_both_places(x, h, c, w, u, b):
    i, f, g, o = _parts(x, h, w, u, b)
    return (o * torch.tanh(f * c + i * g),) * 2


def step_shows_the_candidate(x, h, c, w, u, b):
    i, f, g, o = (F.linear(x, w, b) + F.linear(h, u)).chunk(4, 1)
    return o.sigmoid() * g.tanh(), new_memory(c, f.sigmoid(), i.sigmoid(), g.tanh())


def step_squeezes_as_it_goes(x, h, c, w, u, b):
    i, f, g, o = _parts(x, h, w, u, b)
    c = (f * c + i * g).tanh()
    return o * c.tanh(), c


def step_mixes_like_a_gru(x, h, c, w, u, b):
    _, f, g, o = _parts(x, h, w, u, b)
    c = torch.lerp(g, c, f)
    return o * c.tanh(), c


# ---- the layer


class Layer(nn.Module):
    """The parameters of the exercise, for answers to inherit."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        rows = 4 * hidden_size
        self.weight_ih_l0 = nn.Parameter(torch.randn(rows, input_size) / math.sqrt(hidden_size))
        self.weight_hh_l0 = nn.Parameter(torch.randn(rows, hidden_size) / math.sqrt(hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.zeros(rows))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(rows))


class LayerWithProjectedInput(Layer):
    def forward(self, x: Tensor, state: Any = None) -> Any:
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else (s.squeeze(0) for s in state)
        outputs = x.new_zeros(*x.shape[:2], self.hidden_size)
        for t, one in enumerate((x @ self.weight_ih_l0.T + self.bias_ih_l0).unbind(1)):
            i, f, g, o = (one + h @ self.weight_hh_l0.T + self.bias_hh_l0).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs[:, t] = h
        return outputs, (h.unsqueeze(0), c.unsqueeze(0))


class LayerLengthFirstInside(Layer):
    def forward(self, x, state=None):
        if state is None:
            state = [torch.zeros(1, len(x), self.hidden_size, dtype=x.dtype) for _ in range(2)]
        h, c = state[0][-1], state[1][-1]
        found = []
        for row in x.transpose(0, 1):
            bias = self.bias_ih_l0 + self.bias_hh_l0
            h, c = lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, bias)
            found += [h]
        return [torch.stack(found).transpose(0, 1), [h[None], c[None]]]


class LayerFloat32Start(Layer):
    """Zeros of float32: with float64 the products fail."""

    def forward(self, x, state=None):
        h = c = torch.zeros(len(x), self.hidden_size)
        if state is not None:
            h, c = state[0][0], state[1][0]
        found = []
        for row in x.unbind(1):
            bias = self.bias_ih_l0 + self.bias_hh_l0
            h, c = lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, bias)
            found.append(h)
        return torch.stack(found, 1), (h[None], c[None])


class LayerKeepsItsState(Layer):
    """A fresh start goes on from the call before."""

    kept = None

    def forward(self, x, state=None):
        if state is None and self.kept is not None:
            state = self.kept
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else (state[0][0], state[1][0])
        found = []
        for row in x.unbind(1):
            bias = self.bias_ih_l0 + self.bias_hh_l0
            h, c = lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, bias)
            found.append(h)
        self.kept = (h[None].detach(), c[None].detach())
        return torch.stack(found, 1), (h[None], c[None])


class LayerThreeThings(Layer):
    def forward(self, x, state=None):
        outputs, (h, c) = LayerWithProjectedInput.forward(self, x, state)  # type: ignore[arg-type]
        return outputs, h, c


class LayerBorrowed(nn.Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, batch_first=True)

    def forward(self, x, state=None):
        return self.lstm(x, state)


class LayerSqueezesItsState(Layer):
    """Fails where the state has a single number."""

    def forward(self, x, state=None):
        if state is not None:
            state = tuple(part.squeeze()[None] if len(x) > 1 else part for part in state)
        return LayerWithProjectedInput.forward(self, x, state)  # type: ignore[arg-type]


class LayerDropsAMemoryBesideZeros(Layer):
    def forward(self, x, state=None):
        if state is not None and not state[0].any():
            state = None
        return LayerWithProjectedInput.forward(self, x, state)  # type: ignore[arg-type]


class LayerTakesThePairWhole(Layer):
    """h and c as they come, with the dimension of the layers."""

    def forward(self, x, state=None):
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else state
        found = []
        for row in x.unbind(1):
            h, c = lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0)
            found.append(h)
        return torch.stack(found, 1), (h[None], c[None])


class LayerOfTheFunction(Layer):
    def forward(self, x, state=None):
        weights = [self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0]
        if state is None:
            state = (x.new_zeros(1, len(x), self.hidden_size),) * 2
        found, h, c = torch.lstm(x, state, weights, True, 1, 0.0, False, False, True)
        return found, (h, c)


class LayerForgetsToAssign(Layer):
    def forward(self, x, state=None):
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else (state[0][0], state[1][0])
        found = []
        for row in x.unbind(1):
            bias = self.bias_ih_l0 + self.bias_hh_l0
            h, new = lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, bias)
            found.append(h)
        return torch.stack(found, 1), (h[None], new[None])


class LayerInPieces(Layer):
    """A right layer, of which the answers below change a piece."""

    def begin(self, x, state):
        return (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else (state[0][-1], state[1][-1])

    def walk(self, x, h, c):
        rows = []
        for t in range(x.shape[1]):
            h, c = self.read(x[:, t], h, c)
            rows.append(h)
        return rows, h, c

    def read(self, row, h, c):
        return lstm_step(row, h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0)

    def collect(self, rows, h, c):
        return torch.stack(rows, 1), (h.unsqueeze(0), c.unsqueeze(0))

    def forward(self, x, state=None):
        return self.collect(*self.walk(x, *self.begin(x, state)))


class LayerCutsAnewAtTheEnd(LayerInPieces):
    def collect(self, rows, h, c):
        return torch.cat(rows).reshape(len(h), len(rows), -1), (h[None], c[None])


class LayerCutsAnewAtTheBeginning(LayerInPieces):
    def walk(self, x, h, c):
        return super().walk(x.reshape(x.shape[1], *x[:, 0].shape).transpose(0, 1), h, c)


class LayerAlongTheBatch(LayerInPieces):
    def begin(self, x, state):
        h = c = x.new_zeros(x.shape[1], self.hidden_size)
        return (h, c) if state is None else (state[0][0], state[1][0])

    def walk(self, x, h, c):
        return super().walk(x.transpose(0, 1), h, c)

    def collect(self, rows, h, c):
        return torch.stack(rows), (h[None], c[None])


class LayerAlongTheBatchInTheLoop(LayerInPieces):
    def walk(self, x, h, c):
        rows = []
        for row in x:
            h, c = self.read(row, h, c)
            rows.append(h)
        return rows, h, c


class LayerMemoryFirst(LayerInPieces):
    def read(self, row, h, c):
        return super().read(row, c, h)


class LayerPairsOfItsOwn(LayerInPieces):
    def begin(self, x, state):
        return super().begin(x, None if state is None else (state[1], state[0]))

    def collect(self, rows, h, c):
        return super().collect(rows, c, h)


class LayerCutsOffTheGiven(LayerInPieces):
    def begin(self, x, state):
        return super().begin(x, None if state is None else tuple(part.data for part in state))


class LayerCutsOffTheReturned(LayerInPieces):
    def collect(self, rows, h, c):
        return super().collect(rows, h.detach(), c.detach())


class LayerOwnZerosOfThree(LayerInPieces):
    """The dimension of the layers all along, at a fresh start too."""

    def begin(self, x, state):
        return (x.new_zeros(1, len(x), self.hidden_size),) * 2 if state is None else state


class LayerOnlyZerosOfTheBuffer(LayerInPieces):
    def collect(self, rows, h, c):
        outputs = torch.zeros(len(h), len(rows), h.shape[1])
        for t, row in enumerate(rows):
            outputs[:, t] = row
        return outputs, (h[None], c[None])


class LayerMergesItsBiases(LayerInPieces):
    def forward(self, x, state=None):
        self.bias_ih_l0.data += self.bias_hh_l0.data
        self.bias_hh_l0.data.zero_()
        return super().forward(x, state)


# ---- the direct path


def path_cumprod(forget):
    back = forget.flip(0).cumprod(0).flip(0)
    return torch.cat([back[1:], torch.ones_like(back[:1])])


def path_logs(forget):
    logs = forget.clamp(min=1e-30).log()
    return torch.exp(logs.sum(0) - logs.cumsum(0))


def path_products(forget):
    return torch.stack([torch.prod(forget[k + 1 :], dim=0) for k in range(forget.shape[0])])


def path_in_place(forget):
    forget[-1] = 1.0
    for k in range(len(forget) - 2, -1, -1):
        forget[k] = forget[k + 1] * forget[k]
    return forget


def path_by_division(forget):
    return forget.prod(0) / forget.cumprod(0)


def path_by_clamped_division(forget):
    f = forget.clamp(min=1e-6)
    return f.prod(0) / f.cumprod(0)


def path_accumulated(forget):
    rows = [torch.ones_like(forget[-1])]
    for row in forget[1:].flip(0):
        rows.insert(0, rows[0] * row)
    return torch.stack(rows)


def path_one_tensor_in_the_list(forget):
    rows, running = [], torch.ones_like(forget[0])
    for row in forget.flip(0):
        rows.append(running)
        running *= row
    return torch.stack(rows[::-1])


def path_clone(forget):
    left = forget.clone()
    for k in reversed(range(len(left) - 1)):
        left[k] = left[k + 1] * forget[k + 1]
    return left


def path_clone_by_products(forget):
    left = forget.clone()
    for k in range(len(left) - 1):
        left[k] = forget[k + 1 :].prod(0)
    return left


def path_last_row_mended(forget):
    left = forget.clone()
    for k in reversed(range(len(left) - 1)):
        left[k] *= left[k + 1]
    left[-1] = 1.0
    return left


# ---- open gates


def open_by_state(lstm, value=1.0):
    if not lstm.bias:
        raise ValueError("no biases")
    h = lstm.hidden_size
    weights = lstm.state_dict()
    for name in weights:
        if "bias" in name:
            weights[name][h : h + h] = value / 2
    lstm.load_state_dict(weights)


@torch.no_grad()
def open_by_chunks(lstm, value=1.0):
    if not lstm.bias:
        raise ValueError("no biases")
    for weights in lstm.all_weights:
        weights[2].chunk(4)[1].fill_(0)
        weights[3].chunk(4)[1].fill_(value)
    return lstm


def open_with_gradient(lstm, value=1.0):
    h = lstm.hidden_size
    for name, weight in lstm.named_parameters():
        if "bias" in name:
            weight[h : 2 * h] = value / 2


@torch.no_grad()
def open_every_weight(lstm, value=1.0):
    for name, weight in lstm.named_parameters():
        if "bias" in name:
            weight[lstm.hidden_size :] = value / 2


def open_and_freeze(lstm, value=1.0):
    open_right(lstm, value)
    for weight in lstm.parameters():
        weight.requires_grad_(False)


def open_new_parameters(lstm, value=1.0):
    open_right(lstm, value)
    for name, weight in list(lstm.named_parameters()):
        setattr(lstm, name, nn.Parameter(weight.detach().clone()))


def open_and_eval(lstm, value=1.0):
    open_right(lstm, value)
    lstm.eval()


@torch.no_grad()
def open_without_the_error(lstm, value=1.0):
    for name, weight in lstm.named_parameters():
        if "bias" in name:
            weight[lstm.hidden_size : 2 * lstm.hidden_size] = value / 2


@torch.no_grad()
def open_right(lstm, value=1.0):
    if not lstm.bias:
        raise ValueError("This LSTM has no biases.")
    open_without_the_error(lstm, value)


@torch.no_grad()
def open_and_empty(lstm, value=1.0):
    open_right(lstm, value)
    for name, weight in lstm.named_parameters():
        if name.startswith("bias_ih"):
            weight[lstm.hidden_size : 2 * lstm.hidden_size] = value
        elif name.startswith("bias_hh"):
            weight.zero_()


def opened(rows, share, only=lambda name: "bias" in name):
    """An answer that sets `rows(hidden)` of the parameters that `only` takes to `share(name, value, old)`."""

    @torch.no_grad()
    def answer(lstm, value=1.0):
        if not lstm.bias:
            raise ValueError("no biases")
        for name, weight in lstm.named_parameters():
            if only(name):
                first, last = rows(lstm.hidden_size)
                weight[first:last] = share(name, value, weight[first:last].clone())

    return answer


def f_rows(h):
    return h, 2 * h


def half(name, value, old):
    return value / 2


def to_the_first(name, value, old):
    return value if "ih" in name else 0.0


# ---- the GRU


def gru_by_gates(x, h, w, u, b_w, b_u, lecture=False):
    n = h.shape[1]
    parts = [
        (w[k * n : (k + 1) * n], u[k * n : (k + 1) * n], b_w[k * n : (k + 1) * n], b_u[k * n : (k + 1) * n])
        for k in range(3)
    ]
    r, z = (torch.sigmoid(F.linear(x, p[0], p[2]) + F.linear(h, p[1], p[3])) for p in parts[:2])
    w_n, u_n, b, b_prime = parts[2]
    if not lecture:
        return torch.lerp(torch.tanh(F.linear(x, w_n, b) + r * F.linear(h, u_n, b_prime)), h, z)
    return torch.lerp(h, torch.tanh(F.linear(x, w_n, b) + F.linear(r * h, u_n, b_prime)), z)


def gru_rows(x, h, w, u, b_w, b_u, lecture=False):
    rows = []
    for one, old in zip(x, h, strict=True):
        a_r, a_z, a_n = (w @ one + b_w).view(3, -1)
        u_r, u_z, u_n = u.view(3, len(old), -1)
        c_r, c_z, c_n = b_u.view(3, -1)
        r, z = (a_r + u_r @ old + c_r).sigmoid(), (a_z + u_z @ old + c_z).sigmoid()
        if lecture:
            new = (a_n + u_n @ (r * old) + c_n).tanh()
            rows.append(old + z * (new - old))
        else:
            rows.append(z * old + (1 - z) * (a_n + r * (u_n @ old + c_n)).tanh())
    return torch.stack(rows)


def gru_state_in_place(x, h, w, u, b_w, b_u, lecture=False):
    new = gru_by_gates(x, h, w, u, b_w, b_u, lecture)
    h.copy_(new.detach())
    return new


def gru_no_flag(x, h, w, u, b_w, b_u):
    return gru_by_gates(x, h, w, u, b_w, b_u)


def gru_given_function(x, h, w, u, b_w, b_u, lecture=False):
    if lecture:
        return gru_by_gates(x, h, w, u, b_w, b_u, True)
    return torch.gru(x[:, None], h[None], [w, u, b_w, b_u], True, 1, 0.0, False, False, True)[1][0]


def gru(gate=torch.sigmoid, pytorch=None, lecture=None):
    """A GRU by blocks; `pytorch` and `lecture` give another candidate of (a, p, q, r, h, U_n).

    a is W x + b, p is U h, q is b′, all of the candidate.
    """
    usual = {
        False: pytorch or (lambda a, p, q, r, h, u: torch.tanh(a + r * (p + q))),
        True: lecture or (lambda a, p, q, r, h, u: torch.tanh(a + F.linear(r * h, u) + q)),
    }

    def answer(x, h, w, u, b_w, b_u, lecture=False):
        (a_r, a_z, a), (p_r, p_z, p) = F.linear(x, w, b_w).chunk(3, 1), F.linear(h, u).chunk(3, 1)
        q_r, q_z, q = b_u.chunk(3)
        r, z = gate(a_r + p_r + q_r), gate(a_z + p_z + q_z)
        n = usual[lecture](a, p, q, r, h, u.chunk(3)[2])
        return h + z * (n - h) if lecture else n + z * (h - n)

    return answer


def gru_with(change):
    """The right one, given other weights: `change(w, u, b_w, b_u)`."""
    return lambda x, h, *weights, lecture=False: gru()(x, h, *change(*weights), lecture=lecture)


def gru_turned_blocks(w, u, b_w, b_u):
    return w, torch.cat([block.T for block in u.chunk(3)]), b_w, b_u


def gru_turned_last_block(w, u, b_w, b_u):
    first, second, third = u.chunk(3)
    return w, torch.cat([first, second, third.T]), b_w, b_u


def gru_cards(x, h, w, u, b_w, b_u, lecture=False):
    a, p = (s.reshape(len(x), -1, 3) for s in (F.linear(x, w, b_w), F.linear(h, u, b_u)))
    r, z = torch.sigmoid(a[..., :2] + p[..., :2]).unbind(-1)
    if lecture:
        d = h.shape[1]
        n = torch.tanh(a[..., 2] + F.linear(r * h, u[2 * d :], b_u[2 * d :]))
        return (1 - z) * h + z * n
    return (1 - z) * torch.tanh(a[..., 2] + r * p[..., 2]) + z * h


# ---- counting


def count_by_torch(kind, input_size, hidden, layers=1, bidirectional=False):
    made = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    if kind not in made:
        raise ValueError(f"There is no {kind}.")
    layer = made[kind](input_size, hidden, layers, bidirectional=bidirectional)
    return sum(weight.numel() for weight in layer.parameters())


def count_shapes(kind, input_size, hidden, layers=1, bidirectional=False):
    blocks = {"rnn": ["n"], "gru": ["r", "z", "n"], "lstm": ["i", "f", "g", "o"]}.get(kind)
    if blocks is None:
        raise ValueError(f"no such layer: {kind}")
    shapes, width = [], input_size
    for _ in range(layers):
        for _ in range(2 if bidirectional else 1):
            for _ in blocks:
                shapes += [(hidden, width), (hidden, hidden), (hidden,), (hidden,)]
        width = hidden * (2 if bidirectional else 1)
    return sum(math.prod(shape) for shape in shapes)


def count_as_float(kind, input_size, hidden, layers=1, bidirectional=False):
    return float(count_shapes(kind, input_size, hidden, layers, bidirectional))


def count_as_tensor(kind, input_size, hidden, layers=1, bidirectional=False):
    return torch.tensor(count_shapes(kind, input_size, hidden, layers, bidirectional))


def count_nameless_error(kind, input_size, hidden, layers=1, bidirectional=False):
    if kind not in ("rnn", "lstm", "gru"):
        raise ValueError("unknown")
    return count_shapes(kind, input_size, hidden, layers, bidirectional)


def count_closed(kind, input_size, hidden, layers=1, bidirectional=False):
    if kind not in {"rnn", "lstm", "gru"}:
        raise ValueError(f"kind {kind!r} is unknown")
    d, blocks = 1 + bool(bidirectional), {"rnn": 1, "gru": 3}.get(kind, 4)
    return d * blocks * hidden * (input_size + (layers - 1) * d * hidden + layers * (hidden + 2))


def count_no_error(kind, input_size, hidden, layers=1, bidirectional=False):
    d, blocks = 1 + bool(bidirectional), {"rnn": 1, "gru": 3}.get(kind, 4)
    return d * blocks * hidden * (input_size + (layers - 1) * d * hidden + layers * (hidden + 2))


def count_by_cells(kind, input_size, hidden, layers=1, bidirectional=False):
    made = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
    if kind not in made:
        raise ValueError(f"There is no {kind}.")
    d = 2 if bidirectional else 1
    cells = [made[kind](d * hidden if layer else input_size, hidden) for layer in range(layers)]
    return d * sum(weight.numel() for cell in cells for weight in cell.parameters())


def count_remembers(kind, input_size, hidden, layers=1, bidirectional=False, known={}):  # noqa: B006
    if (kind, input_size, hidden, layers) not in known:
        known[kind, input_size, hidden, layers] = count_closed(kind, input_size, hidden, layers, bidirectional)
    return known[kind, input_size, hidden, layers]


def count_lists(of_layer, widths):
    """A count by a list of the widths that the layers read; `of_layer(blocks, width, hidden)` counts one of them."""

    def answer(kind, input_size, hidden, layers=1, bidirectional=False):
        if kind not in ("rnn", "lstm", "gru"):
            raise ValueError(f"{kind} is unknown")
        d, blocks = 2 if bidirectional else 1, {"rnn": 1, "gru": 3, "lstm": 4}[kind]
        read = widths([input_size] + [d * hidden] * (layers - 1), d * hidden)
        return d * sum(of_layer(blocks, width, hidden) for width in read)

    return answer


def count_float(kind, input_size, hidden, layers=1, bidirectional=False):
    return count_closed(kind, input_size, hidden, layers, bidirectional) * 1.01


# ---- both directions


def both_by_index(x, forwards, backwards):
    places = torch.arange(x.shape[1] - 1, -1, -1)
    left, *_ = forwards(x)
    right, *_ = backwards(x[:, places])
    return torch.cat((left, right[:, places]), dim=-1)


def both_loop(x, forwards, backwards):
    rows = []
    for t in range(x.shape[1]):
        left = forwards(x[:, : t + 1])[0][:, -1]
        right = backwards(torch.flip(x[:, t:], dims=[1]))[0][:, -1]
        rows.append(torch.cat([left, right], 1))
    return torch.stack(rows, 1)


def both_detached(x, forwards, backwards):
    return torch.cat([forwards(x)[0], backwards(x.flip(1))[0].flip(1).detach()], 2)


def both_added(x, forwards, backwards):
    left, right = forwards(x)[0], backwards(x.flip(1))[0].flip(1)
    return left + right if left.shape == right.shape else left


def both_features_once(x, forwards, backwards):
    numbers = torch.arange(x.shape[2] - 1, -1, -1)
    return torch.cat((forwards(x)[0], backwards(x[..., numbers])[0]), dim=-1)


def both_turned_in_the_end(x, forwards, backwards):
    places = torch.arange(x.shape[1] - 1, -1, -1)
    left, right = forwards(x)[0], backwards(x[:, places])[0]
    return torch.cat((left, right), dim=-1)[:, places]


# ---- the stack


class Stack(nn.Module):
    """The layers of the exercise, for answers to inherit."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.norms, self.cells = nn.ModuleList(), nn.ModuleList()
        for _ in range(layers):
            self.norms.append(nn.LayerNorm(width))
            self.cells.append(nn.LSTM(width, width, batch_first=True))


class StackByIndex(Stack):
    def forward(self, x: Tensor, states: Any = None) -> Any:
        states = [None] * len(self.cells) if states is None else list(states)
        for layer in range(len(self.cells)):
            norm = self.norms[layer]
            mean = x.mean(-1, keepdim=True)
            scale = (x.var(-1, unbiased=False, keepdim=True) + norm.eps).rsqrt()
            found, states[layer] = self.cells[layer]((x - mean) * scale * norm.weight + norm.bias, states[layer])
            x = found + x
        return x, tuple(states)


class StackInPlace(Stack):
    def forward(self, x: Tensor, states: Any = None) -> Any:
        after = []
        for layer, (norm, cell) in enumerate(zip(self.norms, self.cells, strict=True)):
            found, state = cell(norm(x), states[layer] if states else None)
            x += found
            after.append(state)
        return x, after


class StackOfPlainCells(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.cells = nn.ModuleList(nn.RNN(width, width, batch_first=True) for _ in range(layers))

    def forward(self, x, states=None):
        return x, []


class StackOutputsOnly(Stack):
    def forward(self, x, states=None):
        for norm, cell in zip(self.norms, self.cells, strict=True):
            x = x + cell(norm(x))[0]
        return x


class StackLastState(Stack):
    def forward(self, x, states=None):
        state = None
        for norm, cell in zip(self.norms, self.cells, strict=True):
            found, state = cell(norm(x))
            x = x + found
        return x, state


class StackUnregistered(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.norms = [nn.LayerNorm(width) for _ in range(layers)]
        self.cells = [nn.LSTM(width, width, batch_first=True) for _ in range(layers)]

    forward = Stack.forward


class StackKeepsInTheCallersList(Stack):
    def forward(self, x, states=None):
        states = [None] * len(self.cells) if states is None else states
        for layer, (norm, cell) in enumerate(zip(self.norms, self.cells, strict=True)):
            found, states[layer] = cell(norm(x), states[layer])
            x = x + found
        return x, states


class StackLengthFirst(Stack):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__(width, layers)
        self.cells = nn.ModuleList(nn.LSTM(width, width) for _ in range(layers))

    def forward(self, x, states=None):
        return StackByIndex.forward(self, x, states)  # type: ignore[arg-type]


class StackTwiceNormed(Stack):
    def forward(self, x, states=None):
        after = []
        for layer, (norm, cell) in enumerate(zip(self.norms, self.cells, strict=True)):
            found, state = cell(norm(norm(x)), states[layer] if states else None)
            x = x + found
            after.append(state)
        return x, after


class StackInPieces(Stack):
    """A right stack, of which the answers below change a piece."""

    def start(self, x, states, layer):
        return states[layer] if states else None

    def normed(self, x, layer):
        return self.norms[layer](x)

    def forward(self, x, states=None):
        after = []
        for layer, cell in enumerate(self.cells):
            found, state = cell(self.normed(x, layer), self.start(x, states, layer))
            x = x + found
            after.append(state)
        return x, after


class StackZerosOfItsOwn(StackInPieces):
    def start(self, x, states, layer):
        return states[layer] if states else (x.new_zeros(1, len(x), x.shape[2]),) * 2


class StackFloat32Zeros(StackInPieces):
    def start(self, x, states, layer):
        return states[layer] if states else (torch.zeros(1, len(x), x.shape[2]),) * 2


class StackReturnsWhatItGot(StackInPieces):
    def forward(self, x, states=None):
        outputs, _ = super().forward(x, states)
        return outputs, states


class StackFirstUnnormed(StackInPieces):
    def normed(self, x, layer):
        return super().normed(x, layer) if layer > 0 else x


class StackGoesOnBelowOnly(StackInPieces):
    def start(self, x, states, layer):
        return super().start(x, states, layer) if layer == 0 else None


class StackCutsOffTheGiven(StackInPieces):
    def start(self, x, states, layer):
        h, c = super().start(x, states, layer) or (x.new_zeros(1, len(x), x.shape[2]),) * 2
        return h.detach(), c.detach()


class StackCutsOffTheReturned(StackInPieces):
    def forward(self, x, states=None):
        outputs, after = super().forward(x, states)
        return outputs, [(h.data, c.data) for h, c in after]


class StackOneNorm(Stack):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__(width, layers)
        del self.norms
        self.norm = nn.LayerNorm(width)

    def forward(self, x, states=None):
        return x, []


class StackNormsIsOne(StackOneNorm):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__(width, layers)
        self.norms = nn.LayerNorm(width)


class StackCellsIsOne(Stack):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__(width, layers)
        self.cells = nn.LSTM(width, width, layers, batch_first=True)

    forward = StackOneNorm.forward


class StackOfPairs(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        pairs = [(nn.LayerNorm(width), nn.LSTM(width, width, batch_first=True)) for _ in range(layers)]
        self.blocks = nn.ModuleList(nn.ModuleList(pair) for pair in pairs)

    forward = StackOneNorm.forward


RIGHT = {
    "gated_rnn.gate": [gate_linear, gate_one_product, gate_loop, gate_by_tanh, gate_float64, gate_stable_halves],
    "gated_rnn.new_memory": [memory_addcmul, memory_loop],
    "gated_rnn.lstm_step": [step_four_products, step_rows, step_float64],
    "gated_rnn.lstm": [LayerWithProjectedInput, LayerLengthFirstInside, LayerInPieces],
    "gated_rnn.direct_path": [path_cumprod, path_products, path_accumulated],
    "gated_rnn.open_forget_gates": [open_by_state, open_by_chunks, open_right, opened(f_rows, to_the_first)],
    "gated_rnn.gru_step": [gru_by_gates, gru_rows, gru()],
    "gated_rnn.count_weights": [
        count_shapes,
        count_closed,
        count_lists(lambda blocks, n, d: blocks * d * (n + d + 2), lambda read, above: read),
    ],
    "gated_rnn.both_directions": [both_by_index, both_loop],
    "gated_rnn.stacked": [StackByIndex, StackInPieces, StackZerosOfItsOwn],
}
WRONG = {
    "gated_rnn.gate": [
        (gate_sign_of_the_exponent, "minus_sign_forgotten"),
        (gate_of_a_gate, "sigmoid_twice"),
        (gate_in_place, None),
        (gate_detached, None),
        (gate_float32, None),
        (gate_hard, None),
        (gate_overflows, "overflow"),
        (lambda x, h, w, u, b: torch.sigmoid(F.linear(x, w) + F.linear(h, u.T, b)), "state_weights_turned"),
        (lambda x, h, w, u, b: torch.sigmoid(-(F.linear(x, w) + F.linear(h, u, b))), "one_minus"),
    ],
    "gated_rnn.new_memory": [
        (memory_squeezes_all, "all_squeezed_again"),
        (memory_in_place, None),
        (memory_first_row, None),
        (lambda c, forget, write, candidate: torch.lerp(candidate, c, forget) + 0 * write, "coupled"),
        (lambda c, forget, write, candidate: c - forget * c + write * candidate, "forget_means_erase"),
    ],
    "gated_rnn.lstm_step": [
        (step_clamped, None),
        (step_bias_in_both_products, "bias_twice"),
        (step_h_in_both_places, "h_twice"),
        (step_shows_the_candidate, "candidate_shown"),
        (step_squeezes_as_it_goes, "squeezed_memory_kept_and_shown"),
        (step_mixes_like_a_gru, "coupled"),
        (step_given_cell, None),
        (step_given_function, None),
        (step_memory_in_place, None),
        (step_arguments_of_memory, "order_of_the_formulas"),
        (step_detached_memory, None),
        (lambda *given: step_four_products(*given)[::-1], "results_swapped"),
    ],
    "gated_rnn.lstm": [
        (LayerCutsAnewAtTheEnd, "stacked_first_then_viewed"),
        (LayerCutsAnewAtTheBeginning, "input_reshaped"),
        (LayerAlongTheBatch, "along_the_batch"),
        (LayerAlongTheBatchInTheLoop, "along_the_batch_with_its_zeros"),
        (LayerMemoryFirst, "arguments_crossed"),
        (LayerPairsOfItsOwn, "turned_on_both_sides"),
        (LayerCutsOffTheGiven, "given_state_detached"),
        (LayerCutsOffTheReturned, "returned_state_detached"),
        (LayerOwnZerosOfThree, None),
        (LayerOnlyZerosOfTheBuffer, None),
        (LayerMergesItsBiases, None),
        (LayerFloat32Start, None),
        (LayerKeepsItsState, None),
        (LayerThreeThings, None),
        (LayerBorrowed, None),
        (LayerOfTheFunction, None),
        (LayerSqueezesItsState, None),
        (LayerDropsAMemoryBesideZeros, None),
        (LayerTakesThePairWhole, None),
        (LayerForgetsToAssign, "memory_not_assigned"),
    ],
    "gated_rnn.direct_path": [
        (path_one_tensor_in_the_list, "one_number_for_all"),
        (path_clone, "begun_with_the_last_gate"),
        (path_clone_by_products, "last_row_its_own_gate"),
        (path_last_row_mended, "own_gate_included_but_in_the_last"),
        (path_in_place, None),
        (path_by_division, None),
        (path_by_clamped_division, None),
        (lambda forget: path_cumprod(forget).float(), None),
        (lambda forget: path_cumprod(forget) * forget, "own_gate_included"),
        (lambda forget: path_cumprod(forget).mean(1, keepdim=True).expand_as(forget), None),
    ],
    "gated_rnn.open_forget_gates": [
        (opened(f_rows, lambda name, value, old: value + old if "ih" in name else 0.0), "only_the_second_bias"),
        (opened(f_rows, lambda name, value, old: value + old if "hh" in name else 0.0), "other_bias_left"),
        (opened(f_rows, half, lambda name: "bias_ih" in name), "other_half_left"),
        (opened(f_rows, half, lambda name: "bias_hh" in name), "first_half_left"),
        (opened(lambda h: (0, h), half), "input_gate_by_halves"),
        (opened(lambda h: (0, h), lambda name, value, old: value), "input_gate_of_both"),
        (opened(lambda h: (0, h), half, lambda name: "bias_ih" in name), None),
        (opened(lambda h: (0, h), to_the_first, lambda name: "bias_ih" in name), "input_gate_of_one"),
        (opened(lambda h: (2 * h, 3 * h), half), "candidate_by_halves"),
        (opened(lambda h: (3 * h, 4 * h), half), "output_gate_by_halves"),
        (opened(lambda h: (0, 4 * h), half), "all_gates_by_halves"),
        (opened(lambda h: (h, 4 * h), half), "from_f_on_by_halves"),
        (opened(lambda h: (0, 2 * h), to_the_first), "up_to_f"),
        (opened(lambda h: (0, 2 * h), half), "up_to_f_by_halves"),
        (opened(f_rows, to_the_first, lambda name: name == "bias_ih_l0"), "first_bias_of_the_first_layer"),
        (
            opened(f_rows, lambda name, value, old: value, lambda name: name in ("bias_ih_l0", "bias_hh_l0")),
            "both_biases_of_the_first_layer",
        ),
        (opened(f_rows, to_the_first, lambda name: "weight_hh" not in name), "input_weights_caught"),
        (opened(f_rows, to_the_first, lambda name: True), "all_weights_caught"),
        (opened(f_rows, half, lambda name: True), "all_weights_caught_by_halves"),
        (open_with_gradient, None),
        (open_every_weight, None),
        (open_and_freeze, None),
        (open_new_parameters, None),
        (open_and_eval, None),
        (open_without_the_error, None),
        (open_and_empty, "other_bias_emptied"),
        (lambda lstm, value=1.0: value, None),
    ],
    "gated_rnn.gru_step": [
        (gru(lecture=lambda a, p, q, r, h, u: torch.tanh(a + r * p + q)), "only_z_and_the_bias_differ"),
        (gru(lecture=lambda a, p, q, r, h, u: torch.tanh(a + p + q)), "lecture_without_reset"),
        (gru_cards, "sums_interleaved"),
        (gru(pytorch=lambda a, p, q, r, h, u: torch.tanh(a + r * p)), "pytorchs_second_bias_forgotten"),
        (
            gru(
                pytorch=lambda a, p, q, r, h, u: torch.tanh(a + r * p),
                lecture=lambda a, p, q, r, h, u: torch.tanh(a + F.linear(r * h, u)),
            ),
            "candidates_second_bias_forgotten",
        ),
        (gru_with(gru_turned_last_block), "candidates_matrix_turned"),
        (gru_with(gru_turned_blocks), "matrices_turned"),
        (gru(torch.tanh), "tanh_gates"),
        (gru(lambda s: s), "bare_gates"),
        (gru(pytorch=lambda a, p, q, r, h, u: torch.tanh(r * (a + p + q))), "whole_sum_reset"),
        (gru(*[torch.sigmoid] + 2 * [lambda a, p, q, r, h, u: torch.tanh(r * (a + p + q))]), "whole_sum_reset_in_both"),
        (gru(pytorch=lambda a, p, q, r, h, u: r * torch.tanh(a + p + q)), "candidate_reset"),
        (gru_with(lambda w, u, b_w, b_u: (w, u, torch.zeros_like(b_w), b_u)), "no_first_bias"),
        (gru_with(lambda w, u, b_w, b_u: (w, u, b_w, b_w)), "first_bias_twice"),
        (gru_state_in_place, None),
        (gru_no_flag, None),
        (gru_given_function, None),
        (lambda x, h, w, u, b_w, b_u, lecture=False: gru_rows(x, h, w, u, b_w, b_u, not lecture), "flag_turned"),
        (lambda x, h, w, u, b_w, b_u, lecture=False: gru_rows(x, h, w, u, b_w, b_u), "flag_ignored"),
    ],
    "gated_rnn.count_weights": [
        (count_by_cells, None),
        (count_remembers, None),
        (count_lists(lambda blocks, n, d: d * (blocks * (n + d) + 2), lambda read, above: read), "biases_once_a_layer"),
        (
            count_lists(lambda blocks, n, d: blocks * (n * d + d * d + 2), lambda read, above: read),
            "biases_of_one_number",
        ),
        (
            count_lists(lambda blocks, n, d: blocks * d * (n + d + 2), lambda read, above: read[:-1]),
            "top_layer_missing",
        ),
        (
            count_lists(lambda blocks, n, d: blocks * d * (n + d + 2), lambda read, above: read[1:]),
            "lowest_layer_missing",
        ),
        (
            count_lists(lambda blocks, n, d: blocks * d * (n + d + 2), lambda read, above: [above] * len(read)),
            "lowest_layer_reads_states",
        ),
        (count_no_error, None),
        (count_float, None),
        (count_by_torch, None),
        (count_as_float, None),
        (count_as_tensor, None),
        (count_nameless_error, None),
        (lambda kind, n, h, layers=1, bidirectional=False: layers * count_closed(kind, n, h, 1, bidirectional), None),
    ],
    "gated_rnn.both_directions": [
        (both_features_once, "features_turned_once"),
        (both_turned_in_the_end, "whole_result_turned"),
        (both_detached, None),
        (both_added, None),
        (lambda x, forwards, backwards: both_by_index(x, backwards, forwards), "layers_exchanged"),
    ],
    "gated_rnn.stacked": [
        (StackFloat32Zeros, None),
        (StackReturnsWhatItGot, "given_states_returned"),
        (StackFirstUnnormed, "first_without_norm"),
        (StackGoesOnBelowOnly, "only_first_state_used"),
        (StackCutsOffTheGiven, "given_states_detached"),
        (StackCutsOffTheReturned, "returned_states_detached"),
        (StackOneNorm, None),
        (StackNormsIsOne, None),
        (StackCellsIsOne, None),
        (StackOfPairs, None),
        (StackInPlace, None),
        (StackOfPlainCells, None),
        (StackOutputsOnly, None),
        (StackLastState, None),
        (StackUnregistered, None),
        (StackTwiceNormed, None),
        (StackKeepsInTheCallersList, None),
        (StackLengthFirst, None),
    ],
}
