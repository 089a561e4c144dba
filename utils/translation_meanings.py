"""What the sentences of the translation corpus say: who does what to what, where, when, and how sure the speaker is.

A *meaning* is a small tree without words of any language: noun phrases (`Phrase`) and clauses (`Clause`) over concepts.
`utils.translation_grammar` says the same meaning in two languages; what stands for the same node becomes an alignment
link. The tables here hold what goes with what: who reads, what is read, what a cake can be like. They keep the
sentences sensible.
"""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Sequence

__all__ = [
    "ADJECTIVES",
    "CLASSES",
    "VERBS",
    "Action",
    "Clause",
    "Maker",
    "Part",
    "Phrase",
    "Place",
    "Sentence",
    "concepts",
]


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


CLASSES: dict[str, tuple[str, ...]] = {
    "kin": _list("grandmother grandfather mother father brother sister son daughter aunt uncle"),
    "person": _list(
        """boy girl teacher teacher_f student student_f doctor neighbour neighbour_f friend friend_f artist writer cook
        engineer fisherman gardener journalist musician actor actress child woman man guest tourist singer sailor
        farmer driver soldier nurse mechanic carpenter old_man"""
    ),
    "animal": _list("dog cat horse cow bird rabbit goat sheep duck kitten puppy"),
    "pet": _list("dog cat rabbit kitten puppy"),
    "text": _list("book letter newspaper magazine poem novel story fairy_tale"),
    "written": _list("book letter poem novel story fairy_tale"),
    "food": _list("apple pear cake pie egg sandwich bread soup cheese fish"),
    "dish": _list("soup cake pie dinner lunch fish"),
    "drink": _list("tea coffee milk water juice"),
    "clothes": _list("shirt dress coat hat scarf jacket sweater skirt"),
    "vehicle": _list("car bicycle boat motorcycle"),
    "transport": _list("bus train"),
    "thing": _list(
        "umbrella phone computer camera guitar violin bag basket box cup plate knife toy ball clock map lamp"
    ),
    "small": _list("key ticket umbrella phone camera bag toy ball map photograph knife"),
    "furniture": _list("table chair sofa bed cupboard lamp mirror shelf"),
    "gift": _list("gift flower toy book picture ticket ball scarf"),
    "art": _list("picture portrait photograph"),
    "building": _list("house school bridge church library hospital theatre"),
    "abstract": _list("question problem rule exercise answer word"),
    "song": _list("song"),
    "film": _list("film"),
}
"""Kinds of nouns; what a verb takes and what an adjective fits is said in these names."""

MASS = frozenset(_list("bread soup cheese fish tea coffee milk water juice dinner lunch"))
"""Never counted here: no plural, no "a"."""

# Adjectives by the classes they fit.
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "person": _list("young old kind clever cheerful tired famous tall strange polite"),
    "animal": _list("small big black white hungry old clever"),
    "text": _list("interesting new old long short boring sad good"),
    "food": _list("fresh tasty big hot"),
    "drink": _list("hot cold fresh"),
    "clothes": _list("new old warm beautiful red blue white black expensive"),
    "vehicle": _list("new old red blue white black fast expensive"),
    "thing": _list("new old small big beautiful expensive"),
    "furniture": _list("new old small big beautiful comfortable"),
    "art": _list("beautiful old strange good new"),
    "building": _list("new old big small beautiful"),
    "abstract": _list("difficult simple important strange"),
    "song": _list("beautiful sad old new cheerful"),
    "film": _list("interesting boring new old sad good"),
    "gift": _list("beautiful small expensive"),
}

