"""English words of the translation corpus: their forms, by concept.

A *concept* is the name under which `utils.translation_meanings` speaks of a word; it is an English lemma, with a mark
where two words of another language share it ("teacher", "teacher_f"). Plain tables and functions without state.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

from utils.translation_lexicon import CLASSES, MASS, WOMEN
from utils.translation_meanings import (
    ADJ,
    AUX,
    COMMA,
    COMMA2,
    DET,
    END,
    FREQ,
    LINK,
    MANNER,
    MODAL,
    NEG,
    NOUN,
    OF,
    PIECE,
    PRED,
    PREP,
    REL,
    TIME,
    VERB,
    Clause,
    Phrase,
    Place,
    Sentence,
    Word,
    key,
)

__all__ = ["Verb", "article", "english", "noun", "verb"]

_VOWELS = "aeiou"

# concept = singular / plural, where the plural is not made by rule or the words differ from the concept
_NOUNS = """
dishes/dishes scarf/scarves child/children woman/women man/men fisherman/fishermen
old_man=old_man/old_men knife/knives sheep/sheep fish/fish
teacher_f=teacher student_f=student pupil=student pupil_f=student
neighbour_f=neighbour friend_f=friend doctor_f=doctor shelf/shelves
fairy_tale=fairy_tale/fairy_tales wolf/wolves
"""

# base past participle [-ing]; a rest after "+" is a particle or a preposition that belongs to the verb
_VERBS = """
read:read,read,read write:write,wrote,written,writing buy:buy,bought,bought sell:sell,sold,sold find:find,found,found
lose:lose,lost,lost,losing bring:bring,brought,brought wash:wash cook:make,made,made eat:eat,ate,eaten
drink:drink,drank,drunk
draw:draw,drew,drawn paint:paint repair:repair open:open close:close hide:hide,hid,hidden,hiding clean:clean
build:build,built,built sing:sing,sang,sung listen:listen+to watch:watch look_for:look+for wait_for:wait+for help:help
thank:thank invite:invite meet:meet,met,met see:see,saw,seen know:know,knew,known
read_while:read,read,read get:get,got,got fall:fall,fell,fallen
know_that:know,knew,known love:love remember:remember
understand:understand,understood,understood forget:forget,forgot,forgotten,forgetting give:give,gave,given,giving
present:give,gave,given,giving hand:give,gave,given,giving
give_back:give,gave,given,giving remain:stay take_soup:eat,ate,eaten
show:show,showed,shown send:send,sent,sent tell:tell,told,told explain:explain sleep:sleep,slept,slept work:work
rest:rest laugh:laugh cry:cry dance:dance swim:swim,swam,swum,swimming walk:walk run:run,ran,run,running live:live
play:play go:go,went,gone come:come,came,come,coming
return:return talk:talk think:think,thought,thought dream:dream say:say,said,said
be:be,was,been,being have:have,had,had
want:want begin:begin,began,begun,beginning like:like learn:learn visit:visit
bake:bake expect:expect enter:come,came,come,coming arrive:come,came,come,coming
"""


def article(word: str) -> str:
    """ "a" or "an", by the sound that the word begins with, for the words of this grammar."""
    return "an" if word[0] in _VOWELS else "a"


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh", "o")) and word not in ("photo", "piano", "radio"):
        return word + "es"
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _noun_table() -> dict[str, tuple[str, str]]:
    table = {}
    for entry in _NOUNS.split():
        concept, _, forms = entry.rpartition("=")
        singular, _, plural = forms.partition("/")
        table[concept or singular] = (singular, plural or _plural(singular))
    return table


_IRREGULAR = _noun_table()


@functools.cache
def noun(concept: str, number: str) -> tuple[str, ...]:
    """The words of a noun, "sg" or "pl": most have one, "old man" has two."""
    singular, plural = _IRREGULAR.get(concept) or (concept, _plural(concept))
    return tuple((plural if number == "pl" else singular).split("_"))


@dataclasses.dataclass(frozen=True)
class Verb:
    """The forms of a verb, and the word that follows it before its object ("listen to")."""

    base: str
    third: str
    past: str
    participle: str
    ing: str
    particle: str = ""


def _make(entry: str) -> Verb:
    forms, _, particle = entry.partition("+")
    base, *rest = forms.split(",")
    stem = base[:-1] if base.endswith("e") else base
    regular = stem + "ed" if not (base.endswith("y") and base[-2] not in _VOWELS) else base[:-1] + "ied"
    past, participle = (rest[0], rest[1]) if rest else (regular, regular)
    ing = rest[2] if len(rest) > 2 else stem + "ing"
    third = {"be": "is", "have": "has"}.get(base) or _plural(base)
    return Verb(base, third, past, participle, ing, particle)


_VERB_TABLE = {entry.partition(":")[0]: _make(entry.partition(":")[2]) for entry in _VERBS.split()}


def verb(concept: str) -> Verb:
    """The forms of a verb."""
    return _VERB_TABLE[concept]


# ------------------------------------------------------------------------------------------ how English says a meaning

_OBJECT = {"i": "me", "we": "us", "he": "him", "she": "her", "they": "them"}
_OWN = {"i": "my", "we": "our", "you": "your", "he": "his", "she": "her", "they": "their"}
_SPELLED = {"attentively": "carefully", "in_the_morning": "in_the_morning"}
_AT = frozenset({"station", "market", "home"})
_ON = frozenset({"beach", "table", "chair", "shelf", "floor", "wall", "roof", "sofa", "bridge", "bed", "street"})
_PUPILS = frozenset(
    ["student", "student_f", "pupil", "pupil_f", "boy", "girl", "child", "son", "daughter", "teacher", "teacher_f"]
    + ["i", "we", "you", "he", "she", "they"]
)
"""Those who go to school; others go to the school."""
_PREPOSITIONS = {"talk": "with", "dream": "of"}
_TURNS = {"hungry": "get", "tired": "get", "ill": "fall"}
"""How states begin."""


def _in(place: Place, verb_: str) -> str:
    if place.relation != "in":
        return "into" if verb_ in ("come", "enter") and place.phrase.noun == "kitchen" else place.relation
    noun_ = place.phrase.noun
    return "at" if noun_ in _AT else "on" if noun_ in _ON else "in"


def _told_apart(phrase: Phrase) -> bool:
    return bool(phrase.adjective) or phrase.determiner != "the"


def _outside(clause: Clause) -> bool:
    """Whether children play outside, which other languages say as "in the street"."""
    place = clause.place
    return (
        place is not None and clause.verb == "play" and place.phrase.noun == "street" and not _told_apart(place.phrase)
    )


def _owner(phrase: Phrase) -> str:
    """What "own" is in English: it goes by the person, number and sex of the subject."""
    if phrase.noun in _OWN:
        return _OWN[phrase.noun]
    if phrase.number == "pl":
        return "their"
    if phrase.noun in CLASSES["animal"]:
        return "its"
    return "her" if phrase.noun in WOMEN else "his"


def _phrase(phrase: Phrase, subject: Phrase | None = None, objective: bool = False) -> list[Word]:
    """A noun phrase; `subject` is the subject of its clause, for "own"."""
    node = phrase.id
    if phrase.is_pronoun:
        form = phrase.noun
        if form == "it" and phrase.number == "pl":
            form = "they"
        return [Word(_OBJECT.get(form, form) if objective else form, key(node, NOUN))]
    nouns = [Word(form, key(node, NOUN)) for form in noun(phrase.noun, phrase.number)]
    if phrase.adjective:
        nouns.insert(0, Word(phrase.adjective, key(node, ADJ)))
    words: list[Word] = []
    name = phrase.determiner
    if phrase.owner is not None:
        words = _phrase(phrase.owner, subject)
        form = "'" if phrase.owner.number == "pl" and words[-1].form.endswith("s") else "'s"
        words.append(Word(form, key(phrase.owner.id, OF)))
        if name in ("this", "that"):  # this book of the teacher's: one place before the noun does not hold both
            form = {"this": "these", "that": "those"}[name] if phrase.number == "pl" else name
            return [Word(form, key(node, DET)), *nouns, Word("of", key(phrase.owner.id, OF)), *words]
    elif name in ("a", "any"):
        if phrase.number == "pl":
            words = [Word("any", key(node, DET))] if name == "any" else []
        elif phrase.noun not in MASS:
            words = [Word(article(nouns[0].form), key(node, DET))]
    elif name == "piece":
        article_ = Word("a", key(node, DET))
        words = [article_, Word("piece", key(node, PIECE)), Word("of", key(node, OF))]
    elif name == "own":
        assert subject is not None
        words = [Word(_owner(subject), key(node, DET))]
    elif name and not (name == "the" and phrase.noun in ("music", "dinner", "lunch")):
        if phrase.number == "pl":
            name = {"this": "these", "that": "those"}.get(name, name)
        words = [Word(name, key(node, DET))]
    words += nouns
    clause = phrase.relative
    if clause is not None:
        person = phrase.noun in CLASSES["person"] or phrase.noun in CLASSES["kin"] or phrase.noun.startswith("pupil")
        who = "who" if person and phrase.relative_role == "subject" else "that"
        words += [Word(who, key(node, REL)), *_clause(clause, head=phrase)]
    return words


def _person(subject: Phrase | None) -> str:
    if subject is None:
        return "3s"
    if subject.noun == "i":
        return "1s"
    return "p" if subject.noun in ("we", "you", "they") or subject.number == "pl" else "3s"


def _be(person: str, past: bool) -> str:
    if past:
        return "were" if person == "p" else "was"
    return {"1s": "am", "3s": "is", "p": "are"}[person]


class _Finite(NamedTuple):
    """A finite verb: what stands before "not" and an adverb, and what stands after them."""

    auxiliary: tuple[str, ...]
    rest: tuple[str, ...]


def _finite(forms: Verb, clause: Clause, person: str, shift: str, question: bool) -> _Finite:
    """The finite verb of a clause.

    Args:
        forms: the verb.
        clause: its tense, aspect and negation.
        person: "1s", "3s" or "p".
        shift: "" in a main clause, "said" after a verb of saying in the past, "condition" after "if" and "when",
            "perfect" in a reason for what is so now, "bare" where "will" was said in the clause before.
        question: whether an auxiliary has to stand before the subject.
    """
    tense, progressive = clause.tense, clause.progressive and forms.base != "dream"
    if shift == "perfect" and tense == "past" and forms.base != "be":  # cannot, because he has lost it
        return _Finite(("has" if person == "3s" else "have",), (forms.participle,))
    if shift == "bare" and tense == "future":  # will return and rest
        return _Finite((), (forms.base,))
    if shift == "going":  # was reading … and drinking
        return _Finite((), (forms.ing,))
    if shift == "condition" and tense == "future":
        tense, progressive = "present", False
    if clause.negation == "never" and tense == "past" and not shift:  # in all their life
        return _Finite(("has" if person == "3s" else "have",), (forms.participle,))
    if tense == "future":
        return _Finite(("would" if shift == "said" else "will",), (forms.base,))
    past = tense == "past"
    if shift == "said" and past and forms.base != "be":
        return _Finite(("had",), (forms.participle,))
    past = past or shift == "said"
    if forms.base == "be":
        return _Finite((_be(person, past),), ())
    if progressive:
        return _Finite((_be(person, past),), (forms.ing,))
    if question or clause.negation in ("not", "nothing"):
        return _Finite(("did" if past else "does" if person == "3s" else "do",), (forms.base,))
    if past:
        return _Finite((), (forms.past,))
    return _Finite((), (forms.third if person == "3s" else forms.base,))


def _verb_of(clause: Clause) -> Verb:
    """The verb that English has for the clause's: guests are expected, where Russian and Portuguese wait for them."""
    guests = clause.verb == "wait_for" and clause.object is not None and clause.object.noun == "guest"
    return verb("expect" if guests else clause.verb)


