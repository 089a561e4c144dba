"""A synchronous grammar: one meaning, said in Russian and in English, word linked to word.

Each side is a list of `Word`s: a form, and the keys of what it stands for. A key names a node of the meaning and a slot
in it (noun, determiner, verb, negation …). Two words of different languages are linked if they share a key; that is all
there is to the gold alignment.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from utils import translation_english as en
from utils import translation_russian as ru
from utils.translation_meanings import CLASSES, MASS, VERBS, Clause, Phrase, Place, Sentence

__all__ = ["Word", "english", "links", "russian"]


class Word(NamedTuple):
    """A form and the keys of what it stands for."""

    form: str
    keys: tuple[int, ...] = ()


# The slots of a node. A key is 32 * node + slot.
NOUN, DET, ADJ, OF, PREP, VERB, NEG, FREQ, MANNER, TIME, LINK, REL, MODAL, COMMA, COMMA2, PART, PRED = range(17)

COMMA_MARK = Word(",")  # a comma that goes if another mark follows


def _key(node: int, slot: int) -> tuple[int, ...]:
    return (32 * node + slot,)


FEMALE = frozenset(
    """girl teacher_f student_f neighbour_f friend_f grandmother mother sister daughter actress woman singer nurse aunt
    she""".split()
)

# ---------------------------------------------------------------------------------------------------------- English

_EN_SUBJECT = {"i": "i"}
_EN_OBJECT = {"i": "me", "we": "us", "he": "him", "she": "her", "they": "them"}
_EN_OWN = {"i": "my", "we": "our", "you": "your", "he": "his", "she": "her", "they": "their"}
_EN_WORDS = {
    "in_the_morning": "in the morning", "in_the_evening": "in the evening", "rarely": "rarely",
    "politely": "politely", "teacher_f": "teacher",
}  # fmt: skip
_EN_ADJECTIVES = {"quiet": "quiet"}
_AT = frozenset("station market".split())
_ON = frozenset("beach island table chair shelf floor wall roof sofa bridge bed".split())


def _en_in(place: Place) -> str:
    if place.relation != "in":
        return place.relation
    noun = place.phrase.noun
    return "at" if noun in _AT else "on" if noun in _ON else "in"


def _en_owner(phrase: Phrase) -> str:
    """ "own" as English says it: by the person, number and sex of the subject."""
    if phrase.noun in _EN_OWN:
        return _EN_OWN[phrase.noun]
    if phrase.number == "pl":
        return "their"
    if phrase.noun in CLASSES["animal"]:
        return "its"
    return "her" if phrase.noun in FEMALE else "his"


def _en_phrase(phrase: Phrase, subject: Phrase | None = None, objective: bool = False) -> list[Word]:
    """A noun phrase; `subject` is the subject of its clause, for "own"."""
    node = phrase.id
    if phrase.is_pronoun:
        form = _EN_OBJECT.get(phrase.noun, phrase.noun) if objective else phrase.noun
        return [Word(form, _key(node, NOUN))]
    nouns = [Word(form, _key(node, NOUN)) for form in en.noun(phrase.noun, phrase.number)]
    if phrase.adjective:
        nouns.insert(0, Word(phrase.adjective, _key(node, ADJ)))
    words: list[Word] = []
    if phrase.owner is not None:
        words = _en_phrase(phrase.owner, subject)
        owner = phrase.owner
        mark = "'" if words[-1].form.endswith("s") else "'s"
        words.append(Word(mark, (32 * owner.id + OF, 32 * owner.id + NOUN)))
    elif phrase.determiner == "a":
        if phrase.number == "sg" and phrase.noun not in MASS:
            words = [Word(en.article(nouns[0].form), _key(node, DET))]
    elif phrase.determiner == "any":
        if phrase.number == "pl":
            words = [Word("any")]
        elif phrase.noun not in MASS:
            words = [Word(en.article(nouns[0].form), _key(node, DET))]
    elif phrase.determiner == "own":
        assert subject is not None
        words = [Word(_en_owner(subject), _key(node, DET))]
    elif phrase.determiner:
        form = phrase.determiner
        if phrase.number == "pl":
            form = {"this": "these", "that": "those"}.get(form, form)
        words = [Word(form, _key(node, DET))]
    words += nouns
    if phrase.relative is not None:
        words += _en_relative(phrase)
    return words


def _en_relative(phrase: Phrase) -> list[Word]:
    clause = phrase.relative
    assert clause is not None
    person = phrase.noun in CLASSES["person"] or phrase.noun in CLASSES["kin"]
    pronoun = Word("who" if person and phrase.relative_role == "subject" else "that", _key(phrase.id, REL))
    return [pronoun, *_en_clause(clause, head=phrase)]


def _person(subject: Phrase) -> str:
    if subject.noun == "i":
        return "1s"
    if subject.noun in ("we", "you", "they") or subject.number == "pl":
        return "p"
    return "3s"


def _be(person: str, past: bool) -> str:
    if past:
        return "were" if person == "p" else "was"
    return {"1s": "am", "3s": "is", "p": "are"}[person]


class _Finite(NamedTuple):
    """A finite verb: what comes before "not" and the adverb, and what comes after."""

    auxiliary: list[str]
    rest: list[str]


def _en_finite(verb: en.Verb, clause: Clause, person: str, shift: str, question: bool = False) -> _Finite:
    """The finite verb of a clause.

    Args:
        verb: its forms.
        clause: its tense, aspect and negation.
        person: "1s", "3s" or "p".
        shift: "" in a main clause, "said" after a verb of saying in the past, "condition" after "if" and "when".
        question: whether it needs an auxiliary to stand before the subject.
    """
    tense = clause.tense
    progressive = clause.progressive
    support = clause.negation == "not" or question
    if shift == "condition" and tense == "future":
        tense, progressive = "present", False
    if verb.base == "be" and not progressive:
        if tense == "future":
            return _Finite(["would" if shift == "said" else "will"], ["be"])
        return _Finite([_be(person, tense == "past" or shift == "said")], [])
    if tense == "future":
        return _Finite(["would" if shift == "said" else "will"], [verb.base])
    past = tense == "past"
    if shift == "said":
        if past:
            return _Finite(["had"], [verb.participle])
        past = True
    if progressive:
        return _Finite([_be(person, past)], [verb.ing])
    if support:
        return _Finite(["did" if past else ("does" if person == "3s" else "do")], [verb.base])
    if past:
        return _Finite([], [verb.past])
    return _Finite([], [verb.third if person == "3s" else verb.base])


_MODALS = {"want": en.verb("want"), "begin": en.verb("begin")}


def _en_clause(clause: Clause, shift: str = "", head: Phrase | None = None, question: bool = False) -> list[Word]:
    """A clause in English order; `head` is what a relative clause is about: it stands outside."""
    node = clause.id
    subject = clause.subject if clause.subject is not None else head
    assert subject is not None
    person = _person(subject)
    verb = en.verb(clause.verb)
    verb_key = _key(node, VERB)
    rest: list[Word] = []
    auxiliary: list[Word]
    if clause.modal in ("can", "must"):
        modal_key = _key(node, MODAL)
        form = _en_modal(clause, shift)
        auxiliary = [Word(form[0], modal_key)]
        if clause.negation == "not" and form[0] == "can":
            auxiliary = [Word("cannot", modal_key + _key(node, NEG))]
        rest = [Word(part, modal_key) for part in form[1:]] + [Word(verb.base, verb_key)]
    elif clause.modal:
        finite = _en_finite(_MODALS[clause.modal], clause, person, shift, question)
        modal_key = _key(node, MODAL)
        auxiliary = [Word(form, modal_key) for form in finite.auxiliary]
        rest = [Word(form, modal_key) for form in finite.rest] + [Word("to", verb_key), Word(verb.base, verb_key)]
    else:
        finite = _en_finite(verb, clause, person, shift, question)
        auxiliary = [Word(form, verb_key) for form in finite.auxiliary]
        rest = [Word(form, verb_key) for form in finite.rest]
    if clause.negation == "not" and auxiliary[-1].form != "cannot":
        auxiliary.append(Word("not", _key(node, NEG)))
    if clause.frequency:
        auxiliary.append(Word(clause.frequency, _key(node, FREQ)))
    if clause.negation == "never":
        auxiliary.append(Word("never", _key(node, NEG) + _key(node, FREQ)))
    words: list[Word] = []
    if clause.time and clause.time_first:
        words += _en_adverb(clause.time, _key(node, TIME))
    who = [] if clause.subject is None else _en_phrase(clause.subject)
    if clause.negation == "nobody":
        who = [Word("nobody", _key(node, NEG) + _key(subject.id, NOUN))]
    if question:
        words += [auxiliary[0], *who, *auxiliary[1:], *rest]
    else:
        words += [*who, *auxiliary, *rest]
    if clause.recipient is not None and clause.verb != "explain":
        words += _en_phrase(clause.recipient, subject, True)
    if verb.particle:
        words.append(Word(verb.particle, verb_key))
    if clause.kind == "adjective":
        words.append(Word(clause.adjective, _key(node, PRED)))
    if clause.object is not None:
        if clause.verb in _EN_PREPOSITIONS:
            words.append(Word(_EN_PREPOSITIONS[clause.verb], _key(node, PREP)))
        words += _en_phrase(clause.object, subject, True)
    if clause.recipient is not None and clause.verb == "explain":
        words.append(Word("to", _key(clause.recipient.id, NOUN)))
        words += _en_phrase(clause.recipient, subject, True)
    if clause.manner:
        words += _en_adverb(clause.manner, _key(node, MANNER))
    if clause.place is not None:
        words.append(Word(_en_in(clause.place), _key(clause.place.phrase.id, PREP)))
        words += _en_phrase(clause.place.phrase, subject)
    if clause.time and not clause.time_first:
        words += _en_adverb(clause.time, _key(node, TIME))
    return words


_EN_PREPOSITIONS = {"talk": "with", "dream": "about"}


def _en_modal(clause: Clause, shift: str) -> tuple[str, ...]:
    past = clause.tense == "past" or shift == "said"
    if clause.modal == "can":
        return ("could",) if past else ("can",)
    return ("had", "to") if past else ("must",)


def _en_adverb(concept: str, keys: tuple[int, ...]) -> list[Word]:
    return [Word(form, keys) for form in concept.split("_")]


_EN_LINKS = {"and": ", and", "but": ", but", "because": "because", "when": "when", "if": "if", "although": "although",
             "that": "that", "so": ", so"}  # fmt: skip


def english(sentence: Sentence) -> list[Word]:
    """A sentence in English."""
    words: list[Word] = []
    opened = 0
    for number, part in enumerate(sentence.parts):
        if opened:  # the subordinate clause that opened the sentence is over
            words.append(Word(",", _key(opened, COMMA2)))
            opened = 0
        node = part.clause.id
        if part.link:
            for form in _EN_LINKS[part.link].split():
                words.append(Word(form, _key(node, COMMA if form == "," else LINK)))
            if number == 0:
                opened = node
        words += _en_clause(part.clause, part.shift, question=sentence.question)
    words.append(Word("?" if sentence.question else ".", _key(0, COMMA)))
    return words


# ---------------------------------------------------------------------------------------------------------- Russian

_RU_ADJECTIVES = {
    "young": "молодой", "old": "старый", "kind": "добрый", "clever": "умный", "cheerful": "весёлый", "tired": "усталый",
    "famous": "известный", "tall": "высокий", "strange": "странный", "polite": "вежливый", "small": "маленький",
    "big": "большой", "black": "чёрный", "white": "белый", "hungry": "голодный", "interesting": "интересный",
    "new": "новый", "long": "длинный", "short": "короткий", "boring": "скучный", "sad": "грустный", "good": "хороший",
    "fresh": "свежий", "tasty": "вкусный", "hot": "горячий", "cold": "холодный", "warm": "тёплый",
    "beautiful": "красивый", "red": "красный", "blue": "синий", "expensive": "дорогой", "fast": "быстрый",
    "comfortable": "удобный", "difficult": "трудный", "simple": "простой", "important": "важный",
}  # fmt: skip
_RU_ADVERBS = {
    "slowly": "медленно", "quickly": "быстро", "quietly": "тихо", "loudly": "громко", "attentively": "внимательно",
    "carefully": "осторожно", "politely": "вежливо", "often": "часто", "always": "всегда", "sometimes": "иногда",
    "rarely": "редко", "now": "сейчас", "today": "сегодня", "yesterday": "вчера", "tomorrow": "завтра",
    "in_the_morning": "утром", "in_the_evening": "вечером", "never": "никогда",
}  # fmt: skip
_RU_DETERMINERS = {
    "this": "m этот этого этому - этим этом|f эта этой этой эту этой этой|n это этого этому это этим этом|p эти этих этим - этими этих",
    "that": "m тот того тому - тем том|f та той той ту той той|n то того тому то тем том|p те тех тем - теми тех",
    "my": "m мой моего моему - моим моём|f моя моей моей мою моей моей|n моё моего моему моё моим моём|p мои моих моим - моими моих",
    "own": "m свой своего своему - своим своём|f своя своей своей свою своей своей|n своё своего своему своё своим своём|p свои своих своим - своими своих",
    "our": "m наш нашего нашему - нашим нашем|f наша нашей нашей нашу нашей нашей|n наше нашего нашему наше нашим нашем|p наши наших нашим - нашими наших",
    "your": "m ваш вашего вашему - вашим вашем|f ваша вашей вашей вашу вашей вашей|n ваше вашего вашему ваше вашим вашем|p ваши ваших вашим - вашими ваших",
}
_RU_INVARIANT = {"his": "его", "her": "её", "their": "их"}
_RU_NA = frozenset(
    "station market beach island table chair shelf floor wall roof street square kitchen sofa bridge bed".split()
)
_RU_FRONT = {"in": ("в", "на"), "to": ("в", "на"), "from": ("из", "с")}
_RU_CASES = {"in": "p", "to": "a", "from": "g"}
_RU_GOVERNS = {"help": "d", "thank": "a"}
_RU_PREPOSITIONS = {"talk": ("с", "i"), "dream": ("о", "p")}


@functools.cache
def _ru_determiner(name: str, gender: str, case: str, animate: bool) -> str:
    if name in _RU_INVARIANT:
        return _RU_INVARIANT[name]
    for row in _RU_DETERMINERS[name].split("|"):
        key, *forms = row.split()
        if key == gender:
            if case == "a" and gender in "mp":
                case = "g" if animate else "n"
            return forms[ru.CASES.index(case)]
    raise ValueError(gender)


def _ru_preposition(form: str, following: str) -> str:
    """The shape of a preposition before what follows: со, во, об."""
    if (
        form == "с"
        and following[0] in "сзшж"
        and following[1] not in "аеёиоуыэюяь"
        or (form, following) == ("с", "мной")
    ):
        return "со"
    if (
        form == "в"
        and following[0] in "вф"
        and following[1] not in "аеёиоуыэюя"
        or (form == "в" and following.startswith("двор"))
    ):
        return "во"
    if form == "о" and following[0] in "аиоуэ":
        return "об"
    return form


def _ru_phrase(phrase: Phrase, case: str, local: bool = False, prepositional: bool = False) -> list[Word]:
    """A noun phrase in a case; `local`: after в and на of place; `prepositional`: after any preposition (него)."""
    node = phrase.id
    if phrase.is_pronoun:
        form = ru.pronoun(phrase.noun, case)
        if prepositional and form in ("его", "её", "их", "ему", "ей", "им", "ими"):
            form = "н" + form
        return [Word(form, _key(node, NOUN))]
    noun = ru.noun(phrase.noun)
    number = "p" if phrase.number == "pl" else "s"
    gender = "p" if number == "p" or noun.only_plural else noun.gender
    gender = "m" if gender == "f" and phrase.noun in _RU_MASCULINE_A else gender
    words: list[Word] = []
    if phrase.determiner in _RU_DETERMINERS or phrase.determiner in _RU_INVARIANT:
        form = _ru_determiner(phrase.determiner, gender, case, noun.animate)
        words.append(Word(form, _key(node, DET)))
    if phrase.adjective:
        form = ru.adjective(_RU_ADJECTIVES[phrase.adjective], gender, case, noun.animate)
        words.append(Word(form, _key(node, ADJ)))
    words.append(Word(noun.forms[("l" if local and case == "p" else case) + number], _key(node, NOUN)))
    if phrase.owner is not None:
        words += _ru_phrase(phrase.owner, "g")
    if phrase.relative is not None:
        clause = phrase.relative
        role_case = "n" if phrase.relative_role == "subject" else _ru_object_case(clause)
        form = ru.adjective("который", gender, role_case, noun.animate)
        words += [COMMA_MARK, Word(form, _key(node, REL)), *_ru_clause(clause, head=phrase), COMMA_MARK]
    return words


_RU_MASCULINE_A = frozenset("grandfather man uncle".split())


def _ru_gender(phrase: Phrase) -> str:
    """How the past agrees with a subject."""
    if phrase.noun in ("we", "you", "they") or phrase.number == "pl":
        return "p"
    if phrase.noun == "i":
        return phrase.gender
    if phrase.noun in ("he", "she"):
        return {"he": "m", "she": "f"}[phrase.noun]
    noun = ru.noun(phrase.noun)
    if noun.only_plural:
        return "p"
    return "m" if phrase.noun in _RU_MASCULINE_A else noun.gender


def _ru_person(phrase: Phrase) -> str:
    person = {"i": "1s", "we": "1p", "you": "2p", "they": "3p"}.get(phrase.noun)
    if person:
        return person
    return "3p" if _ru_gender(phrase) == "p" else "3s"


def _ru_object_case(clause: Clause) -> str:
    if clause.verb in _RU_PREPOSITIONS:
        return _RU_PREPOSITIONS[clause.verb][1]
    return _RU_GOVERNS.get(clause.verb, "a")


_WILL = {"1s": "буду", "3s": "будет", "1p": "будем", "2p": "будете", "3p": "будут"}


def _ru_finite(concept: str, clause: Clause, subject: Phrase, keys: tuple[int, ...]) -> list[Word]:
    imperfective, perfective = ru.verb(concept)
    lasting = perfective is None or bool(clause.frequency) or clause.progressive or clause.negation == "never"
    if clause.tense == "present":
        return [Word(imperfective.person[_ru_person(subject)], keys)]
    if clause.tense == "past":
        chosen = imperfective if lasting else perfective
        assert chosen is not None
        return [Word(chosen.past[_ru_gender(subject)], keys)]
    if lasting:
        return [Word(_WILL[_ru_person(subject)], keys), Word(imperfective.infinitive, keys)]
    assert perfective is not None
    return [Word(perfective.person[_ru_person(subject)], keys)]


_CAN = {"1s": "могу", "3s": "может", "1p": "можем", "2p": "можете", "3p": "могут"}
_COULD = {"m": "мог", "f": "могла", "n": "могло", "p": "могли"}
_MUST = {"m": "должен", "f": "должна", "n": "должно", "p": "должны"}
_WAS = {"m": "был", "f": "была", "n": "было", "p": "были"}


def _ru_verb(clause: Clause, subject: Phrase) -> list[Word]:
    """The verb with its modal."""
    verb_key, modal_key = _key(clause.id, VERB), _key(clause.id, MODAL)
    if not clause.modal:
        return _ru_finite(clause.verb, clause, subject, verb_key)
    imperfective, perfective = ru.verb(clause.verb)
    infinitive = imperfective if perfective is None or clause.modal == "begin" else perfective
    main = Word(infinitive.infinitive, verb_key)
    if clause.modal == "must":
        words = [Word(_MUST[_ru_gender(subject)], modal_key)]
        if clause.tense == "past":
            words.append(Word(_WAS[_ru_gender(subject)], modal_key))
        return [*words, main]
    if clause.modal == "can":
        past = clause.tense == "past"
        form = _COULD[_ru_gender(subject)] if past else _CAN[_ru_person(subject)]
        return [Word(form, modal_key), main]
    return [*_ru_finite(clause.modal, clause, subject, modal_key), main]


def _ru_place(place: Place) -> list[Word]:
    na = place.phrase.noun in _RU_NA
    form = _RU_FRONT[place.relation][na]
    words = _ru_phrase(place.phrase, _RU_CASES[place.relation], local=place.relation == "in", prepositional=True)
    return [Word(_ru_preposition(form, words[0].form), _key(place.phrase.id, PREP)), *words]


def _ru_clause(clause: Clause, head: Phrase | None = None) -> list[Word]:
    """A clause in Russian; the order of its parts is `clause.order`."""
    node = clause.id
    subject = clause.subject if clause.subject is not None else head
    assert subject is not None
    who = [] if clause.subject is None else _ru_phrase(clause.subject, "n")
    if clause.negation == "nobody":
        who = [Word("никто", _key(node, NEG) + _key(subject.id, NOUN))]
    before: list[Word] = []
    if clause.frequency:
        before.append(Word(_RU_ADVERBS[clause.frequency], _key(node, FREQ)))
    if clause.negation == "never":
        before.append(Word("никогда", _key(node, FREQ)))
    if clause.manner:
        before.append(Word(_RU_ADVERBS[clause.manner], _key(node, MANNER)))
    if clause.negation:
        before.append(Word("не", _key(node, NEG)))
    if clause.kind == "adjective":
        form = ru.adjective(_RU_ADJECTIVES[clause.adjective], _ru_gender(subject), "n", False)
        verb = [Word(form, _key(node, PRED))]
        if clause.tense == "past":
            verb.insert(0, Word(_WAS[_ru_gender(subject)], _key(node, VERB)))
        elif clause.tense == "future":
            verb = [
                Word(_WILL[_ru_person(subject)], _key(node, VERB)),
                Word(ru.adjective(_RU_ADJECTIVES[clause.adjective], _ru_gender(subject), "i", False), _key(node, PRED)),
            ]
    else:
        verb = _ru_verb(clause, subject)
    what: list[Word] = []
    if clause.object is not None:
        case = _ru_object_case(clause)
        if case == "a" and clause.object.determiner == "any":
            case = "g"
        if clause.verb in _RU_PREPOSITIONS:
            what = _ru_phrase(clause.object, case, prepositional=True)
            form = _ru_preposition(_RU_PREPOSITIONS[clause.verb][0], what[0].form)
            what.insert(0, Word(form, _key(node, PREP)))
        else:
            what = _ru_phrase(clause.object, case)
    whom = [] if clause.recipient is None else _ru_phrase(clause.recipient, "d")
    where = [] if clause.place is None else _ru_place(clause.place)
    when = [] if not clause.time else [Word(_RU_ADVERBS[clause.time], _key(node, TIME))]
    if clause.order == "inverted":
        return [*when, *where, *before, *verb, *who]
    if clause.order == "object":
        return [*what, *when, *before, *verb, *whom, *who, *where]
    if clause.time_first:
        return [*when, *who, *before, *verb, *whom, *what, *where]
    return [*who, *when, *before, *verb, *whom, *what, *where]


_RU_LINKS = {"and": ", и", "but": ", но", "because": ", потому что", "when": "когда", "if": "если",
             "although": "хотя", "that": ", что", "so": ", поэтому"}  # fmt: skip


def russian(sentence: Sentence) -> list[Word]:
    """A sentence in Russian."""
    words: list[Word] = []
    opened = 0
    for number, part in enumerate(sentence.parts):
        if opened:
            words.append(Word(",", _key(opened, COMMA2)))
            opened = 0
        node = part.clause.id
        if part.link:
            text = _RU_LINKS[part.link]
            if number and text[0] != ",":
                text = ", " + text
            for form in text.split():
                words.append(Word(form, _key(node, COMMA if form == "," else LINK)))
            if number == 0:
                opened = node
        words += _ru_clause(part.clause)
    words.append(Word("?" if sentence.question else ".", _key(0, COMMA)))
    return _single_commas(words)


def _single_commas(words: list[Word]) -> list[Word]:
    """Drops the comma that closes a relative clause where another mark stands anyway."""
    kept: list[Word] = []
    for word, following in zip(words, [*words[1:], Word(".")], strict=True):
        if word is COMMA_MARK and following.form in ",.?":
            continue
        kept.append(word)
    return kept


def links(source: list[Word], target: list[Word]) -> frozenset[tuple[int, int]]:
    """The places (source, target) of words that share a key."""
    places: dict[int, list[int]] = {}
    for place, word in enumerate(target):
        for key in word.keys:
            places.setdefault(key, []).append(place)
    return frozenset((one, two) for one, word in enumerate(source) for key in word.keys for two in places.get(key, ()))