_FOOD_ADJECTIVES = {
    "apple": "fresh big red tasty", "pear": "fresh big tasty", "cake": "big tasty", "pie": "hot big tasty",
    "egg": "fresh", "sandwich": "fresh big tasty", "bread": "fresh white black tasty", "soup": "hot tasty",
    "cheese": "fresh tasty", "fish": "fresh tasty", "dinner": "tasty simple", "lunch": "tasty simple",
    "tea": "hot cold", "coffee": "hot cold", "milk": "fresh cold hot", "water": "cold hot", "juice": "fresh cold",
    "bus": "red old", "train": "fast", "friend": "old good new", "friend_f": "old good new", "child": "small kind cheerful hungry",
    "boy": "small tall cheerful polite hungry", "girl": "small tall cheerful polite hungry",
    "old_man": "kind strange cheerful tired", "guest": "polite strange tired", "newspaper": "new old", "letter": "long short sad",
    "flower": "red white beautiful", "key": "new old small", "ticket": "expensive", "photograph": "old beautiful",
    "gift": "beautiful expensive small", "word": "difficult new strange", "grandmother": "kind", "grandfather": "kind",
}  # fmt: skip
"""Nouns that take adjectives of their own, not those of their class."""

PLACES: dict[str, tuple[str, ...]] = {
    "work": _list("office school shop library museum theatre hospital station restaurant market village city"),
    "out": _list("park garden forest yard field beach street square"),
    "room": _list("room kitchen yard garden house"),
    "goal": _list(
        "school shop library museum theatre park hospital station market church office restaurant forest village city"
    ),
    "home": _list("village city house"),
    "water": _list("river lake sea"),
    "shop": _list("shop market city"),
    "read": _list("library room garden park kitchen office"),
    "surface": _list("table chair shelf floor sofa"),
    "rest": _list("village garden beach park"),
}


@dataclasses.dataclass(frozen=True)
class Action:
    """What goes with a verb.

    Args:
        subjects: classes of those who do it.
        objects: classes or nouns of what it is done to; none for a verb without object.
        recipients: whether it has somebody to whom.
        places: a group of `PLACES`, where it happens.
        direction: "to" or "from" for a verb of motion, in place of `places`.
        manners: adverbs that fit.
        stative: "knows", never "is knowing".
        definite: its object is known: "closes the door".
        lasting: it has no end, so the past is "was sleeping".
    """

    subjects: tuple[str, ...]
    objects: tuple[str, ...] = ()
    recipients: bool = False
    places: str = ""
    direction: str = ""
    manners: tuple[str, ...] = ()
    stative: bool = False
    definite: bool = False
    lasting: bool = False


def _actions(table: str) -> dict[str, Action]:
    actions = {}
    for line in table.strip().split("\n"):
        name, subjects, objects, places, manners, *marks = (part.strip() for part in line.split("|"))
        flags = " ".join(marks).split()
        actions[name] = Action(
            subjects=tuple(subjects.split()),
            objects=tuple(objects.split()),
            recipients="recipient" in flags,
            places=places if places not in ("to", "from") else "",
            direction=places if places in ("to", "from") else "",
            manners=tuple(manners.split()),
            stative="stative" in flags,
            definite="definite" in flags,
            lasting="lasting" in flags,
        )
    return actions


