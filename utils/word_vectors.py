"""Vectors of words from the company they keep: the exercises of lesson 02, each a few lines.

Notation of the lecture: a word w has the vector v_w when it stands in the middle of a window (the *centre*) and the
vector u_w when it stands beside another word (*outside*). In code, rows are words. `utils.skipgram` trains such vectors
on a whole book with the same formulas.

Sources:
    Mikolov, Chen, Corrado & Dean (2013), "Efficient estimation of word representations in vector space",
    arXiv:1301.3781: skip-gram.
    Mikolov, Yih & Zweig (2013), "Linguistic regularities in continuous space word representations", NAACL-HLT 2013:
    the vector offset method with scaled vectors.
    Mikolov, Sutskever, Chen, Corrado & Dean (2013), "Distributed representations of words and phrases and their
    compositionality", arXiv:1310.4546: section 2.2 (negative sampling, the power 3/4), section 2.3 (subsampling).
    Bojanowski, Grave, Joulin & Mikolov (2017), "Enriching word vectors with subword information", arXiv:1607.04606:
    section 3.2 (character n-grams).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = [
    "SubwordEmbedding",
    "analogy",
    "character_ngrams",
    "keep_probability",
    "nearest",
    "noise_distribution",
    "sgns_gradients",
    "sgns_loss",
    "skipgram_loss",
    "window_pairs",
]


def window_pairs(tokens: Sequence[str], window: int) -> list[tuple[str, str]]:
    """All pairs (centre, outside) of a sliding window.

    The outside words of a centre are those at most `window` places away, on both sides, without the centre itself. At
    the ends of the sentence there are fewer.

    Args:
        tokens: one sentence; it may be empty or shorter than the window.
        window: how far the window reaches to each side, at least 1; the m of the lecture.

    Returns:
        The pairs, centres from left to right, and for each centre its outside words from left to right.

    Raises:
        ValueError: `window` is below 1.

    >>> window_pairs(["a", "b", "c"], 1)
    [('a', 'b'), ('b', 'a'), ('b', 'c'), ('c', 'b')]
    """
    if window < 1:
        raise ValueError(f"The window must reach at least 1 word to each side, not {window}.")
    ### BEGIN SOLUTION
    pairs = []
    for i, centre in enumerate(tokens):
        for j in range(max(0, i - window), min(len(tokens), i + window + 1)):
            if j != i:
                pairs.append((centre, tokens[j]))
    return pairs
    ### END SOLUTION


def skipgram_loss(centre: Tensor, outside_vectors: Tensor, outside: Tensor) -> Tensor:
    """The loss of skip-gram with a full softmax, averaged over the pairs of a batch.

    One pair costs -log P(o | c) = -u_o · v_c + log Σ_w exp(u_w · v_c), the sum over all words (lecture L3).

    Args:
        centre: (batch, d): v_c, the vector of each pair's centre.
        outside_vectors: (words, d): u_w for every word of the vocabulary.
        outside: (batch,), int64: the number of each pair's outside word.

    Returns:
        One number, the mean over the batch; natural logarithm. It stays finite for scores in the thousands.
    """
    ### BEGIN SOLUTION
    scores = centre @ outside_vectors.T  # (batch, words)
    right = scores.gather(1, outside[:, None])[:, 0]  # u_o · v_c of each pair
    return (torch.logsumexp(scores, dim=1) - right).mean()
    ### END SOLUTION


def noise_distribution(counts: Tensor, power: float = 0.75) -> Tensor:
    """From which the negative examples are drawn: counts raised to a power, divided by their sum.

    Args:
        counts: (words,): how often each word occurs, at least 1.
        power: any number; 1 gives the words' frequencies, 0 the uniform distribution.

    Returns:
        (words,), floating point, summing to one.

    Mikolov et al. 2013 (Distributed representations), section 2.2.

    >>> noise_distribution(torch.tensor([16, 1, 1])).tolist()
    [0.8, 0.1, 0.1]
    """
    ### BEGIN SOLUTION
    raised = counts**power
    return raised / raised.sum()
    ### END SOLUTION


def keep_probability(counts: Tensor, threshold: float = 1e-3) -> Tensor:
    """With which probability an occurrence of each word is kept: min(1, √(threshold / f)).

    f is the word's frequency, its count divided by the sum of counts. Words up to the threshold are always kept.

    Args:
        counts: (words,): how often each word occurs, at least 1.
        threshold: the t of the paper, a frequency.

    Returns:
        (words,), floating point, above 0 and at most 1.

    Mikolov et al. 2013 (Distributed representations), section 2.3, equation 5: there, the probability to *discard*.
    """
    ### BEGIN SOLUTION
    frequency = counts / counts.sum()
    return (threshold / frequency).sqrt().clamp(max=1.0)
    ### END SOLUTION


def sgns_loss(centre: Tensor, outside: Tensor, negatives: Tensor) -> Tensor:
    """The loss of negative sampling for each pair: -log σ(u_o · v_c) - Σ_k log σ(-u_k · v_c).

    Args:
        centre: (batch, d): v_c.
        outside: (batch, d): u_o, the vector of the word that did stand there.
        negatives: (batch, K, d): u_k, the vectors of K words drawn from the noise for each pair.

    Returns:
        (batch,): one loss a pair, at least 0; natural logarithm. It stays finite for scores in the thousands.

    Mikolov et al. 2013 (Distributed representations), section 2.2, equation 4, with the sign turned to make a loss.
    """
    ### BEGIN SOLUTION
    right = (centre * outside).sum(dim=1)  # (batch,)
    wrong = (negatives @ centre[:, :, None])[:, :, 0]  # (batch, K)
    return -F.logsigmoid(right) - F.logsigmoid(-wrong).sum(dim=1)
    ### END SOLUTION


def sgns_gradients(centre: Tensor, outside: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of the *sum* of `sgns_loss` over the batch, by hand.

    The derivative of -log σ(s) is σ(s) - 1, that of -log σ(-s) is σ(s): in both cases what the model says minus what it
    should have said, 1 for the pair and 0 for the noise.

    Args:
        centre, outside, negatives: as in `sgns_loss`.

    Returns:
        Three tensors of the shapes of `centre`, `outside` and `negatives`, in this order; right for scores of any size.
    """
    ### BEGIN SOLUTION
    right = torch.sigmoid((centre * outside).sum(dim=1, keepdim=True)) - 1  # (batch, 1)
    wrong = torch.sigmoid(negatives @ centre[:, :, None])  # (batch, K, 1)
    return right * outside + (wrong * negatives).sum(dim=1), right * centre, wrong * centre[:, None, :]
    ### END SOLUTION