def _verb_group(clause: Clause, person: str, shift: str, question: bool) -> tuple[list[Word], list[Word]]:
    """The words of the verb: (auxiliaries, the rest)."""
    main, support, modal = key(clause.id, VERB), key(clause.id, AUX), key(clause.id, MODAL)
    if clause.modal in ("can", "must"):
        past = clause.tense == "past" or shift == "said"
        if clause.modal == "can":
            first: tuple[str, ...] = ("could",) if past else ("can",)
        else:
            first = ("had", "to") if past else ("must",)
        auxiliary = [Word(first[0], modal)]
        if clause.negation == "not" and first[0] == "can":
            auxiliary = [Word("cannot", modal + key(clause.id, NEG))]
        return auxiliary, [*(Word(form, modal) for form in first[1:]), Word(_verb_of(clause).base, main)]
    if clause.modal == "to":  # went to the market to buy bread
        walks = clause.verb == "walk"
        return [], [Word(form, main) for form in (("for", "a", "walk") if walks else ("to", _verb_of(clause).base))]
    if clause.modal:
        finite = _finite(verb(clause.modal), clause, person, shift, question)
        rest = [Word(form, modal) for form in finite.rest]
        return [Word(form, modal) for form in finite.auxiliary], [
            *rest,
            Word("to", main),
            Word(_verb_of(clause).base, main),
        ]
    turns = _TURNS.get(clause.adjective, "") if shift == "condition" and clause.kind == "adjective" else ""
    if turns:  # if she gets hungry
        form = verb(turns).third if person == "3s" else turns
        return [], [Word(form, main + support)]
    forms = _verb_of(clause) if clause.kind == "verb" else verb({"have": "have", "like": "like"}.get(clause.kind, "be"))
    finite = _finite(forms, clause, person, shift, question)
    if finite.auxiliary and finite.rest:
        return [Word(form, support) for form in finite.auxiliary], [Word(form, main) for form in finite.rest]
    both = main + support
    return [Word(form, both) for form in finite.auxiliary], [Word(form, both) for form in finite.rest]