VERBS = _actions(
    """
read | person kin | text | read | slowly quickly quietly attentively |
write | person kin | written | read | slowly quickly |
buy | person kin | food clothes vehicle thing gift furniture | shop | |
sell | person | food clothes vehicle thing furniture | shop | | 
find | person kin | small pet | out | |
lose | person kin | small | out | |
bring | person kin | food gift text thing | | quickly |
wash | person kin | cup plate knife window floor car | | quickly carefully | definite
cook | cook mother grandmother father aunt woman nurse | dish | room | quickly |
eat | person kin | food | room | slowly quickly |
drink | person kin | drink | room | slowly quickly |
draw | artist child boy girl student student_f son daughter | animal house tree flower portrait map | room | quickly carefully |
paint | carpenter gardener father grandfather man son old_man | wall door fence roof | | slowly carefully | definite
repair | mechanic carpenter engineer father grandfather uncle man driver neighbour | car bicycle clock roof computer lamp boat motorcycle phone chair | | quickly slowly carefully | definite
open | person kin | window door box bag letter | | slowly quickly quietly | definite
close | person kin | window door box bag book | | slowly quickly quietly | definite
hide | child boy girl old_man woman man son daughter | key letter gift ticket photograph | | quickly | definite
clean | woman man mother father sister brother son daughter nurse girl boy | room kitchen house yard | | quickly slowly | definite
build | engineer carpenter farmer man father grandfather | house school bridge church boat fence | | quickly slowly |
sing | singer actress actor musician girl mother grandmother child | song | room | quietly loudly |
listen | person kin | song music radio | room | quietly attentively | lasting definite
watch | person kin | film | room | attentively |
look_for | person kin | small pet | out | | lasting
wait_for | person kin | transport person letter answer | | | lasting definite
help | person kin | person kin | | | person definite
thank | person kin | person kin | | loudly quietly politely | definite
invite | person kin | person | | politely | definite
meet | person kin | person | out | |
see | person kin | person animal vehicle house church | out | | stative
know | person kin | person song rule answer | | | stative definite lasting
love | person kin | kin animal music | | | stative definite lasting
remember | person kin | person song poem rule | | | stative definite lasting
understand | person kin | question problem rule poem word | | | stative definite
forget | person kin | word rule question umbrella key | | | definite
give | person kin | gift food thing text | | | recipient
show | person kin | art text thing map | | | recipient
send | person kin | letter photograph gift book | | | recipient
tell | person kin | story fairy_tale | | quietly slowly | recipient
explain | teacher teacher_f student engineer doctor father mother brother | rule problem exercise question | | slowly attentively | recipient definite
study | student student_f child boy girl son daughter | rule poem word song | read | attentively | definite
visit | tourist student student_f journalist artist grandmother woman man friend | museum theatre church school hospital | | | definite
sleep | person kin pet | | room | quietly | lasting
work | person kin | | work | slowly quickly | lasting
rest | person kin | | rest | | lasting
laugh | person kin | | room | loudly quietly | lasting
cry | child girl boy woman actress daughter | | room | loudly quietly | lasting
dance | person kin | | room | slowly | lasting
swim | person kin duck | | water | slowly quickly | lasting
walk | person kin | | out | slowly | lasting
run | child boy girl dog horse puppy kitten | | out | quickly | lasting
live | person kin | | home | | lasting stative
play | child boy girl son daughter kitten puppy | | out | quietly | lasting
go | person kin | | to | slowly quickly |
come | person kin | | to | |
return | person kin | | from | |
talk | person kin | person kin | out | quietly loudly | lasting
dream | person kin | sea house car dog bicycle | | | lasting
"""
)
"""The verbs: who | what | where | how | marks."""

TIMES = {"present": ("now", "today"), "past": ("yesterday", "today", "in_the_morning", "in_the_evening"),
         "future": ("tomorrow", "today", "in_the_evening")}  # fmt: skip
FREQUENCIES = ("often", "always", "sometimes", "rarely")


