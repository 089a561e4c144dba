"""Forms of words that a small grammar needs: Russian and Portuguese adjectives in the nominative.

Plain functions without state, for the generators of the course (`utils.reviews`, and whatever else makes sentences).
They know the regular patterns of the words used here, not a whole language.
"""

from __future__ import annotations

__all__ = ["english_be", "portuguese_adjective", "russian_adjective", "russian_was"]

RUSSIAN_GENDERS = ("m", "f", "n", "pl")

_RUSSIAN_ENDINGS = {
    "hard": {"f": "ая", "n": "ое", "pl": "ые"},
    "velar": {"f": "ая", "n": "ое", "pl": "ие"},  # after к, г, х: no ы
    "hushing": {"f": "ая", "n": "ее", "pl": "ие"},  # after ж, ч, ш, щ, stress on the stem: no ы, no unstressed о
    "soft": {"f": "яя", "n": "ее", "pl": "ие"},
}


def russian_adjective(lemma: str, gender: str) -> str:
    """A Russian adjective in the nominative.

    Args:
        lemma: the masculine form, such as "вкусный", "плохой", "хороший", "синий".
        gender: "m", "f", "n" or "pl".

    Raises:
        ValueError: for another gender, or a lemma that does not end like an adjective.

    >>> [russian_adjective("хороший", gender) for gender in ("m", "f", "n", "pl")]
    ['хороший', 'хорошая', 'хорошее', 'хорошие']
    """
    if gender not in RUSSIAN_GENDERS:
        raise ValueError(f"There is no gender {gender!r}: choose from m, f, n, pl.")
    stem, ending = lemma[:-2], lemma[-2:]
    if ending not in ("ый", "ий", "ой") or not stem:
        raise ValueError(f"{lemma!r} does not end in -ый, -ий or -ой as a Russian adjective does.")
    if gender == "m":
        return lemma
    if stem[-1] in "кгх" or (ending == "ой" and stem[-1] in "жчшщ"):  # большой, большое: a stressed о stays
        pattern = "velar"
    elif stem[-1] in "жчшщ":
        pattern = "hushing"
    else:
        pattern = "soft" if ending == "ий" else "hard"
    return stem + _RUSSIAN_ENDINGS[pattern][gender]


def russian_was(gender: str) -> str:
    """The past of "to be", which agrees with the subject: был, была, было, были.

    Raises:
        ValueError: for a gender that is none of "m", "f", "n", "pl".
    """
    if gender not in RUSSIAN_GENDERS:
        raise ValueError(f"There is no gender {gender!r}: choose from m, f, n, pl.")
    return {"m": "был", "f": "была", "n": "было", "pl": "были"}[gender]


def portuguese_adjective(lemma: str, gender: str) -> str:
    """A Portuguese adjective in the singular.

    Args:
        lemma: the masculine form, such as "limpo", "bom", "encantador", "horrível".
        gender: "m" or "f".

    Raises:
        ValueError: for another gender.

    >>> [portuguese_adjective(lemma, "f") for lemma in ("limpo", "bom", "encantador", "horrível")]
    ['limpa', 'boa', 'encantadora', 'horrível']
    """
    if gender not in ("m", "f"):
        raise ValueError(f"There is no gender {gender!r}: choose from m, f.")
    if gender == "m":
        return lemma
    if lemma == "bom":
        return "boa"
    if lemma.endswith("o"):
        return lemma[:-1] + "a"
    return lemma + "a" if lemma.endswith("dor") else lemma


def english_be(number: str, past: bool = False) -> str:
    """The third person of "to be".

    Args:
        number: "sg" or "pl".
        past: was, were instead of is, are.

    Raises:
        ValueError: for another number.
    """
    if number not in ("sg", "pl"):
        raise ValueError(f"There is no number {number!r}: choose from sg, pl.")
    return {("sg", False): "is", ("pl", False): "are", ("sg", True): "was", ("pl", True): "were"}[number, past]
