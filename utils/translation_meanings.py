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
from typing import NamedTuple

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
        "umbrella phone computer camera guitar violin bag basket box cup plate knife spoon toy ball clock map lamp"
    ),
    "small": _list("key ticket umbrella phone camera bag toy ball map photograph"),
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
    "cheese": "fresh tasty", "fish": "fresh tasty", "dinner": "", "lunch": "", "map": "old new big",
    "tea": "hot cold", "coffee": "hot cold", "milk": "fresh cold hot", "water": "cold hot", "juice": "fresh cold",
    "bus": "red old", "train": "fast", "friend": "good new", "friend_f": "good new", "child": "small kind cheerful hungry",
    "boy": "small tall cheerful polite hungry", "girl": "small tall cheerful polite hungry",
    "old_man": "kind strange cheerful tired", "guest": "polite strange tired", "newspaper": "new old", "letter": "long short sad",
    "flower": "red white beautiful", "key": "new old small", "ticket": "expensive", "photograph": "old beautiful",
    "gift": "beautiful expensive small", "word": "difficult new strange", "grandmother": "kind", "student": "young clever polite tall", "student_f": "young clever polite tall", "grandfather": "kind",
}  # fmt: skip
"""Nouns that take adjectives of their own, not those of their class."""

PLACES: dict[str, tuple[str, ...]] = {
    "work": _list("office school shop library museum theatre hospital station restaurant market village city"),
    "out": _list("park garden forest yard field beach street square"),
    "kitchen": ("kitchen",),
    "room": _list("room kitchen yard garden house"),
    "goal": _list(
        "school shop library museum theatre park hospital station market church office restaurant forest village city"
    ),
    "home": _list("village city house"),
    "arrival": _list("village city house school office library market hospital restaurant kitchen"),
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
cook | cook mother grandmother father aunt woman nurse | dish | kitchen | quickly |
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
thank | person kin | person kin | | politely | definite
invite | person kin | person | | politely | definite
meet | person kin | person | out | |
see | person kin | person animal vehicle house church | out | | stative
know | person kin | person | | | stative definite lasting
love | person kin | kin pet music | | | stative definite lasting
remember | person kin | person song poem rule | | | stative definite lasting
understand | person kin | question problem rule poem word | | | stative definite
forget | person kin | word rule question umbrella key | | | definite
give | person kin | gift food thing text | | | recipient
show | person kin | art text thing map | | | recipient
send | person kin | letter photograph gift book | | | recipient
tell | person kin | story fairy_tale | | quietly slowly | recipient
explain | teacher teacher_f student engineer doctor father mother brother | rule problem exercise | | slowly patiently | recipient definite
learn | student student_f child boy girl son daughter | rule poem word song | |  | definite
visit | tourist student student_f journalist artist grandmother woman man friend | museum theatre church school hospital | | | definite
sleep | person kin pet | | room | | lasting
work | person kin | | work | | lasting
rest | person kin | | rest | | lasting
laugh | person kin | | room | loudly quietly | lasting
cry | child girl boy woman actress daughter | | room | loudly quietly | lasting
dance | person kin | | room | | lasting
swim | person kin duck | | water | slowly quickly | lasting
walk | person kin | | out | slowly | lasting
run | child boy girl dog horse puppy kitten | | out | quickly | lasting
live | person kin | | home | | lasting stative
play | child boy girl son daughter kitten puppy | | out | quietly | lasting
go | person kin | | to | slowly quickly |
come | person kin | | to | |
return | person kin | | from | |
talk | person kin | person kin | out | quietly loudly | lasting
dream | person kin | house car dog bicycle boat guitar | | | lasting
"""
)
"""The verbs: who | what | where | how | marks."""

TIMES = {"present": ("now", "today"), "past": ("yesterday", "today", "in_the_morning", "in_the_evening"),
         "future": ("tomorrow", "today", "in_the_evening")}  # fmt: skip
FREQUENCIES = ("often", "always", "sometimes", "rarely")


# ------------------------------------------------------------------------------------------- words and what they say


class Word(NamedTuple):
    """A form and the keys of what it stands for; words of two languages that share a key are linked."""

    form: str
    keys: tuple[int, ...] = ()


# The slots of a node. A key is 32 * node + slot.
(NOUN, DET, ADJ, OF, PREP, REL, VERB, AUX, NEG, FREQ, MANNER, TIME, LINK, COMMA, COMMA2, PRED, MODAL, END) = range(18)

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
            "own" (the subject's), or one of `NUMERALS`.
        adjective: a concept, or "".
        owner: whose ("the teacher's").
        relative: a clause about it, whose subject or object it is (`relative_role`).
        gender: of a pronoun, where its language needs one.
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
        modal: "", "want", "can", "must", "begin".
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
            "if", "although", "that".
        shift: what that does to its tense: "said" after a verb of saying in the past, "condition" after "if".
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


SCRIPTS_BECAUSE = """
person kin | go>shop,market | want.buy:food,clothes,gift
person kin | go>library | want.read:book,novel,magazine,newspaper
person kin | go>park,forest,garden | want.walk
child boy girl son daughter | go>park,garden,yard,beach | want.play
person kin | go>river,lake,sea | want.swim
person kin | go>station | want.meet:person
person kin | go>church,theatre | want.listen:music
person kin | go>restaurant,kitchen | be:hungry
person kin | go>kitchen | want.drink:drink
person kin | eat:food | be:hungry
person kin | sleep | be:tired
person kin | rest | be:tired
person kin | not.work | be:tired,ill
person kin | not.go>school,office,market,theatre,park,museum | be:tired,ill
person kin | not.dance | be:tired,ill
child girl boy daughter | cry | lose:toy,ball,key,kitten,puppy@past
child girl boy | cry | be:hungry
person kin | look_for:key,phone,ticket,bag,umbrella | lose:=@past
person kin | not.can.open:door,box | lose:key@past
person kin | close:window,door | weather:cold
person kin | open:window | weather:hot
person kin | not.go>park,beach,river,forest,lake | weather:cold,late,dark
person kin | return>park,beach,forest,river | weather:cold,late,dark
person kin | drink:water,juice | weather:hot
person kin | drink:tea,coffee | weather:cold
person kin | not.buy:coat,dress,car,bicycle,phone,camera,sofa | it.be:expensive
person kin | not.read:book,novel,magazine,story | it.be:boring,long,sad
person kin | read:book,novel,story,letter | it.be:interesting
person kin | not.eat:soup,fish | it.be:cold
person kin | like:book,novel,film,story | it.be:interesting,good
person kin | like:dress,hat,flower,picture,song,bird | it.be:beautiful
person kin | like:soup,cake,pie,apple,pear | it.be:tasty
person kin | like:coat,sweater,jacket,scarf | it.be:warm
person kin | not.like:film,novel,book | it.be:boring,sad
person kin | like:sofa,chair,bed | it.be:comfortable
person kin | not.understand:problem,rule,exercise,question | it.be:difficult
mechanic father carpenter uncle grandfather | repair:car,bicycle,motorcycle,boat | it.be:old
person kin | sell:car,bicycle,boat,sofa | it.be:old
person kin | work | want.buy:car,house,boat,computer
person kin | learn:song,poem | like:=
student student_f boy girl son daughter | learn:rule,word | it.be:important
person kin | buy:flower,gift,cake | love:kin
person kin | look_for:cat,dog,kitten,puppy | love:=
person kin | help:grandmother,grandfather,mother,aunt | love:=
person kin | cook:dinner,lunch,soup,cake | wait_for:guest,friend,friend_f
person kin | clean:room,kitchen,house | wait_for:guest
"""
"""Who | does what | because of what. A clause reads [not.][want.|can.|must.]verb[:objects][>places][@tense]; "=" is the object of
the clause before, "it" is that object as a subject; otherwise the subject stays the same."""

SCRIPTS_SO = """
person kin | be:hungry | eat:food
person kin | be:hungry | go>restaurant,kitchen
person kin | be:tired | not.go>office,school,theatre,market
person kin | be:tired | return>park,forest,museum,theatre
person kin | be:ill | not.go>school,office,theatre
person kin | lose:key@past | not.can.open:door,house,car
person kin | lose:ticket@past | not.can.go>theatre,museum
person kin | love:music | buy:guitar,violin,radio
person kin | want.buy:house,car,boat | sell:car,bicycle
mechanic father carpenter | want.help:neighbour,neighbour_f,friend | repair:car,bicycle,roof,clock
"""

SCRIPTS_BUT = """
person kin | look_for:key,phone,ticket,bag | not.find:=
person kin | look_for:cat,dog,kitten,puppy | not.find:=
person kin | be:tired | clean:room,house,kitchen
person kin | be:tired | help:neighbour,grandmother,friend,mother
person kin | be:hungry | not.eat:soup,fish,cheese
person kin | want.go>sea,theatre,museum,park | be:ill
person kin | read:novel,story,poem,letter | not.understand:=
person kin | buy:coat,dress,sweater,hat | not.like:=
person kin | wait_for:bus,train | other.not.come
person kin | invite:person | other.not.come
"""

SCRIPTS_THEN = """
person kin | open:window,door | look
person kin | come>kitchen | cook:dish
person kin | come>library | read:text
person kin | go>shop,market | buy:food,clothes,gift
person kin | return>school,shop,office,park,market | cook:dish
person kin | return>shop,market | clean:kitchen,room
person kin | buy:food | give:=
person kin | write:letter | send:=
person kin | find:key | open:door,box
person kin | find:kitten,puppy,cat | give:=
person kin | buy:toy,flower,book,cake | give:=
person kin | open:box,bag | find:key,ticket,toy,photograph,gift
mechanic father carpenter uncle | buy:bicycle,car,motorcycle,boat | repair:=
person kin | wash:cup,plate,knife | close:window
person kin | eat:food | drink:drink
person kin | drink:drink | wash:cup
person kin | meet:friend,friend_f,neighbour | help:=
person kin | meet:friend,friend_f,neighbour,neighbour_f | invite:=>restaurant
artist | draw:portrait,flower | show:=
person kin | learn:poem,song | tell:story
child boy girl | draw:dog,cat,house,tree,flower | show:=
person kin | open:letter | read:=
person kin | close:window,door | begin.work
person kin | return>school,shop,office,park,market | begin.cook:dinner,lunch
person kin | close:window,door | begin.read:book,letter,newspaper,magazine
person kin | open:window,door | begin.sing:song
"""


def _scripts(table: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    lines = [line.split(" | ") for line in table.strip().split("\n")]
    return tuple((tuple(who.split()), one, two) for who, one, two in lines if two != "look")


_SCRIPTS = {
    "because": _scripts(SCRIPTS_BECAUSE),
    "so": _scripts(SCRIPTS_SO),
    "but": _scripts(SCRIPTS_BUT),
    "then": _scripts(SCRIPTS_THEN),
}

PUNCTUAL = frozenset(_list("find lose bring forget meet give send come begin invite hide open close thank"))
"""Verbs that nobody is in the middle of."""
_STATIVE_KINDS = ("adjective", "profession", "have", "there", "like", "weather")
_SINGLE = frozenset(_list("sea music radio roof floor clock piano coat problem lunch dinner"))
"""Nouns that keep the singular here; some have no other form in Russian."""
_HUMAN = frozenset(concepts(("person", "kin")))
_PROFESSIONS = _list(
    "teacher doctor artist writer cook engineer fisherman gardener journalist musician actor sailor farmer driver soldier mechanic carpenter"
)
_POSSESSIVES = ("my", "my", "my", "our", "our", "his", "her")
_SCENE = tuple(name for name, action in VERBS.items() if name not in ("know", "love", "remember", "forget", "dream"))
_INTRANSITIVE = {"work": "work", "sleep": "room", "rest": "rest", "swim": "water", "walk": "out", "live": "home",
                 "play": "out", "dance": "room"}  # fmt: skip
_STATES_OF = {"person": "young old kind clever cheerful famous tall", "thing": "new old small big beautiful expensive",
              "clothes": "new old warm beautiful expensive", "text": "interesting long short boring sad",
              "food": "fresh tasty", "building": "new old big small beautiful", "furniture": "new old comfortable beautiful",
              "abstract": "difficult simple important", "vehicle": "new old fast expensive", "film": "interesting boring sad",
              "animal": "small clever old hungry"}  # fmt: skip


class Maker:
    """Makes meanings, one after the other.

    Args:
        rng: where chance comes from.
        language: "ru" or "pt", the language of the source. Russian has no articles: there a subject before the verb is
            known ("the"), a subject after it is new ("a"), and so on, so that the source tells the translation.
    """

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.russian = language == "ru"
        self._id = 0

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _chance(self, p: float) -> bool:
        return self.rng.random() < p

    # ------------------------------------------------------------------------------------------------- sentences

    def sentence(self, clauses: int, detail: float) -> Sentence:
        """A sentence.

        Args:
            clauses: how many clauses it has, relative ones not counted.
            detail: from 0 to 1, how likely adjectives, places and relative clauses are.
        """
        self._id = 0
        if clauses == 1:
            if self._chance(0.12):
                return Sentence([Part(self._question(detail))], True)
            return Sentence([Part(self.single(detail))])
        parts: list[Part] = []
        left = clauses
        roll = self.rng.random()
        if roll < 0.3:
            parts = self._reported(min(left, 3), detail)
            left -= len(parts)
        elif roll < 0.6 or clauses == 4:
            parts = self._condition(detail)
            left -= len(parts)
        while left > 0:
            tense = _main_tense(parts)
            if left >= 2 and (not parts or self._chance(0.9)):
                made = self._script(detail, tense)
            elif parts:
                made = [Part(self._scene(parts, tense, detail))]
            else:
                made = [Part(self.single(detail))]
            left -= len(made)
            if parts:
                made[0].link = "and"
            parts += made
        return Sentence(parts)

    def _reported(self, clauses: int, detail: float) -> list[Part]:
        """He said that this is so; she thinks that this is so because of that."""
        report = self._report(detail)
        said = report.tense == "past"
        shift = "said" if said else ""
        if clauses < 3:
            tense = self.rng.choice(("present", "past", "future"))
            inner = self._action(detail, tense, finished=True)
            _reportable(inner, said)
            self._differ(report, inner)
            return [Part(report), Part(inner, "that", shift)]
        one, two = self._script(
            detail, self.rng.choice(("present", "future") if said else ("present", "past", "future"))
        )
        one.link, one.shift, two.shift = "that", shift, two.shift or shift
        _reportable(one.clause, said)
        self._differ(report, one.clause)
        return [Part(report), one, two]

    def _differ(self, report: Clause, inner: Clause) -> None:
        """No "the boys know that the boys": who reports and who is spoken of are two."""
        assert report.subject is not None
        while inner.subject is not None and report.subject.noun == inner.subject.noun:
            report.subject = self._subject(("person", "kin"), 0.2)

    def _scene(self, parts: list[Part], tense: str, detail: float) -> Clause:
        """What somebody else does in the meantime, in the same surroundings."""
        last = next((part.clause for part in reversed(parts) if part.clause.verb), parts[-1].clause)
        theme = next((verbs for verbs in _THEMES if last.verb in verbs), self.rng.choice(_THEMES))
        taken = {part.clause.subject.noun for part in parts if part.clause.subject is not None}
        seen = {part.clause.verb for part in parts}
        while True:
            verb = self.rng.choice(theme)
            action = VERBS[verb]
            if verb in seen or (tense == "present" and verb in PUNCTUAL) or (tense == "past" and action.lasting):
                continue
            clause = self._action(detail, tense, verb, finished=True)
            assert clause.subject is not None
            if clause.subject.noun not in taken and clause.negation in ("", "not"):
                break
        if any(part.clause.time for part in parts):
            clause.time = ""
        return clause

    def _report(self, detail: float) -> Clause:
        """He said, she thinks: what comes before "that"."""
        verb, tense = self.rng.choice(
            (("say", "past"), ("say", "past"), ("think", "present"), ("know_that", "present"))
        )
        return Clause(self._next(), verb=verb, subject=self._subject(("person", "kin"), detail / 2), tense=tense)

    def _condition(self, detail: float) -> list[Part]:
        """When or if somebody does this, somebody does that."""
        rng = self.rng
        link = rng.choice(("when", "if", "when", "although"))
        tense = "future" if link == "if" else rng.choice(("past", "future"))
        if link == "although":
            state = rng.choice(("tired", "ill", "hungry"))
            subject = self._subject(("person", "kin"), detail)
            second = rng.choice(("clean", "help", "cook", "work", "go", "dance", "learn", "repair"))
            first = Clause(self._next(), "adjective", subject=subject, adjective=state, tense="past")
            return [Part(first, link), Part(self._action(detail, "past", second, self._again(subject), finished=True))]
        verb = rng.choice(
            ("come", "come", "return", "find", "buy", "bring", "repair", "cook", "sell", "wash", "help", "read")
        )
        first = self._action(detail, tense, verb, finished=True)
        first.time, first.manner = "", ""
        if verb not in ("come", "return", "buy", "find"):
            first.place = None
        if first.negation != "not" or link == "when":
            self._affirm(first)
        if verb == "come":
            first.place = Place("to", self._place("arrival"))
        self._settle(first)
        assert first.subject is not None
        while True:
            second = self._action(detail, tense, rng.choice(_CONSEQUENCES), finished=True)
            assert second.subject is not None
            allowed = ("",) if link == "when" else ("", "not")
            if second.subject.noun != first.subject.noun and second.verb != verb and second.negation in allowed:
                break
        second.time, second.place = "", None if second.verb not in ("go", "buy") else second.place
        return [Part(first, link, "condition"), Part(second)]

    def _script(self, detail: float, wanted: str = "") -> list[Part]:
        """Two clauses that belong together, as the tables say."""
        rng = self.rng
        while True:
            link = rng.choice(("because", "because", "because", "so", "but", "then", "then", "then"))
            who, one, two = rng.choice(_SCRIPTS[link])
            tenses = _script_tenses(link, one, two)
            if not wanted or wanted in tenses:
                break
        tense = wanted or rng.choice(tenses)
        subject = self._subject(who, detail)
        first = self._spec(one, subject, tense, detail)
        later = "present" if tense == "future" and link == "because" else tense
        if link == "then":
            second = self._spec(two, subject, tense, detail, first)
            second.subject = None
            second.order = "plain"
            return [Part(first), Part(second, link, "bare" if tense == "future" else "", subject)]
        if two.startswith("it.") and first.object is not None:
            first.object.adjective = ""  # not: the sad book, because it is sad
        second = self._spec(two, self._again(subject), later, detail, first)
        return [Part(first), Part(second, link)]

    def _again(self, subject: Phrase) -> Phrase:
        """The pronoun that speaks of somebody again."""
        if subject.is_pronoun:
            noun, number = subject.noun, subject.number
        else:
            number = subject.number
            noun = "they" if number == "pl" else "she" if self._feminine(subject.noun) else "he"
        gender = subject.gender if subject.is_pronoun else "f" if self._feminine(subject.noun) else "m"
        return Phrase(self._next(), noun, number, gender=gender, dropped="" if self.russian else "always")

    def _feminine(self, noun: str) -> bool:
        return noun in _WOMEN or (noun == "child" and not self.russian)

    def _spec(self, spec: str, subject: Phrase, tense: str, detail: float, before: Clause | None = None) -> Clause:
        """A clause from one line of a table of scripts."""
        spec, _, given = spec.partition("@")
        spec, _, places = spec.partition(">")
        spec, _, things = spec.partition(":")
        *marks_, verb = spec.split(".")
        tense = given or tense
        rng = self.rng
        other = before.object if before is not None else None
        if verb == "weather":
            return Clause(self._next(), "weather", adjective=rng.choice(things.split(",")), tense=tense)
        if "other" in marks_ and other is not None:  # they waited for the bus, but the bus did not come
            subject = self._pronoun_for(other)
        if verb == "be":
            if "it" in marks_:
                assert other is not None
                subject = self._pronoun_for(other)
            return Clause(
                self._next(), "adjective", subject=subject, adjective=rng.choice(things.split(",")), tense=tense
            )
        clause = Clause(self._next(), "like" if verb == "like" else "verb", verb=verb, subject=subject, tense=tense)
        action = VERBS.get(verb)
        clause.negation = "not" if "not" in marks_ else ""
        clause.modal = next((mark for mark in marks_ if mark in ("want", "can", "must", "begin")), "")
        if things == "=":
            assert other is not None
            clause.object = self._pronoun_for(other)
            if self.russian and self._chance(0.5):
                clause.order = "pronoun"
        elif things:
            determiner = "the" if verb == "like" or (action and action.definite) else "any" if clause.negation else "a"
            clause.object = self.phrase(tuple(things.split(",")), detail, determiner, own=verb not in ("like", "meet"))
            self._avoid(clause.object, subject, tuple(things.split(",")))
            if verb == "like" and clause.object.determiner != "the":
                clause.object.determiner = "this"
        if action is not None and action.recipients:
            clause.recipient = self.phrase(("person", "kin"), 0.0, "the", own=True)
            self._avoid(clause.recipient, subject, ("person", "kin"))
            clause.order = "plain"
        if places and action is not None:
            relation = action.direction or "to"
            clause.place = Place(relation, Phrase(self._next(), rng.choice(places.split(","))))
        self._settle(clause)
        return clause

    def _pronoun_for(self, phrase: Phrase) -> Phrase:
        """The pronoun that stands for a thing or a person named before."""
        if phrase.is_pronoun:
            return Phrase(self._next(), phrase.noun, phrase.number, gender=phrase.gender)
        number = phrase.number
        if phrase.noun in _HUMAN:
            noun = "they" if number == "pl" else "she" if self._feminine(phrase.noun) else "he"
        else:
            noun = "it"
        return Phrase(self._next(), noun, number, gender=self._genders(phrase.noun))

    def _genders(self, noun: str) -> str:
        if self.russian:
            from utils.translation_russian import gender

            return gender(Phrase(0, noun))
        from utils.translation_portuguese import gender as portuguese_gender

        return portuguese_gender(noun)

    # --------------------------------------------------------------------------------------------------- clauses

    def single(self, detail: float, tense: str = "") -> Clause:
        """A clause of any kind."""
        rng = self.rng
        tense = tense or rng.choice(("past", "present", "future"))
        kind = rng.choices(_KINDS, _KIND_WEIGHTS)[0]
        if kind == "verb":
            return self._action(detail, tense)
        if kind == "mind":
            verb = rng.choice(("know", "love", "remember", "forget", "dream"))
            if verb == "forget":
                tense = "past"
            elif verb != "dream" and tense == "future":
                tense = "present"
            clause = self._action(detail, tense, verb)
            clause.frequency = clause.modal = clause.manner = ""
            clause.time = clause.time if verb == "forget" else ""
            if verb == "dream":
                self._affirm(clause)
            elif clause.negation == "never":
                clause.negation = "not"
            self._settle(clause)
            return clause
        if kind == "nothing":
            clause = self._action(
                0.0, "past", rng.choice(("buy", "see", "find", "eat", "drink", "understand", "say")), finished=True
            )
            clause.negation, clause.object, clause.manner = "nothing", None, ""
            return clause
        if kind == "inverted":
            return self._inverted(detail, "past" if tense == "future" else tense)
        if kind == "object":
            return self._object_first(detail)
        clause = Clause(self._next(), kind, tense=tense)
        if kind == "adjective":
            name = rng.choice(tuple(_STATES_OF))
            clause.subject = self._subject((name,), 0.0)
            clause.adjective = rng.choice(_STATES_OF[name].split())
            clause.subject.adjective = ""
            if name == "animal":
                clause.tense = "past" if tense == "future" else tense
            elif tense == "future":
                clause.tense = "present"
            if name == "person" and clause.subject.number == "sg" and clause.subject.is_pronoun and self._chance(0.3):
                clause.adjective = "ill"
        elif kind == "profession":
            clause.subject = self._subject(
                ("brother", "father", "grandfather", "uncle", "son", "neighbour", "friend"), 0.0
            )
            clause.subject.number = "sg"
            if clause.subject.is_pronoun:
                clause.subject = Phrase(clause.subject.id, "he")
            clause.object = Phrase(self._next(), rng.choice(_PROFESSIONS), determiner="a")
            if clause.tense == "future" or self._chance(0.3):
                clause.tense = "past"
        elif kind == "have":
            clause.verb = "have"
            clause.subject = self._subject(("person", "kin"), detail / 2)
            clause.tense = "present" if tense == "future" else tense
            negative = self._chance(0.25)
            clause.negation = "not" if negative else ""
            classes = ("pet", "vehicle", "thing", "house", "garden")
            clause.object = self.phrase(classes, detail, "a", plain=True)
            if negative:
                clause.object.number, clause.object.adjective = "sg", ""
        elif kind == "there":
            clause = self._there(detail, "past" if tense == "future" else tense)
        else:  # like
            clause.verb = "like"
            clause.tense = "present" if tense == "future" else tense
            clause.subject = self._subject(("person", "kin"), detail / 2)
            clause.object = self.phrase(("text", "clothes", "song", "film", "art", "vehicle"), detail, "the")
            clause.negation = "not" if self._chance(0.2) else ""
            self._settle(clause)
        return clause

    def _there(self, detail: float, tense: str) -> Clause:
        rng = self.rng
        clause = Clause(self._next(), "there", verb="be", tense=tense, order="inverted")
        if self._chance(0.25):
            thing, place = ("picture", "portrait", "map"), "wall"
        elif self._chance(0.4):
            thing, place = ("furniture",), rng.choice(("room", "kitchen", "house", "office"))
        else:
            thing = tuple(
                _list("book letter newspaper magazine key ticket cup plate knife lamp umbrella phone bag apple box hat")
            )
            place = rng.choice(PLACES["surface"])
            if place in ("sofa", "chair"):
                thing = tuple(_list("book newspaper magazine umbrella bag hat"))
        clause.object = self.phrase(thing, detail, "a", plain=True)
        clause.place = Place("in", Phrase(self._next(), place))
        if not self.russian and self._chance(0.5):
            clause.order = "plain"
        return clause

    def _inverted(self, detail: float, tense: str) -> Clause:
        """In the garden works an old gardener: the place is known, who is there is new."""
        rng = self.rng
        verb = rng.choice(tuple(_INTRANSITIVE))
        classes = VERBS[verb].subjects
        classes = tuple(name for name in classes if name != "kin")
        if not self.russian:
            return self._action(detail, tense, verb)
        clause = Clause(self._next(), verb=verb, tense=tense, order="inverted")
        clause.subject = self.phrase(classes, detail + 0.3, "a", plain=True)
        clause.place = Place("in", self._place(_INTRANSITIVE[verb]))
        self._settle(clause)
        return clause

    def _object_first(self, detail: float) -> Clause:
        """This letter wrote my brother: Russian puts first what is spoken of."""
        verb, things = self.rng.choice(
            (("write", "written"), ("build", "house"), ("buy", "gift"), ("draw", "portrait"), ("cook", "soup cake pie"),
             ("repair", "car bicycle clock"), ("find", "kitten puppy key"), ("bring", "gift food"), ("read", "text"))
        )  # fmt: skip
        clause = Clause(self._next(), verb=verb, tense="past")
        clause.subject = self.phrase(("kin", "friend", "neighbour", "friend_f"), 0.0, "the")
        clause.subject.determiner = self.rng.choice(_POSSESSIVES)
        clause.object = self.phrase(tuple(things.split()), detail, "this")
        clause.object.determiner = self.rng.choice(("this", "that"))
        if self.russian:
            clause.order = "object"
        return clause

    def _question(self, detail: float) -> Clause:
        rng = self.rng
        asked = rng.choice(("yes", "yes", "who", "what", "where", "why"))
        tense = rng.choice(("past", "present", "future"))
        if asked == "where":
            verb = rng.choice(tuple(_INTRANSITIVE))
            clause = self._action(detail, tense, verb)
        elif asked == "what":
            verb = rng.choice(("read", "write", "buy", "find", "lose", "cook", "eat", "drink", "draw", "sell"))
            clause = self._action(detail / 2, "past" if verb in PUNCTUAL and tense == "present" else tense, verb)
        elif asked == "why":
            clause = self._action(
                detail, tense, rng.choice(("cry", "laugh", "work", "sell", "buy", "open", "close")), finished=True
            )
        else:
            clause = self._action(detail, tense)
            if clause.verb == "see":  # nobody asks who sees friends
                clause = self._action(detail, tense, "meet" if tense != "present" else "look_for")
        self._affirm(clause)
        clause.question, clause.frequency, clause.manner, clause.modal = asked, "", "", ""
        clause.time = "" if asked != "yes" else clause.time
        clause.time_first = False
        assert clause.subject is not None
        clause.subject.dropped = ""
        if clause.subject.noun == "i":
            clause.subject = Phrase(clause.subject.id, "you")
            if clause.object is not None and clause.object.determiner == "my":
                clause.object.determiner = "your" if self.russian else "our"
        if asked in ("where", "what"):
            clause.place = None if asked == "where" else clause.place
            if asked == "what":
                clause.place = None
            if self.russian and not clause.subject.is_pronoun:
                clause.order = "inverted"
        if asked == "who":
            clause.subject = Phrase(clause.subject.id, "he")
            if clause.object is not None and clause.object.determiner == "own":
                clause.object.determiner = "this"
            if clause.recipient is not None and clause.recipient.determiner == "own":
                clause.recipient.determiner = "my"
        if asked == "yes" and clause.object is not None and clause.object.determiner in ("a", "any"):
            clause.object.determiner = "the"
        self._settle(clause)
        return clause

    def _action(
        self, detail: float, tense: str, verb: str = "", subject: Phrase | None = None, finished: bool = False
    ) -> Clause:
        """Somebody does something.

        Args:
            detail: how likely adjectives, places and relative clauses are.
            tense: "present", "past", "future".
            verb: which; chosen if empty.
            subject: who; chosen if None.
            finished: whether a past has to be finished: not "was sleeping".
        """
        rng = self.rng
        chosen = verb
        while not verb:
            chosen = rng.choice(_SCENE)
            action = VERBS[chosen]
            if (tense == "present" and chosen in PUNCTUAL) or (action.stative and tense == "future"):
                continue
            if finished and tense == "past" and (action.lasting or action.stative):
                continue
            break
        action = VERBS.get(chosen, _SAY)
        clause = Clause(self._next(), verb=chosen, tense=tense)
        clause.subject = subject or self._subject(action.subjects, detail)
        if subject is None and self._chance(0.12):
            negation = rng.choice(("not", "not", "never", "nobody"))
            if negation == "never" and tense == "future":
                negation = "not"
            if negation == "nobody" and not (clause.subject.noun in _HUMAN and clause.subject.determiner == "the"):
                negation = "not"
            clause.negation = negation
            if negation == "nobody":
                clause.subject = Phrase(clause.subject.id, "he")
            elif clause.subject.determiner == "a":
                clause.subject.determiner = "the"
        if (
            not clause.negation
            and not action.direction
            and tense == "present"
            and chosen != "live"
            and self._chance(0.5)
        ):
            clause.frequency = rng.choice(FREQUENCIES)
        elif (
            not clause.negation and not action.stative and not action.direction and not finished and self._chance(0.18)
        ):
            clause.modal = rng.choice(("want", "can", "must", "begin"))
            if tense == "future" or (
                clause.modal == "begin" and (tense == "present" or chosen in PUNCTUAL or not action.manners)
            ):
                clause.modal = ""
        if action.objects:
            determiner = "the" if action.definite else "any" if clause.negation else "a"
            own = clause.negation != "nobody" and clause.subject.noun != "child"
            clause.object = self._object(action, clause, detail, determiner, own)
        if action.recipients:
            clause.recipient = self.phrase(("person", "kin"), 0.0, "the", clause.negation != "nobody")
            self._avoid(clause.recipient, clause.subject, ("person", "kin"))
            if self._chance(0.25):
                clause.recipient = self._other_pronoun(clause.subject)
        if action.direction:
            clause.place = Place(action.direction, self._place("goal"))
        elif action.places and (chosen == "live" or self._chance(0.2 + 0.45 * detail)):
            clause.place = Place("in", self._place(action.places))
        if (
            action.manners
            and not clause.negation
            and not clause.frequency
            and not clause.modal
            and self._chance(0.1 + 0.2 * detail)
        ):
            clause.manner = rng.choice(action.manners)
        if (
            not clause.frequency
            and clause.negation != "never"
            and not clause.modal
            and chosen not in ("build", "learn", "see", "live")
            and self._chance(0.25)
        ):
            clause.time = rng.choice(TIMES[tense])
            clause.time_first = self._chance(0.6)
        if clause.object is not None and clause.object.relative is not None:  # nothing may follow a relative clause
            clause.place, clause.manner, clause.time_first = None, "", True
        self._settle(clause)
        return clause

    def _affirm(self, clause: Clause) -> None:
        """Takes the negation away, and what it did to the object."""
        thing = clause.object
        if clause.negation and thing is not None and not VERBS[clause.verb].definite:
            if thing.determiner in ("any", "the") and thing.owner is None and thing.relative is None:
                thing.determiner = "a"
        clause.negation = ""

    def _settle(self, clause: Clause) -> None:
        """What follows from the rest: whether it is going on."""
        action = VERBS.get(clause.verb, _SAY)
        subject = clause.subject
        if not self.russian and subject is not None and subject.noun == "we" and subject.dropped != "always":
            # gostamos, entendemos, nunca lemos: present or past, nobody could tell
            if clause.tense == "past" and (clause.verb in ("like", "understand") or clause.negation == "never"):
                subject.noun, subject.number, subject.dropped = "they", "pl", ""
        clause.progressive = (
            clause.kind == "verb"
            and not action.stative
            and not clause.frequency
            and not clause.modal
            and clause.negation != "never"
            and (clause.tense == "present" or (clause.tense == "past" and action.lasting))
        )

    def _place(self, group: str) -> Phrase:
        """A place: mostly "the", sometimes "this" or "big"."""
        noun = self.rng.choice(PLACES[group])
        phrase = Phrase(self._next(), noun)
        if group in ("work", "out", "home", "goal") and self._chance(0.2):
            phrase.adjective = self.rng.choice(("big", "old", "small", "beautiful", "new"))
            if noun in ("forest", "sea", "field", "beach", "river", "lake") and phrase.adjective == "new":
                phrase.adjective = "big"
        if (self._chance(0.1) and group != "water") or (group == "home" and noun == "house"):
            phrase.determiner = self.rng.choice(("this", "that", "our"))
        return phrase

    def _object(self, action: Action, clause: Clause, detail: float, determiner: str, own: bool) -> Phrase:
        rng = self.rng
        assert clause.subject is not None
        people = all(name in ("person", "kin") for name in action.objects)
        if people and clause.verb not in ("know", "talk") and self._chance(0.3):
            if self.russian and self._chance(0.5):
                clause.order = "pronoun"
            return self._other_pronoun(clause.subject)
        phrase = self.phrase(action.objects, detail, determiner, own)
        self._avoid(phrase, clause.subject, action.objects)
        if clause.frequency and phrase.noun not in MASS and phrase.noun not in _SINGLE and phrase.determiner == "a":
            phrase.number = "pl"  # "often reads books"
        if phrase.determiner == "a" and phrase.number == "pl" and not phrase.adjective and phrase.noun not in _HUMAN:
            if self._chance(0.4) and phrase.noun not in CLASSES["animal"] and not clause.frequency:
                phrase.determiner = rng.choice(NUMERALS)
        if (
            not phrase.is_pronoun
            and not clause.negation
            and not clause.frequency
            and self._chance(0.05 + 0.12 * detail)
        ):
            self._relative(phrase, clause)
        return phrase

    def _relative(self, phrase: Phrase, clause: Clause) -> None:
        """The book that my brother bought."""
        rng = self.rng
        noun = phrase.noun
        verbs = [
            name
            for name in ("buy", "write", "find", "bring", "draw", "build", "cook", "sell")
            if noun in concepts(VERBS[name].objects)
        ]
        verbs = [name for name in _GOT.get(clause.verb, "").split() if noun in concepts(VERBS[name].objects)]
        if not verbs or phrase.determiner not in ("a", "the"):
            return
        inner = Clause(self._next(), verb=rng.choice(verbs), tense="past")
        inner.subject = self.phrase(VERBS[inner.verb].subjects, 0.0, "the")
        if inner.subject.determiner not in ("the", "my", "our"):
            inner.subject.determiner = "my" if inner.subject.noun in CLASSES["kin"] else "the"
        assert clause.subject is not None
        if inner.subject.noun == clause.subject.noun:
            return
        if self.russian and self._chance(0.5):
            inner.order = "inverted"
        phrase.determiner, phrase.relative, phrase.relative_role = "the", inner, "object"

    # --------------------------------------------------------------------------------------------------- phrases

    def _subject(self, classes: tuple[str, ...], detail: float) -> Phrase:
        rng = self.rng
        human = all(name in ("person", "kin") for name in classes)
        if human and self._chance(0.2):
            noun = rng.choice(("i", "we", "you", "he", "she", "they"))
            dropped = "if clear" if not self.russian and noun in ("i", "we") and self._chance(0.6) else ""
            return Phrase(self._next(), noun, gender=rng.choice("mf"), dropped=dropped)
        phrase = self.phrase(classes, detail, "the")
        if (
            human
            and not self.russian
            and phrase.determiner == "the"
            and phrase.noun in CLASSES["person"]
            and self._chance(0.2)
        ):
            phrase.determiner = "a"
        if phrase.determiner == "a":
            phrase.number = "sg"
        if human and phrase.number == "sg" and self._chance(0.15 * detail):
            self._who(phrase)
        return phrase

    def _who(self, phrase: Phrase) -> None:
        """The boy who lives in this village."""
        rng = self.rng
        inner = Clause(self._next(), verb=rng.choice(("live", "work", "buy", "write", "sell", "find")))
        action = VERBS[inner.verb]
        inner.tense = "present" if action.lasting else "past"
        if action.objects:
            inner.object = self.phrase(action.objects, 0.0, "a", plain=True)
        else:
            inner.place = Place("in", self._place(action.places))
        if inner.verb == "sell" and phrase.noun not in concepts(VERBS["sell"].subjects):
            return
        self._settle(inner)
        phrase.relative, phrase.relative_role = inner, "subject"
        if phrase.determiner == "a" or phrase.noun in CLASSES["kin"]:
            phrase.relative = None

    def _other_pronoun(self, subject: Phrase) -> Phrase:
        """Me, us, him …: anyone but the subject, and no doubt who."""
        free = [noun for noun in ("i", "we", "he", "she", "they") if noun != subject.noun]
        if subject.noun in ("i", "we"):
            free = [noun for noun in free if noun not in ("i", "we")]
        noun = self.rng.choice(free)
        number = "pl" if noun == "they" else "sg"
        return Phrase(self._next(), noun, number, gender="f" if noun == "she" else "m")

    def phrase(
        self, classes: tuple[str, ...], detail: float, determiner: str, own: bool = False, plain: bool = False
    ) -> Phrase:
        """A noun phrase.

        Args:
            classes: kinds of nouns, or nouns.
            detail: how likely an adjective is.
            determiner: "the", "a" or "any", unless a demonstrative or an owner takes its place.
            own: whether it may be the subject's own.
            plain: whether it keeps its determiner.
        """
        rng = self.rng
        noun = rng.choice(concepts(classes))
        phrase = Phrase(self._next(), noun, "sg", determiner)
        kin = noun in CLASSES["kin"]
        if noun not in MASS and noun not in _SINGLE and not kin and self._chance(0.25):
            phrase.number = "pl"
        if not plain and noun not in MASS and noun != "music":
            roll = rng.random()
            if kin:
                if own and roll < 0.6:
                    phrase.determiner = "own"
                else:
                    phrase.determiner = rng.choice(_POSSESSIVES) if roll < 0.92 else "the"
            elif determiner != "any":
                if roll < 0.08:
                    phrase.determiner = rng.choice(("this", "that"))
                elif roll < 0.16 and own and noun in _OWNED:
                    phrase.determiner = "own"
                elif noun in _RELATED and roll < 0.5:
                    phrase.determiner = rng.choice(_POSSESSIVES)
                elif roll < 0.2 and noun in _OWNED:
                    phrase.determiner = rng.choice(("my", "our", "his", "her", "their"))
                elif roll < 0.26 and noun in _OWNED and noun not in _HUMAN:
                    owner = rng.choice(concepts(("person",)))
                    phrase.owner = Phrase(self._next(), owner)
                    phrase.determiner = "the"
        if phrase.determiner == "any" and phrase.number == "sg" and noun not in MASS:
            phrase.determiner = "the" if self.russian else "a"
        adjectives = fitting_adjectives(noun)
        if adjectives and not kin and self._chance(0.12 + 0.4 * detail):
            phrase.adjective = rng.choice(adjectives)
        return phrase

    def _avoid(self, phrase: Phrase, other: Phrase, classes: tuple[str, ...]) -> None:
        """Nobody helps the boy who is the subject himself."""
        group = concepts(classes)
        while phrase.noun.removesuffix("_f") == other.noun.removesuffix("_f") and len(group) > 1:
            phrase.noun = self.rng.choice(group)
            phrase.adjective = ""


_SAY = Action(("person",))
_WOMEN = frozenset(
    _list(
        "girl teacher_f student_f neighbour_f friend_f grandmother mother sister daughter actress woman singer nurse aunt"
    )
)
_RELATED = frozenset(_list("friend friend_f neighbour neighbour_f son daughter"))
_OWNED = frozenset(
    concepts(
        (
            "clothes",
            "vehicle",
            "thing",
            "small",
            "art",
            "friend",
            "friend_f",
            "neighbour",
            "pet",
            "book",
            "letter",
            "room",
            "house",
        )
    )
)


def _reportable(clause: Clause, said: bool) -> None:
    """Makes a clause fit to follow "that": no "that that boy", no "said that now"."""
    if clause.subject is not None and clause.subject.determiner == "that":
        clause.subject.determiner = "this"
    if said:
        clause.time = ""


def _script_tenses(link: str, one: str, two: str) -> tuple[str, ...]:
    """The tenses in which a pair of clauses can be told."""
    if link == "but" or "lose" in one:
        return ("past",)
    if link == "then":
        return ("past", "past", "future")
    if one.startswith(("be:", "want.", "love", "like", "not.like", "not.understand", "not.can")):
        return ("past", "present")
    if any(one.removeprefix("not.").startswith(verb) for verb in PUNCTUAL):
        return ("past", "future")
    return ("past", "past", "present", "future")


def _main_tense(parts: list[Part]) -> str:
    """The tense that a sentence goes on with."""
    if parts and parts[0].clause.verb == "say":
        return "past"
    for part in reversed(parts):
        if part.link not in ("because", "that") and part.clause.verb not in ("say", "think", "know_that"):
            return part.clause.tense
    return parts[0].clause.tense if parts else ""


_CONSEQUENCES = _list(
    "cook clean open close show give tell help thank repair sing read buy invite send wash bring draw"
)

_THEMES = (
    _list("cook clean wash repair paint read draw write open close learn sing listen watch sleep play"),
    _list("buy sell meet visit walk wait_for go return see show give look_for"),
    _list("help thank invite give show send tell explain bring"),
)
"""Verbs that fit into one scene: at home, in town, among people."""

_GOT = {
    "read": "buy write bring find", "sell": "buy build draw", "find": "buy bring", "lose": "buy bring", "eat": "buy bring cook",
    "drink": "bring", "wash": "buy", "repair": "buy find", "show": "buy draw write find", "give": "buy find bring",
    "send": "write buy", "hide": "buy write find bring", "bring": "buy cook write", "open": "bring find", "buy": "write draw",
}  # fmt: skip
"""What can have happened before to the thing that is now read, sold, …"""


_KINDS = ("verb", "adjective", "profession", "have", "there", "like", "inverted", "object", "nothing", "mind")
_KIND_WEIGHTS = (56, 8, 4, 7, 7, 5, 6, 4, 2, 5)