def _adverb(concept: str, keys: tuple[int, ...]) -> list[Word]:
    return [Word(form, keys) for form in _SPELLED.get(concept, concept).split("_")]


def _clause(clause: Clause, shift: str = "", head: Phrase | None = None) -> list[Word]:
    """A clause in English order; `head` is a subject that stands outside: in a relative clause, or left out."""
    node = clause.id
    subject = clause.subject if clause.subject is not None else head
    person = _person(clause.object if clause.kind == "there" else subject)
    question = clause.question not in ("", "who")
    auxiliary, rest = _verb_group(clause, person, shift, question)
    if clause.negation in ("not", "nothing") and auxiliary[-1].form != "cannot":
        auxiliary.append(Word("not", key(node, NEG)))
    if clause.frequency:
        auxiliary.append(Word(clause.frequency, key(node, FREQ)))
    if clause.negation == "never":
        auxiliary.append(Word("never", key(node, NEG) + key(node, FREQ)))
    if (
        clause.verb == "walk"
        and rest[-1].form == "walk"
        and clause.modal != "to"
        and (clause.modal or clause.tense == "future")
    ):
        rest = [*rest[:-1], *(Word(form, rest[-1].keys) for form in ("go", "for", "a", "walk"))]
    words: list[Word] = []
    if clause.time and clause.time_first:
        words = _adverb(clause.time, key(node, TIME))
    if clause.kind == "there":
        who = [Word("there", key(node, VERB) + key(node, AUX))]
    elif clause.kind == "weather":
        who = [Word("it")]
    elif clause.question == "who":
        who = [Word("who", key(node, DET))]
    elif clause.negation == "nobody":
        assert subject is not None
        who = [Word("nobody", key(node, NEG) + key(subject.id, NOUN))]
    else:
        who = [] if clause.subject is None else _phrase(clause.subject)
    if question:
        asked = [] if clause.question == "yes" else [Word(clause.question, key(node, DET))]
        words += [*asked, auxiliary[0], *who, *auxiliary[1:], *rest]
    else:
        words += [*who, *auxiliary, *rest]
    late = clause.verb == "explain" or (clause.object is not None and clause.object.is_pronoun)
    if clause.recipient is not None and not late:
        words += _phrase(clause.recipient, subject, True)
    particle = _verb_of(clause).particle if clause.verb else ""
    if particle:
        words.append(Word(particle, key(node, VERB)))
    if clause.adjective:
        state = clause.adjective.removeprefix("too_")
        if state != clause.adjective:
            words.append(Word("too", key(node, MANNER)))
        words.append(Word(state, key(node, PRED)))
    if clause.negation == "nothing":
        words.append(Word("anything", key(node, NOUN)))
    if clause.object is not None and clause.question != "what":
        if clause.verb in _PREPOSITIONS:
            words.append(Word(_PREPOSITIONS[clause.verb], key(node, PREP)))
        words += _phrase(clause.object, subject, True)
        if clause.verb == "give_back":
            words.append(Word("back", key(node, VERB)))
    if clause.recipient is not None and late:
        words.append(Word("to", key(clause.recipient.id, PREP)))
        words += _phrase(clause.recipient, subject, True)
    if clause.manner:
        words += _adverb(clause.manner, key(node, MANNER))
    if clause.place is not None and clause.place.phrase.noun == "home" and clause.place.relation == "to":
        words.append(Word("home", key(clause.place.phrase.id, PREP) + key(clause.place.phrase.id, NOUN)))
    elif clause.place is not None and _outside(clause):
        words.append(Word("outside", key(clause.place.phrase.id, PREP) + key(clause.place.phrase.id, NOUN)))
    elif clause.place is not None:
        words.append(Word(_in(clause.place, clause.verb), key(clause.place.phrase.id, PREP)))
        where = _phrase(clause.place.phrase, subject)
        goal = clause.place.phrase.noun
        usual = goal in ("church", "home") or (goal == "school" and subject is not None and subject.noun in _PUPILS)
        if (clause.place.relation != "in" or goal == "home") and usual and where[0].form == "the":
            where = where[1:] if len(where) == 2 else where  # to school, but: to the old school
        if goal == "restaurant" and where[0].form == "the" and clause.place.relation != "from":
            where = [Word(article(where[1].form), where[0].keys), *where[1:]]
        words += where
    if clause.time and not clause.time_first:
        words += _adverb(clause.time, key(node, TIME))
    return words


_LINKS = {"and": ", and", "then": "and", "to": "", "but": ", but", "but_if": ", but if", "so": ", so"}


def english(sentence: Sentence) -> list[Word]:
    """A sentence in English."""
    words: list[Word] = []
    opened = 0
    for number, part in enumerate(sentence.parts):
        if opened:  # the clause with "when" or "if" that opened the sentence is over
            words.append(Word(",", key(opened, COMMA2)))
            opened = 0
        node = part.clause.id
        if sentence.listed(number):  # went to the market, bought fish and made soup
            words.append(Word(",", key(node, LINK)))
        elif part.link:
            link = part.link if part.head is not None and part.link == "but" else _LINKS.get(part.link, part.link)
            for form in link.split():
                words.append(Word(form, key(node, COMMA if form == "," else LINK)))
            opened = node if not number or part.link == "but_if" else 0
        words += _clause(part.clause, part.shift, part.head)
    words.append(Word("?" if sentence.question else ".", key(0, END)))
    return words