@dataclasses.dataclass
class Phrase:
    """A noun phrase.

    Args:
        id: its number in the sentence.
        noun: a concept, or one of the pronouns i, we, you, he, she, they.
        number: "sg" or "pl".
        determiner: "the", "a", "this", "that", "my", "our", "your", "his", "her", "their", "own" (the subject's).
        adjective: a concept, or "".
        owner: whose ("the teacher's").
        relative: a clause about it, whose subject or object it is (`relative_role`).
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

    @property
    def is_pronoun(self) -> bool:
        return self.noun in PRONOUNS


PRONOUNS = ("i", "we", "you", "he", "she", "they")


@dataclasses.dataclass
class Place:
    """Where, where to or where from: relation "in", "to", "from"."""

    relation: str
    phrase: Phrase


@dataclasses.dataclass
class Clause:
    """Who does what.

    Args:
        kind: "verb", "adjective" ("the house is big"), "have", "there" ("there is a book on the table"), "like".
        order: "plain"; "inverted" when a place or time opens the clause and the subject, new to the reader, ends it;
            "object" when the object opens it.
        negation: "", "not", "nobody", "nothing", "never".
        modal: "", "want", "can", "must", "begin".
        link: how the next clause is joined: "and", "but", "because", "when", "if", "although", "that", "so".
    """

    id: int
    kind: str = "verb"
    verb: str = ""
    subject: Phrase | None = None
    object: Phrase | None = None
    recipient: Phrase | None = None
    companion: Phrase | None = None
    place: Place | None = None
    time: str = ""
    frequency: str = ""
    manner: str = ""
    adjective: str = ""
    tense: str = "past"
    order: str = "plain"
    negation: str = ""
    modal: str = ""
    time_first: bool = True
    progressive: bool = False


@dataclasses.dataclass
class Part:
    """A clause of a sentence, the word that joins it, and what that does to its tense in English."""

    clause: Clause
    link: str = ""
    shift: str = ""


@dataclasses.dataclass
class Sentence:
    """Clauses in order."""

    parts: list[Part]
    question: bool = False


@functools.cache
def concepts(group: Sequence[str]) -> tuple[str, ...]:
    """The nouns of some classes, or nouns named themselves."""
    found: dict[str, None] = {}
    for name in group:
        found.update(dict.fromkeys(CLASSES.get(name, (name,))))
    return tuple(found)


@functools.cache
def fitting_adjectives(noun: str) -> tuple[str, ...]:
    """The adjectives that go with a noun."""
    if noun in _FOOD_ADJECTIVES:
        return _list(_FOOD_ADJECTIVES[noun])
    for name, members in CLASSES.items():
        if noun in members and name in ADJECTIVES:
            return ADJECTIVES[name]
    return ()


PUNCTUAL = frozenset(_list("find lose bring forget meet give send come begin invite hide open close"))
"""Verbs that nobody is in the middle of."""
_PEOPLE = concepts(("person", "kin"))
_HUMAN = frozenset(_PEOPLE)


class Maker:
    """Makes meanings, one after the other.

    Args:
        rng: where chance comes from.
        language: "ru" or "pt", the language of the source: Russian shows what is known by word order alone.
    """

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.language = language
        self._id = 0

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _chance(self, p: float) -> bool:
        return self.rng.random() < p

    def sentence(self, clauses: int, detail: float) -> Sentence:
        """A sentence.

        Args:
            clauses: how many clauses it has, relative ones not counted.
            detail: from 0 to 1, how likely adjectives, places and relative clauses are.
        """
        self._id = 0
        rng = self.rng
        if clauses == 1:
            question = self._chance(0.06)
            return Sentence([Part(self.clause(detail, question=question))], question)
        parts: list[Part] = []
        kind = rng.random()
        if kind < 0.3:  # he said that ...
            parts.append(Part(self._report()))
            tense = rng.choice(("present", "past", "future"))
            past = parts[0].clause.tense == "past"
            parts.append(Part(self.clause(detail, tense, plain=True, finished=True), "that", "said" if past else ""))
        elif kind < 0.5:
            link = rng.choice(("when", "if", "although"))
            tense = "future" if link == "if" else rng.choice(("past", "future"))
            shift = "condition" if link != "although" else ""
            parts.append(Part(self.clause(detail, tense, plain=True, finished=link != "although"), link, shift))
            parts.append(Part(self.clause(detail, tense)))
        else:
            tense = rng.choice(("past", "past", "present", "future"))
            parts.append(Part(self.clause(detail, tense)))
            parts.append(Part(self.clause(detail, tense), rng.choice(("and", "but", "because", "so"))))
        while len(parts) < clauses:
            tense = parts[-1].clause.tense
            taken = {part.link for part in parts}
            free = [link for link in ("and", "but", "because", "so") if link not in taken]
            parts.append(Part(self.clause(detail, tense, finished=True), rng.choice(free)))
        return Sentence(parts)

    def _report(self) -> Clause:
        subject = self._subject(0.2)
        verb, tense = self.rng.choice((("say", "past"), ("think", "present"), ("know", "present")))
        return Clause(self._next(), verb=verb, subject=subject, tense=tense)

    def _subject(self, detail: float, classes: tuple[str, ...] = ("person", "kin")) -> Phrase:
        rng = self.rng
        if self._chance(0.2) and ("person" in classes):
            return Phrase(self._next(), rng.choice(PRONOUNS), gender=rng.choice("mf"))
        return self.phrase(classes, detail, "the")

    def phrase(
        self, classes: tuple[str, ...], detail: float, determiner: str, own: bool = False, depth: int = 0
    ) -> Phrase:
        """A noun phrase of some classes, with `determiner` unless a demonstrative or an owner takes its place."""
        rng = self.rng
        noun = rng.choice(concepts(classes))
        number = "pl" if noun not in MASS and noun not in _SINGLE and self._chance(0.25) else "sg"
        phrase = Phrase(self._next(), noun, number, determiner)
        kin = noun in CLASSES["kin"]
        if kin:
            phrase.number = "sg"
            if own and self._chance(0.6):
                phrase.determiner = "own"
            elif self._chance(0.5):
                phrase.determiner = rng.choice(("my", "our", "his", "her"))
            else:
                phrase.determiner = "the"
        elif determiner != "any" and noun not in MASS:
            roll = rng.random()
            if roll < 0.1:
                phrase.determiner = rng.choice(("this", "that"))
            elif roll < 0.2 and own and noun not in CLASSES["building"]:
                phrase.determiner = "own"
            elif roll < 0.25:
                phrase.determiner = rng.choice(("my", "our", "his", "her", "their", "your"))
        adjectives = fitting_adjectives(noun)
        if adjectives and not kin and self._chance(0.15 + 0.4 * detail):
            phrase.adjective = rng.choice(adjectives)
        return phrase

    def clause(
        self, detail: float, tense: str = "", plain: bool = False, question: bool = False, finished: bool = False
    ) -> Clause:
        """A clause.

        Args:
            detail: how likely adjectives, places and relative clauses are.
            tense: "present", "past", "future"; chosen if empty.
            plain: keep the plain order of words.
            question: it is to be asked.
            finished: whether a past is to be finished: not "was sleeping".
        """
        rng = self.rng
        tense = tense or rng.choice(("past", "past", "present", "future"))
        while True:
            verb = rng.choice(_VERB_NAMES)
            action = VERBS[verb]
            if tense == "present" and verb in PUNCTUAL:
                continue
            if finished and tense == "past" and (action.lasting or action.stative):
                continue
            if action.stative and tense == "future":
                continue
            break
        clause = Clause(0, verb=verb, tense=tense)
        clause.subject = self._subject(detail, action.subjects)
        clause.id = self._next()
        negative = not question and self._chance(0.15)
        if negative:
            clause.negation = rng.choice(("not", "not", "not", "never", "nobody"))
            if (
                clause.negation == "never"
                and tense == "future"
                or clause.negation == "nobody"
                and (clause.subject.determiner != "the" or clause.subject.noun not in _HUMAN)
            ):
                clause.negation = "not"
        habit = not negative and not question and not action.direction and tense == "present" and self._chance(0.3)
        if habit:
            clause.frequency = rng.choice(FREQUENCIES)
        clause.progressive = (
            not action.stative
            and not habit
            and clause.negation != "never"
            and (tense == "present" or (tense == "past" and action.lasting))
        )
        if clause.negation == "nobody":
            clause.subject = Phrase(clause.subject.id, "he", gender="m")
        known = action.definite or question
        if action.objects:
            determiner = "the" if known else "any" if clause.negation else "a"
            own = clause.negation != "nobody" and not (clause.subject.noun == "child")
            clause.object = self.phrase(action.objects, detail, determiner, own)
            self._avoid(clause.object, clause.subject, action.objects)
        if action.recipients:
            clause.recipient = self.phrase(("person", "kin"), 0.0, "the", clause.negation != "nobody")
            self._avoid(clause.recipient, clause.subject, ("person", "kin"))
        if action.direction:
            clause.place = Place(action.direction, Phrase(self._next(), rng.choice(PLACES["goal"])))
        elif action.places and self._chance(0.25 + 0.5 * detail):
            clause.place = Place("in", Phrase(self._next(), rng.choice(PLACES[action.places])))
        if action.manners and not clause.negation and not habit and self._chance(0.1 + 0.2 * detail):
            clause.manner = rng.choice(action.manners)
        if not habit and clause.negation != "never" and self._chance(0.25):
            clause.time = rng.choice(TIMES[tense])
        return clause

    def _avoid(self, phrase: Phrase, other: Phrase, classes: tuple[str, ...]) -> None:
        """Nobody helps the boy who is the subject himself."""
        while phrase.noun == other.noun:
            phrase.noun = self.rng.choice(concepts(classes))


_SINGLE = frozenset(_list("sea music radio roof floor clock piano"))
_VERB_NAMES = tuple(VERBS)
