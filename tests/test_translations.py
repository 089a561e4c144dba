"""The English–Russian and English–Portuguese pairs: counts, hashes as the data card states them, the cleaning."""

from __future__ import annotations

import doctest
import hashlib
import re
import struct
from pathlib import Path

import pytest

from utils import translations

CARD = (Path(__file__).resolve().parents[1] / "data" / "README.md").read_text(encoding="utf-8")
COUNTS = {"ru": 2168, "pt": 860}  # stated in data/README.md as well
languages = pytest.mark.parametrize("language", translations.LANGUAGES)


def catalogue(folder: Path, entries: dict[str, str], order: str = "<") -> Path:
    """A `.mo` file with these entries, as `msgfmt` writes it."""
    texts = [text.encode() for pair in entries.items() for text in pair]
    count, start = len(entries), 28 + 16 * len(entries)
    places = []
    for text in texts:
        places.append((len(text), start))
        start += len(text) + 1
    tables = [number for half in (places[::2], places[1::2]) for place in half for number in place]
    head = struct.pack(order + "7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    file = folder / "some.mo"
    file.write_bytes(head + struct.pack(f"{order}{len(tables)}I", *tables) + b"".join(text + b"\0" for text in texts))
    return file


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Has `pairs` read a catalogue with these entries."""

    def make(entries: dict[str, str], language: str = "ru") -> list[tuple[str, str]]:
        file = catalogue(tmp_path, {"": "Language: xx\n", **entries})
        monkeypatch.setattr(translations, "_catalogues", lambda language: [file])
        translations._pairs.cache_clear()
        return translations.pairs(language)

    yield make
    translations._pairs.cache_clear()


# --- what is there ----------------------------------------------------------------------------------------------------


@languages
def test_counts_and_hashes_are_those_of_the_data_card(language):
    found = translations.pairs(language)
    lines = "".join(f"{english}\t{translated}\n" for english, translated in found)
    assert len(found) == COUNTS[language]
    assert f"{COUNTS[language]:,}" in CARD and hashlib.sha256(lines.encode()).hexdigest() in CARD


@languages
def test_pairs_are_clean(language):
    found = translations.pairs(language)
    assert len({english for english, _ in found}) == len(set(found)) == len(found)
    for pair in found:
        for side in pair:
            assert side == " ".join(side.split()) and side.isprintable(), pair
            assert any(map(str.isalpha, re.sub(r"%\d|\{\w*\}", "", side))), pair
            assert "\4" not in side and "\0" not in side and "\u200b" not in side, pair
        assert pair[0] != pair[1]


def test_russian_is_russian_and_portuguese_is_not():
    assert all(re.search("[а-яё]", russian, re.I) for _, russian in translations.pairs("ru"))
    assert not any(re.search("[а-яё]", portuguese, re.I) for _, portuguese in translations.pairs("pt"))
    assert sum(bool(re.search("[ãõçáéíóúâêô]", portuguese)) for _, portuguese in translations.pairs("pt")) > 400


def test_triples_are_the_sentences_that_both_have():
    russian, portuguese = dict(translations.pairs("ru")), dict(translations.pairs("pt"))
    triples = translations.triples()
    assert len(triples) == len(russian.keys() & portuguese.keys()) == 739
    assert all(russian[e] == r and portuguese[e] == p for e, r, p in triples)


@languages
def test_the_order_is_fixed_and_the_list_is_new(language):
    first = translations.pairs(language)
    first.reverse()
    assert translations.pairs(language) == first[::-1]


# --- the cleaning -----------------------------------------------------------------------------------------------------


def test_contexts_plurals_and_line_ends(made):
    assert made({
        "settings\4Name": "Имя",
        "%1 cell\0%1 cells": "%1 ячейка\0%1 ячейки\0%1 ячеек",
        "two\n  lines": "две \n строки\u200b",
    }) == [("Name", "Имя"), ("%1 cell", "%1 ячейка"), ("two lines", "две строки")]  # fmt: skip


def test_what_teaches_nothing_is_left_out(made):
    entries = {"%1: %2": "%1 – %2", "{0}": "{0}", "Julia": "Julia", "URL": "url", "1 + 1": "раз", "Paste": "", "…": "…"}
    assert made(entries) == []
    assert made({"Ask": "Ask him"}) == [] and made({"Ask": "Ask him"}, "pt") == [("Ask", "Ask him")]


def test_the_first_translation_of_a_sentence_counts(made):
    assert made({"a\4Open": "Открыть", "b\4Open": "Открыто"}) == [("Open", "Открыть")]


def test_letters_are_composed(made):
    assert made({"settings": "configurac\u0327a\u0303o"}, "pt") == [("settings", "configuração")]


# --- the format, and what may be wrong --------------------------------------------------------------------------------


def test_both_byte_orders_are_read(tmp_path):
    for order in "<>":
        file = catalogue(tmp_path, {"": "header", "yes": "да"}, order)
        assert list(translations._entries(file)) == [("yes", "да")]


@pytest.mark.parametrize("spoil", [lambda b: b[:-2], lambda b: b[:20], lambda b: b"", lambda b: b"PK" + b[2:]])
def test_a_damaged_catalogue_says_so(tmp_path, spoil):
    file = catalogue(tmp_path, {"": "header", "yes": "да"})
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(RuntimeError, match=r"some\.mo is not a catalogue"):
        list(translations._entries(file))


def test_an_unknown_language_and_a_missing_package(monkeypatch):
    with pytest.raises(ValueError, match=r"'de'.*'ru', 'pt'"):
        translations.pairs("de")
    monkeypatch.setattr(translations.importlib.util, "find_spec", lambda name: None)
    translations._pairs.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install jupyterlab-language-pack-pt-BR"):
        translations.pairs("pt")


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(translations).failed == 0
