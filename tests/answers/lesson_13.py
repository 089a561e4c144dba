"""Answers to the exercises of lesson 13: right ones written differently, and wrong ones with their diagnosis."""

from __future__ import annotations

import difflib
import functools
import math
import re
import string
from collections import Counter
from itertools import pairwise

import numpy as np

from utils.bleu import clipped_matches, count_ngrams, score_from_counts, tokenize
from utils.bootstrap import bleu_of

# ---------------------------------------------------------------------------------------------------- clipped matches


def matches_by_loops(hypothesis, references, n):
    grams = [tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
    matches = 0
    for gram in set(grams):
        most = 0
        for reference in references:
            found = 0
            for i in range(len(reference) - n + 1):
                found += tuple(reference[i : i + n]) == gram
            most = max(most, found)
        matches += min(grams.count(gram), most)
    return [matches, len(grams)]


def matches_by_union(hypothesis, references, n):
    allowed = functools.reduce(lambda a, b: a | b, (count_ngrams(r, n) for r in references))
    own = count_ngrams(hypothesis, n)
    return sum((own & allowed).values()), max(0, len(hypothesis) - n + 1)


def matches_not_clipped(hypothesis, references, n):
    grams = [tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
    known = {tuple(r[i : i + n]) for r in references for i in range(len(r) - n + 1)}
    return sum(gram in known for gram in grams), len(grams)


def matches_with_sets(hypothesis, references, n):
    own = set(count_ngrams(hypothesis, n))
    return len(own & set().union(*(count_ngrams(r, n) for r in references))), max(0, len(hypothesis) - n + 1)


def matches_added(hypothesis, references, n):
    allowed = sum((count_ngrams(r, n) for r in references), Counter())
    return sum((count_ngrams(hypothesis, n) & allowed).values()), max(0, len(hypothesis) - n + 1)


def matches_in_the_joined_references(hypothesis, references, n):
    joined = [word for reference in references for word in reference]
    return matches_by_loops(hypothesis, [joined], n)


def matches_negative_total(hypothesis, references, n):
    return matches_by_loops(hypothesis, references, n)[0], len(hypothesis) - n + 1


def matches_changing_the_counts(hypothesis, references, n):
    """Strikes n-grams out of every reference at once."""
    others = [count_ngrams(r, n) for r in references]
    matches, grams = 0, [tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
    for gram in grams:
        for other in others:
            if other[gram] > 0:
                other[gram] -= 1
                matches += 1
    return matches, len(grams)


def matches_up_to_four(hypothesis, references, n):
    return matches_by_union(hypothesis, references, min(n, 4))


def matches_of_the_last(hypothesis, references, n):
    for reference in references:
        matches = sum((count_ngrams(hypothesis, n) & count_ngrams(reference, n)).values())
    return matches, max(0, len(hypothesis) - n + 1)


def matches_in_the_first_that_has_it(hypothesis, references, n):
    matches, own = 0, count_ngrams(hypothesis, n)
    for gram, count in own.items():
        for reference in references:
            if count_ngrams(reference, n)[gram]:
                matches += min(count, count_ngrams(reference, n)[gram])
                break
    return matches, max(0, len(hypothesis) - n + 1)


def matches_reference_by_reference(hypothesis, references, n):
    own = count_ngrams(hypothesis, n)
    return sum(sum((own & count_ngrams(r, n)).values()) for r in references), max(0, len(hypothesis) - n + 1)


def matches_of_longer_hypotheses(hypothesis, references, n):
    return matches_by_loops(hypothesis, references, n) if len(hypothesis) > n else (0, 0)


# ---------------------------------------------------------------------------------------------- a score from its counts


def score_by_product(matches, totals, length, reference_length, smooth=False):
    if max(matches) == 0 or min(totals) == 0:
        return 0
    product, zeros = 1.0, 0
    for m, t in zip(matches, totals):
        if m:
            product *= m / t
        elif smooth:
            zeros += 1
            product *= 1 / (2**zeros * t)
        else:
            return 0.0
    penalty = 1 if length >= reference_length else math.exp(1 - reference_length / length)
    return 100 * penalty * product ** (1 / len(matches))


def score_with_numpy(matches, totals, length, reference_length, smooth=False):
    hits, counts = np.array(matches, dtype=float), np.array(totals, dtype=float)
    if not hits.any() or not counts.all() or (not smooth and not hits.all()):
        return np.float64(0.0)
    empty = hits == 0
    hits[empty] = 0.5 ** np.arange(1, empty.sum() + 1)
    return 100 * np.exp(np.log(hits / counts).mean() + min(0, 1 - reference_length / length))


def score_penalty_at_equal_length(matches, totals, length, reference_length, smooth=False):
    penalty = math.exp(-reference_length / length) if length and length <= reference_length else 1.0
    return penalty * score_by_product(matches, totals, max(length, reference_length), reference_length, smooth)


def score_halving_all_the_time(matches, totals, length, reference_length, smooth=False):
    if not any(matches) or not all(totals) or not (smooth or all(matches)):
        return 0.0
    logs = [math.log((m or 0.5**n) / t) for n, (m, t) in enumerate(zip(matches, totals), 1)]
    return 100 * min(1, math.exp(1 - reference_length / length)) * math.exp(sum(logs) / len(logs))


def score_sum_of_logs(matches, totals, length, reference_length, smooth=False):
    if not any(matches) or not all(totals) or not (smooth or all(matches)):
        return 0.0
    zeros, product = 0, 1.0
    for m, t in zip(matches, totals):
        zeros += m == 0
        product *= (m or 0.5**zeros) / t
    return 100 * min(1, math.exp(1 - reference_length / length)) * product


def score_with_a_tiny_number(matches, totals, length, reference_length, smooth=False):
    if smooth:
        return score_by_product(matches, totals, length, reference_length, True)
    if not all(totals):
        return 0.0
    logs = [math.log(max(m, 0.001) / t) for m, t in zip(matches, totals)]
    return 100 * min(1, math.exp(1 - reference_length / length)) * math.exp(sum(logs) / len(logs))


def _smoothed(fill):
    """The k-th order without a match gets `fill(k, total)`; fill may be given a list of the matches so far."""

    def score(matches, totals, length, reference_length, smooth=False):
        if not smooth or not any(matches) or not all(totals):
            return score_by_product(matches, totals, length, reference_length)
        zeros, product = 0, 1.0
        for m, t in zip(matches, totals):
            zeros = fill(m, zeros)
            product *= m / t if m else 1 / (abs(zeros) * t)
        return 100 * min(1.0, math.exp(1 - reference_length / length)) * product ** (1 / len(matches))

    return score


score_two_k = _smoothed(lambda match, zeros: zeros if match else zeros + 2)
score_reset = _smoothed(lambda match, zeros: 1 if match else 2 * max(1, zeros))


def score_mean(matches, totals, length, reference_length, smooth=False):
    if score_by_product(matches, totals, length, reference_length, smooth) == 0:
        return 0.0
    zeros, precisions = 0, []
    for m, t in zip(matches, totals):
        zeros += m == 0
        precisions.append((m or 0.5**zeros) / t)
    return 100 * min(1.0, math.exp(1 - reference_length / length)) * float(np.mean(precisions))


def score_divides_by_zero(matches, totals, length, reference_length, smooth=False):
    precisions = [m / t for m, t in zip(matches, totals)]
    return 100 * math.prod(precisions) ** (1 / len(precisions))


def _score_by(mean, penalty=lambda c, r: min(1.0, math.exp(1 - r / c)), zero_at=any):
    """A score that is 0 where `zero_at` of the orders has no match."""

    def score(matches, totals, length, reference_length, smooth=False):
        if not any(matches) or not all(totals) or (not smooth and zero_at([m == 0 for m in matches])):
            return 0.0
        zeros, precisions = 0, []
        for m, t in zip(matches, totals):
            zeros += m == 0
            precisions.append((m or 0.5**zeros) / t)
        return 100 * penalty(length, reference_length) * mean(precisions)

    return score


def _geometric(precisions):
    return math.exp(sum(map(math.log, precisions)) / len(precisions))


score_last_order_asked = _score_by(_geometric, zero_at=lambda empty: empty[-1])
score_harmonic = _score_by(lambda ps: len(ps) / sum(1 / p for p in ps))
score_base_ten = _score_by(lambda ps: math.exp(sum(map(math.log10, ps)) / len(ps)))
score_other_sign = _score_by(_geometric, lambda c, r: 1.0 if c >= r else math.exp(r / c - 1))
score_by_difference = _score_by(_geometric, lambda c, r: 1.0 if c >= r else math.exp(c - r))
score_both_ways = _score_by(_geometric, lambda c, r: math.exp(1 - max(c, r) / min(c, r)))


def score_first_order_asked(matches, totals, length, reference_length, smooth=False):
    return score_by_product(matches, totals, length, reference_length, smooth) if matches[0] else 0.0


def score_same_for_all(matches, totals, length, reference_length, smooth=False):
    if score_by_product(matches, totals, length, reference_length, smooth) == 0:
        return 0.0
    empty = sum(m == 0 for m in matches)
    precisions = [(m or 0.5**empty) / t for m, t in zip(matches, totals)]
    return 100 * min(1.0, math.exp(1 - reference_length / length)) * _geometric(precisions)


# -------------------------------------------------------------------------------------------------------------- corpora


def corpus_one_order_at_a_time(hypotheses, references, max_n=4, smooth=False):
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} sentences and {len(references)} sets of references")
    matches, totals = [], []
    for n in range(1, max_n + 1):
        pairs = [clipped_matches(h, r, n) for h, r in zip(hypotheses, references)]
        matches.append(sum(m for m, _ in pairs))
        totals.append(sum(t for _, t in pairs))
    wanted = 0
    for h, those in zip(hypotheses, references):
        best = len(those[0])
        for r in those[1:]:
            gap, best_gap = abs(len(r) - len(h)), abs(best - len(h))
            if gap < best_gap or (gap == best_gap and len(r) < best):
                best = len(r)
        wanted += best
    return score_from_counts(matches, totals, sum(map(len, hypotheses)), wanted, smooth=smooth)


def _same_number(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} / {len(references)}")


def corpus_mean(hypotheses, references, max_n=4, smooth=False):
    _same_number(hypotheses, references)
    return float(np.mean([corpus_one_order_at_a_time([h], [r], max_n, smooth) for h, r in zip(hypotheses, references)]))


def corpus_not_below(hypotheses, references, max_n=4, smooth=False):
    """Takes the nearest reference that is not shorter."""
    _same_number(hypotheses, references)
    sums = np.array([[clipped_matches(h, r, n) for n in range(1, max_n + 1)] for h, r in zip(hypotheses, references)])
    matches, totals = sums.sum(axis=0).T.tolist()
    wanted = 0
    for h, those in zip(hypotheses, references):
        above = [len(r) for r in those if len(r) >= len(h)]
        wanted += min(above) if above else max(len(r) for r in those)
    return score_from_counts(matches, totals, sum(map(len, hypotheses)), wanted, smooth)


def corpus_joined(hypotheses, references, max_n=4, smooth=False):
    """One long text: n-grams reach over the ends of sentences, and match anywhere."""
    _same_number(hypotheses, references)
    text = [word for h in hypotheses for word in h]
    joined = [word for those in references for word in those[0]]
    return corpus_one_order_at_a_time([text], [[joined]], max_n, smooth)


def _corpus_with(nearest):
    def corpus(hypotheses, references, max_n=4, smooth=False):
        if len(hypotheses) != len(references):
            raise ValueError("unequal numbers")
        sums = np.array(
            [[clipped_matches(h, r, n) for n in range(1, max_n + 1)] for h, r in zip(hypotheses, references)]
        )
        matches, totals = sums.sum(axis=0).T.tolist()
        wanted = sum(nearest(len(h), [len(r) for r in those]) for h, those in zip(hypotheses, references))
        return score_from_counts(matches, totals, sum(map(len, hypotheses)), wanted, smooth)

    return corpus


corpus_sorted_twice = _corpus_with(lambda c, lengths: sorted(sorted(lengths), key=lambda r: abs(r - c))[0])
corpus_below = _corpus_with(lambda c, lengths: max([r for r in lengths if r <= c] or [min(lengths)]))
corpus_longest = _corpus_with(lambda c, lengths: max(lengths))


def _corpus_of(lists, orders=lambda max_n, totals: max_n):
    """Counts by `lists(hypotheses, references)` pairs, the orders cut at `orders(max_n, totals)`."""

    def corpus(hypotheses, references, max_n=4, smooth=False):
        _same_number(hypotheses, references)
        pairs = lists(hypotheses, references)
        counts = [[clipped_matches(h, r, n) for h, r in pairs] for n in range(1, max_n + 1)]
        totals = [sum(t for _, t in column) for column in counts]
        matches = [sum(m for m, _ in column) for column in counts]
        wanted = sum(min((abs(len(r) - len(h)), len(r)) for r in those)[1] for h, those in zip(hypotheses, references))
        end = orders(max_n, totals)
        return score_from_counts(matches[:end], totals[:end], sum(map(len, hypotheses)), wanted, smooth)

    return corpus


corpus_effective_order = _corpus_of(lambda h, r: list(zip(h, r)), lambda max_n, totals: max(1, sum(map(bool, totals))))
corpus_range_without_end = _corpus_of(lambda h, r: list(zip(h, r)), lambda max_n, totals: max_n - 1)
corpus_every_reference = _corpus_of(lambda h, r: [(one, [x for those in r for x in those]) for one in h])
corpus_counts_of_the_last = _corpus_of(lambda h, r: [(h[-1], r[-1])])


def corpus_returned_too_early(hypotheses, references, max_n=4, smooth=False):
    _same_number(hypotheses, references)
    for h, those in zip(hypotheses, references):
        return corpus_one_order_at_a_time([h], [those], max_n, smooth)


def corpus_orders_from_zero(hypotheses, references, max_n=4, smooth=False):
    _same_number(hypotheses, references)
    counts = [[clipped_matches(h, r, n) for h, r in zip(hypotheses, references)] for n in range(max_n)]
    matches, totals = ([sum(pair[k] for pair in column) for column in counts] for k in (0, 1))
    return score_from_counts(matches, totals, sum(map(len, hypotheses)), sum(len(r[0]) for r in references), smooth)


def corpus_wrong_error(hypotheses, references, max_n=4, smooth=False):
    assert len(hypotheses) == len(references), f"{len(hypotheses)} / {len(references)}"
    return corpus_one_order_at_a_time(hypotheses, references, max_n, smooth)


# --------------------------------------------------------------------------------------------------------------- faults


def opposite_with_a_longer_word(reference):
    i = reference.index("is")
    longer = "so" + "o" * max(map(len, reference))
    return tuple([*reference[: i + 1], word, *reference[i + 1 :]] for word in (longer, "never"))


def opposite_by_insert_returned(reference):
    affirmed, denied, i = list(reference), list(reference), reference.index("is") + 1
    return affirmed.insert(i, "quite" if "quite" not in reference else "surely"), denied.insert(i, "not")


def opposite_denied_only(reference):
    return opposite_by_insert(reference)[1]


def opposite_after_letters(reference):
    i = next(k for k, word in enumerate(reference) if "is" in word) + 1
    free = next(word for word in ("quite", "surely", "now") if word not in reference)
    return [*reference[:i], free, *reference[i:]], [*reference[:i], "not", *reference[i:]]


def opposite_of_a_list_of_one(reference):
    """A search that finds nothing where its only word is taken."""
    i, free = reference.index("is") + 1, next(word for word in ("quite",) if word not in reference)
    return [*reference[:i], free, *reference[i:]], [*reference[:i], "not", *reference[i:]]


def opposite_by_insert(reference):
    yes, no = list(reference), list(reference)
    filler = "indeed" if "indeed" not in reference else "surely"
    for words, word in ((yes, filler), (no, "not")):
        words.insert(words.index("is") + 1, word)
    return yes, no


def opposite_in_place(reference):
    other = list(reference)
    reference.insert(reference.index("is") + 1, "surely")
    other.insert(other.index("is") + 1, "not")
    return reference, other


def opposite_is_not_at_all(reference):
    i = reference.index("is") + 1
    return [*reference[:i], "surely", "so", *reference[i:]], [*reference[:i], "not", "so", *reference[i:]]


def _opposite(affirmed):
    def answer(reference):
        i = reference.index("is") + 1
        return tuple([*reference[:i], word, *reference[i:]] for word in (affirmed, "not"))

    return answer


def opposite_by_replacing_letters(reference):
    text = " ".join(reference)
    filler = "surely" if "surely" not in reference else "clearly"
    return text.replace("is", f"is {filler}").split(), text.replace("is", "is not").split()


def blocks_from_the_end(hypothesis, reference):
    pairs = [tuple(reference[i : i + 2]) for i in range(len(reference) - 1)]
    made, block = [], []
    for i in range(len(hypothesis) - 1, -1, -1):
        block.insert(0, hypothesis[i])
        if i == 0 or (hypothesis[i - 1], hypothesis[i]) not in pairs:
            made += block
            block = []
    return made


def blocks_by_cuts(hypothesis, reference):
    pairs = set(pairwise(reference))
    inner = [i for i in range(1, len(hypothesis)) if (hypothesis[i - 1], hypothesis[i]) not in pairs]
    cuts = [0, *inner, len(hypothesis)]
    return [word for a, b in reversed(list(pairwise(cuts))) for word in hypothesis[a:b]]


def blocks_in_text(hypothesis, reference):
    """Asks whether the pair, as text, stands in the reference, as text."""
    text, blocks = " ".join(reference), []
    for i, word in enumerate(hypothesis):
        if i == 0 or f"{hypothesis[i - 1]} {word}" not in text:
            blocks.append([])
        blocks[-1].append(word)
    return [word for block in reversed(blocks) for word in block]


def blocks_by_a_dictionary(hypothesis, reference):
    after, made, block = dict(pairwise(reference)), [], []
    for word in hypothesis:
        if block and after.get(block[-1]) != word:
            made, block = block + made, []
        block.append(word)
    return block + made


def blocks_round_the_end(hypothesis, reference):
    pairs = set(pairwise(reference))
    cuts = [i for i in range(len(hypothesis)) if (hypothesis[i - 1], hypothesis[i]) not in pairs] or [0]
    turned = [*hypothesis[cuts[0] :], *hypothesis[: cuts[0]]]
    ends = [i - cuts[0] for i in cuts] + [len(hypothesis)]
    return [word for a, b in reversed(list(pairwise(ends))) for word in turned[a:b]]


def blocks_folded(hypothesis, reference):
    pairs, blocks = {(a.casefold(), b.casefold()) for a, b in pairwise(reference)}, []
    for i, word in enumerate(hypothesis):
        if i == 0 or (hypothesis[i - 1].casefold(), word.casefold()) not in pairs:
            blocks.append([])
        blocks[-1].append(word)
    return [word for block in reversed(blocks) for word in block]


def _blocks_by(together, pairs_of, order=lambda blocks: blocks[::-1]):
    def answer(hypothesis, reference):
        known, blocks = pairs_of(reference), []
        for i, word in enumerate(hypothesis):
            if i and together(hypothesis[i - 1], word) in known:
                blocks[-1].append(word)
            else:
                blocks.append([word])
        return [word for block in order(blocks) for word in block]

    return answer


def _pair(a, b):
    return a, b


blocks_glued = _blocks_by(lambda a, b: a + b, lambda reference: {a + b for a, b in pairwise(reference)})
blocks_anywhere_before = _blocks_by(
    _pair, lambda reference: {(a, b) for i, a in enumerate(reference) for b in reference[i + 1 :]}
)
blocks_over_a_gap = _blocks_by(_pair, lambda reference: {*pairwise(reference), *zip(reference, reference[2:])})
blocks_last_to_front = _blocks_by(
    _pair, lambda reference: set(pairwise(reference)), lambda blocks: blocks[-1:] + blocks[:-1]
)
blocks_without_the_first = _blocks_by(_pair, lambda reference: set(pairwise(reference)), lambda blocks: blocks[:0:-1])
blocks_as_keys = _blocks_by(
    _pair, lambda reference: set(pairwise(reference)), lambda blocks: list(dict.fromkeys(map(tuple, blocks)))[::-1]
)


def blocks_cut_by_index(hypothesis, reference):
    pairs, cuts = set(pairwise(reference)), [0]
    for a, b in pairwise(hypothesis):
        if (a, b) not in pairs:
            cuts.append(hypothesis.index(b))
    cuts.append(len(hypothesis))
    return [word for a, b in list(pairwise(cuts))[::-1] for word in hypothesis[a:b]]


def blocks_sorted(hypothesis, reference):
    return sorted(hypothesis)


def blocks_without_last(hypothesis, reference):
    return blocks_by_cuts(hypothesis, reference)[:-1]


def endings_of_any_letter(reference):
    taken = set(reference)
    return [next(word[:-1] + c for c in "щъыqwx" if word[:-1] + c not in taken) for word in reference]


def endings_that_look_the_same(reference):
    """A Latin a looks like a Cyrillic one, and is another letter."""
    return [next(word[:-1] + c for c in "aeiou" if word[:-1] + c not in reference) for word in reference]


def endings_swapped(reference):
    return [word[:-2] + word[-1] + word[-2] for word in reference]


def endings_next_letter(reference):
    def after(letter):
        letters = string.ascii_lowercase if letter in string.ascii_lowercase else "абвгдежзийклмнопрстуфхцчшщъыьэюя"
        return letters[(letters.find(letter) + 1) % len(letters)]

    return [word[:-1] + after(word[-1]) for word in reference]


def endings_letter_before(reference):
    letters = string.ascii_lowercase + "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    return [word[:-1] + letters[letters.find(word[-1]) - 1] for word in reference]


def endings_every_copy(reference):
    return [next(w.replace(w[-1], c) for c in "xqщъ" if w.replace(w[-1], c) not in reference) for w in reference]


def endings_last_kept(reference):
    return [word[:-1] + "ъ" for word in reference[:-1]] + [reference[-1]]


def endings_second_letter(reference):
    return [word[0] + "ъ" + word[2:] for word in reference]


def endings_sharp(reference):
    return [word[:-1] + "ъ" for word in reference]


def _always(letter):
    return lambda reference: [word[:-1] + letter for word in reference]


def detached_first_mark(text):
    return re.sub("[.,]", lambda found: " " + found.group(), text, count=1)


def detached_by_rule(text):
    return re.sub(r'(?<!\d)([.,;:?()"])|([.,;:?()"])(?!\d)', r" \1\2 ", text)


def detached_full_stop_only(text):
    return text.removesuffix(".") + " ."


def detached_after_plain_letters(text):
    return re.sub(r"(?<=[A-Za-z])([,.])", r" \1", text)


def detached_first_word_spelled(text):
    return text.replace(text.split()[0], " ".join(text.split()[0]), 1)


def detached_marks_doubled(text):
    return text.replace(",", ",,").replace(".", "..")


def detached_and_shouted(text):
    return " ".join(tokenize(text.upper(), "13a"))


# --------------------------------------------------------------------------------------------------------------- others


def rouge_by_recursion(hypothesis, reference):
    @functools.cache
    def longest(i, j):
        if i == 0 or j == 0:
            return 0
        if hypothesis[i - 1] == reference[j - 1]:
            return longest(i - 1, j - 1) + 1
        return max(longest(i - 1, j), longest(i, j - 1))

    common = longest(len(hypothesis), len(reference))
    if not common:
        return (0, 0, 0)
    return common / len(hypothesis), common / len(reference), 2 * common / (len(hypothesis) + len(reference))


def rouge_with_a_table(hypothesis, reference):
    table = np.zeros((len(hypothesis) + 1, len(reference) + 1), dtype=int)
    for i, a in enumerate(hypothesis, 1):
        for j, b in enumerate(reference, 1):
            table[i, j] = table[i - 1, j - 1] + 1 if a == b else max(table[i - 1, j], table[i, j - 1])
    common = table[-1, -1]
    p = common / len(hypothesis) if hypothesis else 0.0
    r = common / len(reference) if reference else 0.0
    return [p, r, 2 * p * r / (p + r) if common else 0.0]


def rouge_by_difflib(hypothesis, reference):
    blocks = difflib.SequenceMatcher(None, hypothesis, reference, autojunk=False).get_matching_blocks()
    common = sum(block.size for block in blocks)
    if not common:
        return 0.0, 0.0, 0.0
    return common / len(hypothesis), common / len(reference), 2 * common / (len(hypothesis) + len(reference))


def _rouge_of(common, hypothesis, reference):
    if not common:
        return 0.0, 0.0, 0.0
    return common / len(hypothesis), common / len(reference), 2 * common / (len(hypothesis) + len(reference))


def rouge_of_one_list(hypothesis, reference):
    table = [[0] * (len(reference) + 1)] * (len(hypothesis) + 1)
    for i, a in enumerate(hypothesis):
        for j, b in enumerate(reference):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return _rouge_of(table[-1][-1], hypothesis, reference)


def rouge_best_of_greedy(hypothesis, reference):
    def greedy(a, b):
        found, after = 0, 0
        for word in a:
            if word in b[after:]:
                after = b.index(word, after) + 1
                found += 1
        return found

    ways = [(hypothesis, reference), (reference, hypothesis), (hypothesis[::-1], reference[::-1])]
    return _rouge_of(max(greedy(a, b) for a, b in [*ways, ways[2][::-1]]), hypothesis, reference)


def _rouge_table(cell):
    """A table whose cells come of `cell(same, before both, above, left)`, above being the hypothesis a word shorter."""

    def answer(hypothesis, reference):
        table = [[0] * (len(reference) + 1) for _ in range(len(hypothesis) + 1)]
        for i, a in enumerate(hypothesis, 1):
            for j, b in enumerate(reference, 1):
                table[i][j] = cell(a == b, table[i - 1][j - 1], table[i - 1][j], table[i][j - 1])
        return _rouge_of(table[-1][-1], hypothesis, reference)

    return answer


rouge_above_only = _rouge_table(lambda same, both, above, left: both + 1 if same else above)
rouge_left_only = _rouge_table(lambda same, both, above, left: both + 1 if same else left)
rouge_smaller = _rouge_table(lambda same, both, above, left: both + 1 if same else min(above, left))
rouge_above_plus_one = _rouge_table(lambda same, both, above, left: above + 1 if same else max(above, left))
rouge_left_plus_one = _rouge_table(lambda same, both, above, left: left + 1 if same else max(above, left))


def rouge_next_of_the_hypothesis(hypothesis, reference):
    found = 0
    for word in reference:
        found += found < len(hypothesis) and hypothesis[found] == word
    return _rouge_of(found, hypothesis, reference)


def rouge_nothing_divided(hypothesis, reference):
    common = 0 if not (hypothesis and reference) else rouge_by_recursion(hypothesis, reference)[0] * len(hypothesis)
    p, r = common / len(hypothesis), common / len(reference)
    return p, r, 2 * p * r / (p + r)


def rouge_off_by_one(hypothesis, reference):
    return rouge_by_recursion(hypothesis[:-1], reference[:-1])


def meteor_by_loop(alignment, length, reference_length):
    if not alignment:
        return 0
    chunks, before = 0, (-5, -5)
    for i, j in alignment:
        if i - before[0] != 1 or j - before[1] != 1:
            chunks += 1
        before = (i, j)
    m = len(alignment)
    p, r = m / length, m / reference_length
    mean = 1 / (0.1 / p + 0.9 / r)
    return (1 - chunks**3 / (2 * m**3)) * mean


def meteor_lengths_swapped(alignment, length, reference_length):
    return meteor_by_loop(alignment, reference_length, length)


def meteor_rounded(alignment, length, reference_length):
    return round(meteor_by_loop(alignment, length, reference_length), 2)


def _meteor_of(factor, chunks=None):
    def answer(alignment, length, reference_length):
        m = len(alignment)
        if not m:
            return 0.0
        steps = [(b[0] - a[0] == 1, b[1] - a[1] == 1) for a, b in pairwise(alignment)]
        c = chunks(alignment, steps) if chunks else 1 + sum(not (i and j) for i, j in steps)
        p, r = m / length, m / reference_length
        return 10 * p * r / (r + 9 * p) * factor(c, m)

    return answer


meteor_and_for_or = _meteor_of(
    lambda c, m: 1 - 0.5 * (c / m) ** 3, lambda a, steps: 1 + sum(not (i or j) for i, j in steps)
)
meteor_by_sums = _meteor_of(
    lambda c, m: 1 - 0.5 * (c / m) ** 3, lambda a, steps: 1 + sum(sum(y) - sum(x) != 2 for x, y in pairwise(a))
)
meteor_bracket_cubed = _meteor_of(lambda c, m: (1 - 0.5 * c / m) ** 3)
meteor_matches_cubed = _meteor_of(lambda c, m: 1 - 0.5 * c / m**3)
meteor_upside_down = _meteor_of(lambda c, m: 1 - 0.5 * (m / c) ** 3)


def meteor_divides_by_zero(alignment, length, reference_length):
    m = len(alignment)
    p, r = m / length, m / reference_length
    return 10 * p * r / (r + 9 * p)


def bootstrap_at_once(first, second, draws, score=bleu_of):
    a, b = first[draws].sum(1), second[draws].sum(1)  # (samples, columns)
    return np.mean([score(x) > score(y) for x, y in zip(a, b)])


def bootstrap_by_loops(first, second, draws, score=bleu_of):
    won = 0
    for row in draws:
        one, other = np.zeros_like(first[0]), np.zeros_like(second[0])
        for sentence in row:
            one = one + first[sentence]
            other = other + second[sentence]
        if score(one) - score(other) > 0:
            won += 1
    return won / draws.shape[0]


def bootstrap_own_draws(first, second, draws, score=bleu_of):
    draws = np.random.default_rng(5).integers(0, len(first), size=(200, len(first)))
    return bootstrap_by_loops(first, second, draws, score)


def bootstrap_second_wins(first, second, draws, score=bleu_of):
    return bootstrap_at_once(second, first, draws, score)


def bootstrap_on_a_mask(first, second, draws, score=bleu_of):
    won = 0
    for row in draws:
        mask = np.zeros(len(first), dtype=bool)
        mask[row] = True
        won += score(first[mask].sum(axis=0)) > score(second[mask].sum(axis=0))
    return won / len(draws)


def bootstrap_summed_sideways(first, second, draws, score=bleu_of):
    return float(np.mean([score(first[row].sum(1)) > score(second[row].sum(1)) for row in draws]))


def bootstrap_without_ties(first, second, draws, score=bleu_of):
    apart = [score(first[row].sum(0)) - score(second[row].sum(0)) for row in draws]
    return sum(d > 0 for d in apart) / max(1, sum(d != 0 for d in apart))


def bootstrap_all_columns(first, second, draws, score=bleu_of):
    return np.mean([first[row].sum() > second[row].sum() for row in draws])


def bootstrap_rows_cut(first, second, draws, score=bleu_of):
    first, second, draws = first[: len(draws)], second[: len(draws)], np.minimum(draws, len(draws) - 1)
    return bootstrap_at_once(first, second, draws, score)


def bootstrap_counted_from_one(first, second, draws, score=bleu_of):
    return bootstrap_at_once(first, second, draws - 1, score)


def bootstrap_over_a_thousand(first, second, draws, score=bleu_of):
    return bootstrap_at_once(first, second, draws, score) * len(draws) / 1000


def bootstrap_first_as_it_is(first, second, draws, score=bleu_of):
    return np.mean([score(first.sum(axis=0)) > score(second[row].sum(axis=0)) for row in draws])


def bootstrap_rolled(first, second, draws, score=bleu_of):
    before = np.roll(draws, 1, axis=0)
    return np.mean([score(first[a].sum(0)) > score(second[b].sum(0)) for a, b in zip(draws, before)])


def bootstrap_by_a_margin(first, second, draws, score=bleu_of):
    apart = [score(first[drawn].sum(axis=0)) - score(second[drawn].sum(axis=0)) for drawn in draws]
    return sum(x > 1e-3 for x in apart) / len(apart)


RIGHT = {
    "bleu.clipped_matches": [matches_by_loops, matches_by_union],
    "bleu.score_from_counts": [score_by_product, score_with_numpy],
    "bleu.corpus_score": [corpus_one_order_at_a_time, corpus_sorted_twice],
    "bleu_faults.opposite_meaning": [opposite_with_a_longer_word, opposite_by_insert],
    "bleu_faults.reverse_blocks": [blocks_from_the_end, blocks_by_cuts],
    "bleu_faults.wrong_endings": [endings_of_any_letter, endings_sharp, endings_that_look_the_same],
    "bleu_faults.detached": [detached_by_rule],
    "rouge.rouge_l": [rouge_by_recursion, rouge_with_a_table],
    "meteor.meteor_from_alignment": [meteor_by_loop],
    "bootstrap.paired_bootstrap": [bootstrap_at_once, bootstrap_by_loops],
}
WRONG = {
    "bleu.clipped_matches": [
        (matches_not_clipped, "not_clipped"),
        (matches_with_sets, "distinct_only"),
        (matches_added, "sum_over_references"),
        (matches_in_the_joined_references, None),
        (matches_negative_total, "total_below_zero"),
        (matches_changing_the_counts, None),
        (matches_up_to_four, None),
        (matches_of_the_last, "last_reference_only"),
        (matches_in_the_first_that_has_it, "first_that_has_it"),
        (matches_reference_by_reference, "matches_of_each_reference_added"),
        (matches_of_longer_hypotheses, "n_words_are_too_few"),
        (lambda hypothesis, references, n: matches_by_loops(hypothesis, references, n)[::-1], "swapped"),
    ],
    "bleu.score_from_counts": [
        (score_penalty_at_equal_length, None),
        (score_halving_all_the_time, "halved_by_order"),
        (score_sum_of_logs, "no_root"),
        (score_two_k, "twice_the_number"),
        (score_reset, "halving_starts_again"),
        (score_mean, "arithmetic_mean_of_what_matches"),
        (score_last_order_asked, None),
        (score_first_order_asked, None),
        (score_harmonic, "harmonic_mean"),
        (score_base_ten, "logarithm_to_base_10"),
        (score_other_sign, "brevity_other_sign"),
        (score_by_difference, "brevity_by_the_difference"),
        (score_both_ways, "brevity_both_ways"),
        (score_same_for_all, "all_like_the_last"),
        (score_with_a_tiny_number, None),
        (score_divides_by_zero, None),
    ],
    "bleu.corpus_score": [
        (corpus_mean, "mean_of_sentences"),
        (corpus_not_below, "nearest_not_shorter"),
        (corpus_below, "nearest_not_longer"),
        (corpus_longest, "longest_reference"),
        (corpus_effective_order, "effective_order"),
        (corpus_range_without_end, "one_order_too_few"),
        (corpus_every_reference, "all_references_for_all"),
        (corpus_counts_of_the_last, "last_sentence_counts"),
        (corpus_returned_too_early, "first_sentence_only"),
        (corpus_orders_from_zero, "orders_from_zero"),
        (corpus_joined, None),
        (corpus_wrong_error, None),
    ],
    "bleu_faults.opposite_meaning": [
        (opposite_in_place, None),
        (opposite_is_not_at_all, None),
        (opposite_by_replacing_letters, "inside_words"),
        (_opposite("Not"), "both_deny"),
        (_opposite("n't"), "both_deny"),
        (_opposite("cannot"), "both_deny"),
        (_opposite("rarely"), "both_deny"),
        (_opposite("quite"), "always_the_same"),
        (_opposite("qq"), "always_the_same"),
        (_opposite(","), None),
        (opposite_by_insert_returned, "none_in_the_pair"),
        (opposite_denied_only, "denied_only"),
        (opposite_after_letters, "letters_of_is"),
        (opposite_of_a_list_of_one, None),
        (_opposite(""), None),
        (_opposite("truly truly"), None),
        (_opposite("truly"), "always_really"),
        (lambda reference: opposite_by_insert(reference)[1::-1], "swapped"),
    ],
    "bleu_faults.reverse_blocks": [
        (blocks_in_text, "pairs_as_text"),
        (blocks_by_a_dictionary, "last_successor_only"),
        (blocks_round_the_end, None),
        (blocks_folded, "lowercased"),
        (blocks_glued, "glued"),
        (blocks_anywhere_before, "before_it_anywhere"),
        (blocks_over_a_gap, "one_between"),
        (blocks_last_to_front, "last_to_the_front"),
        (blocks_without_the_first, "first_block_lost"),
        (blocks_as_keys, "equal_blocks_once"),
        (blocks_cut_by_index, "cut_by_index"),
        (blocks_sorted, None),
        (blocks_without_last, None),
        (lambda hypothesis, reference: list(reversed(hypothesis)), "words_reversed"),
    ],
    "bleu_faults.wrong_endings": [
        (endings_swapped, "two_letters"),
        (endings_next_letter, "next_letter"),
        (endings_letter_before, "next_letter"),
        (endings_every_copy, "every_copy"),
        (endings_last_kept, "last_word_kept"),
        (endings_second_letter, None),
        (_always(" "), "no_letter"),
        (_always("7"), "no_letter"),
        (_always("\u0301"), "no_letter"),
        (_always("x"), None),
        (_always("у"), None),
        (lambda reference: [word[:-1] + word[-1].upper() for word in reference], "in_capitals"),
        (lambda reference: [*reference[:1], *_always("ъ")(reference)[1:]], "first_word_kept"),
        (lambda reference: [word[:-1] + "" for word in reference], "letter_dropped"),
    ],
    "bleu_faults.detached": [
        (detached_full_stop_only, None),
        (detached_after_plain_letters, None),
        (detached_first_word_spelled, None),
        (detached_marks_doubled, None),
        (lambda text: text.replace(", ", " , ").replace(". ", " . "), "only_before_a_space"),
        (lambda text: re.sub(",(?![0-9])", " ,", text), "stops_left"),
        (detached_first_mark, "first_mark_only"),
        (lambda text: text[:-1] + " " + text[-1], "last_character_only"),
        (lambda text: re.sub(r"([,.])(\s|$)", r" \1\2", text), "marks_before_spaces_only"),
        (lambda text: text.replace(",", "\n,").replace(".", "\n."), None),
        (lambda text: text + " indeed", None),
        (detached_and_shouted, None),
        (lambda text: "".join(text.replace(",", "").replace(".", "")), None),
    ],
    "rouge.rouge_l": [
        (rouge_by_difflib, None),
        (rouge_of_one_list, "one_row_for_all"),
        (rouge_above_only, "row_above_only"),
        (rouge_left_only, "shorter_reference_only"),
        (rouge_smaller, "smaller_of_two"),
        (rouge_above_plus_one, "above_plus_one"),
        (rouge_left_plus_one, "one_row_for_all"),
        (rouge_next_of_the_hypothesis, "two_pointers_the_other_way"),
        (rouge_best_of_greedy, None),
        (rouge_nothing_divided, None),
        (rouge_off_by_one, None),
        (lambda hypothesis, reference: rouge_by_recursion(reference, hypothesis), "swapped"),
    ],
    "meteor.meteor_from_alignment": [
        (meteor_lengths_swapped, "leans_to_precision"),
        (meteor_rounded, None),
        (meteor_and_for_or, "one_side_is_enough"),
        (meteor_by_sums, None),
        (meteor_bracket_cubed, "whole_factor_cubed"),
        (meteor_matches_cubed, "only_the_matches_cubed"),
        (meteor_upside_down, "fraction_upside_down"),
        (meteor_divides_by_zero, None),
    ],
    "bootstrap.paired_bootstrap": [
        (bootstrap_own_draws, None),
        (bootstrap_second_wins, "losses"),
        (bootstrap_on_a_mask, "repeats_lost"),
        (bootstrap_all_columns, "score_not_called"),
        (bootstrap_summed_sideways, "columns_summed"),
        (bootstrap_without_ties, "ties_left_out"),
        (bootstrap_rows_cut, None),
        (bootstrap_counted_from_one, "numbers_from_one"),
        (bootstrap_over_a_thousand, "over_a_thousand"),
        (bootstrap_first_as_it_is, "first_not_drawn"),
        (bootstrap_rolled, "not_paired_one_before"),
        (bootstrap_by_a_margin, None),
    ],
}
