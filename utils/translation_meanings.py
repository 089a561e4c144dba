"""What the sentences of the translation corpus say: who does what to what, where, when, and how sure the speaker is.

A *meaning* is a small tree without words of any language: noun phrases (`Phrase`) and clauses (`Clause`) over
concepts. A *concept* is named by an English lemma, with a mark where languages differ ("teacher", "teacher_f"). The
modules of the languages say a meaning as `Word`s, each with the keys of what it stands for; words that share a key are
linked.

`utils.translation_lexicon` says which concepts go together, `utils.translation_maker` makes meanings of them.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

__all__ = [
    "CLOSING",
    "NUMERALS",
    "PRONOUNS",
    "Clause",
    "Part",
    "Phrase",
    "Place",
    "Sentence",
    "Word",
    "key",
    "marks",
]


class Word(NamedTuple):
    """A form and the keys of what it stands for; words of two languages that share a key are linked."""

    form: str
    keys: tuple[int, ...] = ()


# The slots of a node (a phrase or a clause). A key is 32 * node + slot.
(NOUN, DET, ADJ, OF, PREP, REL, VERB, AUX, NEG, FREQ, MANNER, TIME, LINK, COMMA, COMMA2, PRED, MODAL, END, PIECE) = (
    range(19)
)

CLOSING = Word(",")
"""A comma that goes if another mark follows."""


def key(node: int, slot: int) -> tuple[int, ...]:
    """The key of a slot of a node, as the keys of a word."""
    return (32 * node + slot,)


def marks(words: list[Word]) -> list[Word]:
    """The words without the commas that another mark replaces."""
    pairs = zip(words, [*words[1:], Word(".")], strict=True)
    return [word for word, following in pairs if word is not CLOSING or following.form not in ",.?"]


PRONOUNS = ("i", "we", "you", "he", "she", "they", "it")
NUMERALS = ("two", "three", "five")


@dataclasses.dataclass
class Phrase:
    """A noun phrase.

    Args:
        id: its number in the sentence.
        noun: a concept, or one of `PRONOUNS`.
        number: "sg" or "pl".
        determiner: "the", "a", "any" (after a negation), "this", "that", "my", "our", "your", "his", "her", "their",
            "own" (the subject's), "another", "piece" (of cake), or one of `NUMERALS`; "" for none ("ate cake").
        adjective: a concept, or "".
        owner: whose ("the teacher's").
        relative: a clause about it, whose subject or object it is (`relative_role`).
        gender: of a pronoun, where its language needs one.
        bare: whether the source leaves its determiner unsaid, as it can be nobody else's: lost the key.
        dropped: whether a language that can leave this subject out does so: "", "always", or "if clear" from the verb.
    """

    id: int
    noun: str
    number: str = "sg"
    determiner: str = "the"
    adjective: str = ""
    owner: Phrase | None = None
    relative: Clause | None = None
    relative_role: str = ""
    gender: str = "m"
    dropped: str = ""
    bare: bool = False

    @property
    def is_pronoun(self) -> bool:
        return self.noun in PRONOUNS


@dataclasses.dataclass
class Place:
    """Where, where to or where from: relation "in", "to", "from"."""

    relation: str
    phrase: Phrase


@dataclasses.dataclass
class Clause:
    """Who does what.

    Args:
        id: its number in the sentence.
        kind: "verb", "adjective" (the house is big), "profession" (he is a doctor), "have", "there" (there is a book on
            the table), "like", "weather" (it is cold).
        order: "plain"; "inverted" when a place opens the clause and the subject, new to the reader, ends it; "object"
            when the object opens it.
        negation: "", "not", "nobody", "nothing", "never".
        modal: "", "want", "can", "must", "begin", "to" (went to buy bread).
        question: "", "yes", "who", "what", "where", "why".
        time_first: whether the adverb of time opens the clause.
        progressive: going on: "is reading".
    """

    id: int
    kind: str = "verb"
    verb: str = ""
    subject: Phrase | None = None
    object: Phrase | None = None
    recipient: Phrase | None = None
    place: Place | None = None
    time: str = ""
    frequency: str = ""
    manner: str = ""
    adjective: str = ""
    tense: str = "past"
    order: str = "plain"
    negation: str = ""
    modal: str = ""
    question: str = ""
    time_first: bool = True
    progressive: bool = False


@dataclasses.dataclass
class Part:
    """A clause of a sentence.

    Args:
        clause: the clause.
        link: how it is joined: "and", "then" (with the subject of the clause before), "but", "because", "so", "when",
            "while", "if", "although", "that", "to" (what for), "but_if".
        shift: what that does to its tense: "said" after a verb of saying in the past, and for what had happened before;
            "condition" after "if" and "when"; "bare" where "will" was said in the clause before; "perfect" for a past
            that is the reason for what is so now; "going" where "was" was said in the clause before.
        head: the subject, if the clause leaves it out.
    """

    clause: Clause
    link: str = ""
    shift: str = ""
    head: Phrase | None = None


@dataclasses.dataclass
class Sentence:
    """Clauses in order."""

    parts: list[Part]
    question: bool = False

    def listed(self, number: int) -> bool:
        """Whether this clause has a "then" before it and another behind it: it gets a comma, the last one an "and"."""
        return [part.link for part in self.parts[number : number + 2]] == ["then", "then"]