def nearest(vectors: Tensor, query: Tensor, k: int = 5, exclude: Collection[int] = ()) -> list[tuple[int, float]]:
    """The k words whose vectors have the largest cosine with `query`.

    The cosine is (x · q) / (|x| |q|). A vector of zeros has no direction: its cosine with anything is 0.

    Args:
        vectors: (words, d).
        query: (d,).
        k: how many, 0 or more; if fewer words are left, all of them.
        exclude: numbers of words that must not be in the answer, such as that of the query itself.

    Returns:
        Pairs (number of the word, cosine), the largest cosine first; of equal ones, the lower number first.
    """
    ### BEGIN SOLUTION
    lengths = vectors.norm(dim=1) * query.norm()
    cosines = (vectors @ query) / torch.where(lengths > 0, lengths, torch.ones_like(lengths))
    order = torch.sort(cosines, descending=True, stable=True).indices.tolist()
    return [(i, float(cosines[i])) for i in [i for i in order if i not in exclude][:k]]
    ### END SOLUTION


def analogy(vectors: Tensor, a: int, b: int, c: int) -> int:
    """Which word is to c as b is to a: the one whose vector has the largest cosine with b̂ - â + ĉ.

    The hats say that each of the three is first scaled to length 1. The three words of the question cannot be the
    answer. Of equal cosines, the lower number wins.

    Args:
        vectors: (words, d), none of them zero; at least four words.
        a, b, c: numbers of words: a is to b as c is to the answer.

    Returns:
        The number of a word.

    Mikolov, Yih & Zweig 2013, the vector offset method.
    """
    ### BEGIN SOLUTION
    unit = F.normalize(vectors, dim=1)
    return nearest(unit, unit[b] - unit[a] + unit[c], k=1, exclude={a, b, c})[0][0]
    ### END SOLUTION


def character_ngrams(word: str, shortest: int = 3, longest: int = 6) -> list[str]:
    """The character n-grams of a word between the marks < and >, and the marked word itself.

    Args:
        word: any string without the marks; it may be empty or shorter than `shortest`.
        shortest, longest: the lengths of the n-grams, both included; the marks count.

    Returns:
        Each once: the shorter before the longer, those of one length from left to right (each where it occurs first);
        the marked word at the end unless it is there already.

    Bojanowski et al. 2017, section 3.2.

    >>> character_ngrams("where", 3, 3)
    ['<wh', 'whe', 'her', 'ere', 're>', '<where>']
    """
    ### BEGIN SOLUTION
    marked = f"<{word}>"
    grams = [marked[i : i + n] for n in range(shortest, longest + 1) for i in range(len(marked) - n + 1)]
    return list(dict.fromkeys([*grams, marked]))
    ### END SOLUTION


class SubwordEmbedding(nn.Module):
    """Vectors for words, known or not: the mean of the vectors of their character n-grams.

    Args:
        ngrams: the n-grams that have a vector, each once; the row of an n-gram is its place in this list.
        width: d, the width of the vectors.
        shortest, longest: the lengths of n-grams, as in `character_ngrams`.

    Attributes:
        vectors: `nn.Embedding(len(ngrams), width)`, with the random start that PyTorch gives it.

    Bojanowski et al. 2017, section 3.2. The paper sums the vectors; the mean, which its authors' program takes, keeps
    long words from having long vectors.
    """

    def __init__(self, ngrams: Sequence[str], width: int, shortest: int = 3, longest: int = 6) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.rows = {gram: row for row, gram in enumerate(ngrams)}
        self.lengths = shortest, longest
        self.vectors = nn.Embedding(len(self.rows), width)
        ### END SOLUTION

    def forward(self, words: Sequence[str]) -> Tensor:
        """A vector for each word.

        Args:
            words: any strings; none of them need be a known word. The list may be empty.

        Returns:
            (len(words), width): the mean over those of the word's n-grams that have a vector; zeros if none has.
        """
        ### BEGIN SOLUTION
        made = []
        for word in words:
            known = [self.rows[gram] for gram in character_ngrams(word, *self.lengths) if gram in self.rows]
            rows = self.vectors.weight[known]  # (known, width)
            made.append(rows.sum(dim=0) / max(len(known), 1))
        return torch.stack(made) if made else self.vectors.weight.new_zeros(0, self.vectors.embedding_dim)
        ### END SOLUTION
