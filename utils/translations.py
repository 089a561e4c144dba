"""Short English sentences with their Russian or Portuguese translations: the words of JupyterLab's own menus.

The translations come with the installed packages `jupyterlab-language-pack-ru-RU` and `jupyterlab-language-pack-pt-BR`,
made by volunteers for people who work with notebooks. Nothing is downloaded. The packages keep compiled catalogues in
the format of GNU gettext (`.mo`); they are read here without importing anything, and cleaned.

    >>> dict(pairs("ru"))["New TSV File"]
    'Новый TSV файл'
    >>> dict(pairs("pt"))["Shut down the notebook?"]
    'Desativar o notebook?'

`data/README.md` says how many pairs there are, what was left out, and the hash of what you get.

Source of the format: GNU gettext manual, "The Format of GNU MO Files".
"""

from __future__ import annotations

import functools
import importlib.util
import re
import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path

__all__ = ["LANGUAGES", "pairs", "triples"]

LANGUAGES: dict[str, tuple[str, str]] = {
    "ru": ("Russian", "ru-RU"),
    "pt": ("Portuguese, as in Brazil", "pt-BR"),
}
"""The short name of each language, its name, and how its package calls it."""

_MAGIC = 0x950412DE  # the first four bytes of a catalogue, in the byte order in which it was written
_PLACEHOLDER = re.compile(r"%\d|%\(\w+\)s|%[sd]|\{\{?\s*\w*\s*\}?\}|\$\{\w+\}|<[^>]*>")


def pairs(language: str) -> list[tuple[str, str]]:
    """All pairs (English, translation) of one language, in a fixed order.

    Each English sentence occurs once, and so does each pair. Both sides are one line with single spaces. Left out is
    what teaches no translation: entries without words, and entries that were not translated.

    Args:
        language: "ru" or "pt".

    Returns:
        A new list: change it as you like.

    Raises:
        ValueError: the language is unknown.
        ModuleNotFoundError: the language's package is not installed; the sentence names the command that installs it.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There is no language {language!r}: choose one of {', '.join(map(repr, LANGUAGES))}.")
    return list(_pairs(language))


def triples() -> list[tuple[str, str, str]]:
    """The sentences that exist in all three languages: (English, Russian, Portuguese), in the order of `pairs("ru")`.

    Raises:
        ModuleNotFoundError: as `pairs`.
    """
    portuguese = dict(pairs("pt"))
    return [(english, russian, portuguese[english]) for english, russian in pairs("ru") if english in portuguese]


@functools.cache
def _pairs(language: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for file in _catalogues(language):
        for message, translation in _entries(file):
            # "context\4message" where one word has several meanings; "singular\0plural" where a number follows.
            english = _one_line(message.rpartition("\4")[2].partition("\0")[0])
            translated = _one_line(translation.partition("\0")[0])
            if english not in found and _is_translation(english, translated, language):
                found[english] = translated
    return tuple(found.items())


def _one_line(text: str) -> str:
    # A zero-width space, or a mark that only asks for a coloured arrow, cannot be seen: no model should learn it.
    return " ".join(re.sub("[\u200b\ufe0f]", "", unicodedata.normalize("NFC", text)).split())


def _is_translation(english: str, translated: str, language: str) -> bool:
    """Whether a pair has words on both sides, and they are not the same."""
    left, right = (_PLACEHOLDER.sub("", side) for side in (english, translated))
    if not (_has_letter(left) and _has_letter(right)) or left.casefold() == right.casefold():
        return False
    return language != "ru" or re.search("[а-яё]", right, re.IGNORECASE) is not None


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _catalogues(language: str) -> list[Path]:
    """The `.mo` files of a package, by name.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    tag = LANGUAGES[language][1]
    module, locale = f"jupyterlab_language_pack_{tag.replace('-', '_')}", tag.replace("-", "_")
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        command = f"pip install jupyterlab-language-pack-{tag}"
        raise ModuleNotFoundError(
            f"The pairs for {language!r} come with the package jupyterlab-language-pack-{tag}, which is not installed "
            f"here: run  {command}  in a terminal (in a notebook: %{command}), then run this cell again.",
            name=module,
        )
    folder = Path(spec.submodule_search_locations[0]) / "locale" / locale / "LC_MESSAGES"
    return sorted(folder.glob("*.mo"))


def _entries(file: Path) -> Iterator[tuple[str, str]]:
    """The entries (message, translation) of a catalogue, as they stand in it; its header has an empty message.

    Raises:
        RuntimeError: the file is not laid out as a catalogue is.
    """
    content = file.read_bytes()
    try:
        order = "<" if struct.unpack_from("<I", content)[0] == _MAGIC else ">"
        magic, _, count, messages, translations = struct.unpack_from(order + "5I", content)
        if magic != _MAGIC:
            raise ValueError("it does not begin like one")
        for i in range(count):
            texts = []
            for table in (messages, translations):
                length, start = struct.unpack_from(order + "2I", content, table + 8 * i)
                if start + length > len(content):
                    raise ValueError("it is cut off")
                texts.append(content[start : start + length].decode("utf-8"))
            if texts[0]:
                yield texts[0], texts[1]
    except (struct.error, ValueError) as error:
        raise RuntimeError(
            f"{file.name} is not a catalogue of translations ({error}): install its package anew."
        ) from None
