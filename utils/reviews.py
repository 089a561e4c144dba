"""Review sentences in which word order and negation decide, in Russian, English and Portuguese.

"очень хорошо, совсем не плохо" is praise, "не очень хорошо, совсем плохо" is not, and both are made of the same words.
This module makes such sentences without end. They come in *families*: all sentences of a family have exactly the
same words, the same number of times, and half of them are good reviews, half bad ones. Whatever only counts words gives
all of them the same score, and so is right in exactly half.

How a family is made: one phrase praises ("суп вкусный"), one blames ("чай горький"), and a *marker* (a negation,
"хотя", "раньше") turns or sets aside one of the two. Two orders of the phrases times two places of the marker are four
sentences. Neither the order alone nor the marker's place alone tells the label; it takes both. The kind "but" is the
exception: its marker has one place, so a family has two sentences, and the order of the phrases tells.

Training, dev and test sentences of families share no adjective and no noun phrase (single words may recur: "отель",
"хозяйка отеля"). What a held-out word means can be learned
from `simple_reviews`, which praise or blame without any marker.

The lexicon and the frames are plain data (`LEXICONS`); `_realise` turns a frame and its words into tokens. The forms of
words are made in `utils.inflection`.
"""

from __future__ import annotations

import dataclasses
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal

from utils.inflection import english_be, portuguese_adjective, russian_adjective, russian_was

__all__ = [
    "KINDS",
    "LANGUAGES",
    "LEXICONS",
    "PARTS",
    "TAGS",
    "Review",
    "families",
    "reviews",
    "simple_reviews",
    "tokenize",
    "vocabulary",
]

Part = Literal["train", "dev", "test"]

LANGUAGES = ("ru", "en", "pt")
PARTS = ("train", "dev", "test")
TAGS = ("O", "B-ASP", "I-ASP", "POS", "NEG")
"""Tags of words: B-ASP and I-ASP begin and continue the thing that is spoken of (an aspect); POS and NEG stand on words
of opinion, by what the sentence makes of them: in "не вкусный" the word "вкусный" is NEG. Everything else is O."""

KINDS = ("not", "degree", "think", "although", "before", "but")


@dataclasses.dataclass(frozen=True)
class Review:
    """One sentence with everything that is known about it.

    Args:
        tokens: its words and commas, in lower case.
        label: 1 for a good review, 0 for a bad one.
        tags: one of `TAGS` for each token.
        language: "ru", "en" or "pt".
        kind: what decides: one of `KINDS`, or "simple".
        template: the kind and, for a frame that no training sentence has, "+ place".
        reach: length, in tokens, of the shortest stretch that holds a word of opinion and stands in no sentence of the
            family with the other label: no single window of fewer tokens tells the label. (Several windows together
            may.) 1 for a simple review.
    """

    tokens: tuple[str, ...]
    label: int
    tags: tuple[str, ...]
    language: str
    kind: str
    template: str
    reach: int

    @property
    def text(self) -> str:
        """The sentence as it is written."""
        return " ".join(self.tokens).replace(" ,", ",")


@dataclasses.dataclass(frozen=True)
class Frame:
    """A kind of sentence: two slots, each with a marker and without.

    Args:
        kind: one of `KINDS`.
        first, second: what stands in each slot: (without the marker, with it). In braces: {N} noun, {A} adjective,
            {is} and {was} as they agree, {it} the pronoun, {D} a word of degree, {!D} a negated one, {P} a place.
        shared: whether both slots speak of the same noun.
        negates: whether the marker turns the opinion (a negation) or only sets it aside ("хотя").
        moves: whether the marker may stand in the second slot too.
        new: whether only dev and test have this frame.
    """

    kind: str
    first: tuple[str, str]
    second: tuple[str, str]
    shared: bool = False
    negates: bool = False
    moves: bool = True
    new: bool = False

    @property
    def template(self) -> str:
        return f"{self.kind} + place" if self.new else self.kind


Words = dict[str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Domain:
    """Words that go together. All are lists by part: {"train": (...), "dev": (...), "test": (...)}."""

    nouns: Words
    good: Words
    bad: Words


@dataclasses.dataclass(frozen=True)
class Lexicon:
    """What the sentences of one language are made of.

    Args:
        domains: food, films, hotels, service: nouns and adjectives that fit each other.
        degrees: (plain, negated) words of degree.
        sure: the same, of a kind that goes with strong adjectives too: nobody is "very wonderful".
        strong: these adjectives.
        places: by number of words, then by part.
        frames: see `Frame`.
        simple: frames of simple reviews, one slot each.
    """

    domains: dict[str, Domain]
    degrees: tuple[tuple[str, str], ...]
    sure: tuple[tuple[str, str], ...]
    strong: frozenset[str]
    places: dict[int, Words]
    frames: tuple[Frame, ...]
    simple: tuple[str, ...]


def _parts(table: str) -> Words:
    """Three lists from "a, b | c | d": train, dev and test."""
    lists = [tuple(entry.strip() for entry in part.split(",")) for part in table.split("|")]
    return dict(zip(PARTS, lists, strict=True))


def _domain(nouns: str, good: str, bad: str, general: tuple[str, str]) -> Domain:
    """A domain whose adjectives are its own and the general ones."""
    own = [_parts(good), _parts(bad)]
    every = [_parts(general[0]), _parts(general[1])]
    both = [{part: mine[part] + all_[part] for part in PARTS} for mine, all_ in zip(own, every, strict=True)]
    return Domain(_parts(nouns), both[0], both[1])


def _strong(words: str) -> frozenset[str]:
    return frozenset(words.split())


# A noun reads "words/gender"; the gender is that of the language: m, f, n, pl in Russian, sg, pl in English, m, f in
# Portuguese.

_RU = (
    "хороший, отличный, прекрасный, чудесный, приятный, достойный | замечательный, славный"
    " | превосходный, великолепный, восхитительный",
    "плохой, ужасный, скверный, жуткий, противный, жалкий | отвратительный, гадкий | кошмарный, мерзкий, паршивый",
)
_EN = (
    "good, great, lovely, pleasant, fine, nice | wonderful, superb | splendid, excellent, marvellous",
    "bad, awful, nasty, poor, terrible, miserable | horrible, dreadful | appalling, lousy, ghastly",
)
_PT = (
    "bom, ótimo, excelente, agradável, lindo, maravilhoso | fantástico, admirável | magnífico, esplêndido, incrível",
    "ruim, péssimo, horrível, terrível, medíocre, fraco | pavoroso, lamentável | horroroso, detestável, deplorável",
)

LEXICONS: dict[str, Lexicon] = {
    "ru": Lexicon(
        domains={
            "food": _domain(
                "суп/m, салат/m, рыба/f, каша/f, яблочный пирог/m, мясо/n, блины/pl, завтрак в номер/m"
                " | пицца/f, плов/m | борщ/m, уха/f, котлеты/pl, печенье к чаю/n",
                "вкусный, свежий, ароматный | аппетитный | отменный",
                "пресный, безвкусный, испорченный | тухлый | тошнотворный",
                _RU,
            ),
            "film": _domain(
                "фильм/m, сюжет/m, финал/m, музыка/f, игра актёров/f, кино/n, диалоги/pl | сценарий/m, сцена погони/f"
                " | сериал/m, комедия/f, начало фильма/n, шутки/pl",
                "интересный, яркий, увлекательный | захватывающий | выразительный",
                "скучный, нудный, банальный | глупый | бездарный",
                _RU,
            ),
            "hotel": _domain(
                "номер/m, комната/f, кровать/f, бассейн/m, место у окна/n, кресла/pl | балкон/m, терраса/f"
                " | отель/m, веранда/f, кафе на крыше/n, диваны/pl",
                "чистый, уютный, удобный | ухоженный | опрятный",
                "грязный, мрачный, убогий | обшарпанный | замызганный",
                _RU,
            ),
            "service": _domain(
                "официант/m, персонал/m, хозяйка отеля/f, обслуживание/n, бармены/pl | менеджер/m, кассирша/f"
                " | курьер/m, горничная/f, руководство/n, продавцы/pl",
                "вежливый, внимательный, заботливый | приветливый | расторопный",
                "грубый, медлительный, рассеянный | равнодушный | наглый",
                _RU,
            ),
        },
        degrees=(("очень", "не очень"), ("особенно", "не особенно"), ("совсем", "совсем не")),
        sure=(("действительно", "действительно не"), ("точно", "точно не"), ("явно", "явно не")),
        strong=_strong(
            "отличный прекрасный чудесный ужасный жуткий замечательный отвратительный превосходный великолепный"
            " восхитительный кошмарный тошнотворный отменный захватывающий бездарный"
        ),
        places={
            0: _parts(" | | "),
            1: _parts("здесь, там | тут | сегодня"),
            2: _parts("в городе, у моря | в центре | у вокзала"),
            3: _parts("на этот раз, в этом городе | в этом году | в этот раз"),
        },
        frames=(
            Frame("not", ("{N} {A}", "{N} не {A}"), (", а {A}", ", а не {A}"), shared=True, negates=True),
            Frame("degree", ("{N} {D} {A}", "{N} {!D} {A}"), (", {D} {A}", ", {!D} {A}"), shared=True, negates=True),
            Frame(
                "think",
                ("думаю , что {N} {A} {P}", "не думаю , что {N} {A} {P}"),
                (", думаю , что {N} {P} {A}", ", не думаю , что {N} {P} {A}"),
                negates=True,
            ),
            Frame("although", ("{N} {A}", "хотя {N} {A}"), (", {N} {A}", ", хотя {N} {A}")),
            Frame(
                "before",
                ("теперь {N} {A}", "раньше {N} {was} {A}"),
                (", теперь {A}", ", раньше {was} {A}"),
                shared=True,
            ),
            Frame("but", ("{N} {A}", "{N} {A}"), (", но {N} {A}", ", но {N} {A}"), moves=False),
            Frame("not", ("{P} {N} {A}", "{P} {N} не {A}"), (", а {A}", ", а не {A}"), True, True, new=True),
            Frame("although", ("{N} {P} {A}", "хотя {N} {P} {A}"), (", {N} {P} {A}", ", хотя {N} {P} {A}"), new=True),
        ),
        simple=("{N} {A}", "{N} {D} {A}", "{N} {was} {A}", "{P} {N} {A}", "{N} {A} {P}", "думаю , что {N} {P} {A}"),
    ),
    "en": Lexicon(
        domains={
            "food": _domain(
                "soup/sg, salad/sg, fish/sg, porridge/sg, apple pie/sg, meat/sg, pancakes/pl, room service/sg"
                " | pizza/sg, rice/sg | stew/sg, roast beef/sg, dumplings/pl, tea cake/sg",
                "tasty, fresh, fragrant | delicious | appetising",
                "bland, tasteless, rotten | mouldy | disgusting",
                _EN,
            ),
            "film": _domain(
                "film/sg, plot/sg, ending/sg, music/sg, lead actor/sg, screenplay/sg, dialogues/pl | script/sg,"
                " car chase/sg | series/sg, comedy/sg, opening scene/sg, jokes/pl",
                "interesting, vivid, gripping | exciting | moving",
                "boring, dull, trite | silly | clumsy",
                _EN,
            ),
            "hotel": _domain(
                "room/sg, bed/sg, pool/sg, lobby/sg, window seat/sg, armchairs/pl | balcony/sg, terrace/sg"
                " | hotel/sg, veranda/sg, roof bar/sg, sofas/pl",
                "clean, cosy, comfortable | tidy | spotless",
                "dirty, gloomy, shabby | filthy | grubby",
                _EN,
            ),
            "service": _domain(
                "waiter/sg, staff/sg, hotel owner/sg, service/sg, bartenders/pl | manager/sg, cashier/sg"
                " | courier/sg, hotel maid/sg, management/sg, salesmen/pl",
                "polite, attentive, caring | friendly | helpful",
                "rude, slow, careless | indifferent | arrogant",
                _EN,
            ),
        },
        degrees=(("very", "not very"), ("so", "not so"), ("particularly", "not particularly")),
        sure=(("really", "really not"), ("certainly", "certainly not"), ("clearly", "clearly not")),
        strong=_strong(
            "great lovely awful terrible wonderful superb horrible dreadful splendid excellent marvellous appalling"
            " lousy ghastly delicious disgusting spotless filthy gripping"
        ),
        places={
            0: _parts(" | | "),
            1: _parts("here, there | nowadays | today"),
            2: _parts("this time, in town | this year | this week"),
            3: _parts("in this town, near the sea | in the centre | at this place"),
        },
        frames=(
            Frame(
                "not",
                ("the {N} {is} {A}", "the {N} {is} not {A}"),
                (", {it} {is} {A}", ", {it} {is} not {A}"),
                True,
                True,
            ),
            Frame(
                "degree",
                ("the {N} {is} {D} {A}", "the {N} {is} {!D} {A}"),
                (", {it} {is} {D} {A}", ", {it} {is} {!D} {A}"),
                shared=True,
                negates=True,
            ),
            Frame(
                "think",
                ("i think the {N} {is} {A} {P}", "i do not think the {N} {is} {A} {P}"),
                (", i think the {N} {P} {is} {A}", ", i do not think the {N} {P} {is} {A}"),
                negates=True,
            ),
            Frame(
                "although",
                ("the {N} {is} {A}", "although the {N} {is} {A}"),
                (", the {N} {is} {A}", ", although the {N} {is} {A}"),
            ),
            Frame(
                "before",
                ("now the {N} {is} {A}", "before the {N} {was} {A}"),
                (", now {it} {is} {A}", ", before {it} {was} {A}"),
                shared=True,
            ),
            Frame("but", ("the {N} {is} {A}",) * 2, (", but the {N} {is} {A}",) * 2, moves=False),
            Frame(
                "not",
                ("{P} the {N} {is} {A}", "{P} the {N} {is} not {A}"),
                (", {it} {is} {A}", ", {it} {is} not {A}"),
                True,
                True,
                new=True,
            ),
            Frame(
                "although",
                ("the {N} {P} {is} {A}", "although the {N} {P} {is} {A}"),
                (", the {N} {P} {is} {A}", ", although the {N} {P} {is} {A}"),
                new=True,
            ),
        ),
        simple=(
            "the {N} {is} {A}",
            "the {N} {is} {D} {A}",
            "the {N} {was} {A}",
            "{P} the {N} {is} {A}",
            "the {N} {is} {A} {P}",
            "i think the {N} {P} {is} {A}",
        ),
    ),
    "pt": Lexicon(
        domains={
            "food": _domain(
                "sopa/f, salada/f, peixe/m, arroz/m, torta de maçã/f, bolo/m, café da manhã/m | pizza/f, feijão/m"
                " | ensopado/m, massa/f, doce de leite/m",
                "gostoso, fresco, cheiroso | delicioso | apetitoso",
                "insosso, azedo, estragado | podre | nojento",
                _PT,
            ),
            "film": _domain(
                "filme/m, enredo/m, final/m, música/f, história/f, trilha sonora/f | roteiro/m, cena de fuga/f"
                " | seriado/m, comédia/f, começo do filme/m",
                "interessante, vivo, envolvente | emocionante | comovente",
                "chato, monótono, banal | bobo | cansativo",
                _PT,
            ),
            "hotel": _domain(
                "quarto/m, cama/f, piscina/f, salão/m, vista do quarto/f | varanda/f, terraço/m"
                " | hotel/m, sala/f, café no terraço/m",
                "limpo, aconchegante, confortável | arrumado | acolhedor",
                "sujo, sombrio, feio | imundo | bagunçado",
                _PT,
            ),
            "service": _domain(
                "garçom/m, pessoal/m, dona do hotel/f, serviço/m | gerente/m, atendimento/m"
                " | entregador/m, camareira/f, direção/f",
                "educado, atencioso, cuidadoso | simpático | prestativo",
                "grosseiro, lento, distraído | indiferente | arrogante",
                _PT,
            ),
        },
        degrees=(("muito", "muito"), ("tão", "tão"), ("bem", "bem")),
        sure=(("realmente", "realmente"), ("certamente", "certamente"), ("mesmo", "mesmo")),
        strong=_strong(
            "ótimo excelente lindo maravilhoso péssimo horrível terrível fantástico admirável pavoroso lamentável"
            " magnífico esplêndido incrível horroroso detestável deplorável delicioso nojento imundo podre"
        ),
        places={
            0: _parts(" | | "),
            1: _parts("aqui, ali | agora | hoje"),
            2: _parts("desta vez, na cidade | neste ano | na praia"),
            3: _parts("perto do mar, em nossa cidade | em todo lugar | no centro histórico"),
        },
        frames=(
            Frame("not", ("{o} {N} é {A}", "{o} {N} não é {A}"), (", é {A}", ", não é {A}"), True, True),
            Frame(
                "degree", ("{o} {N} é {D} {A}", "{o} {N} não é {D} {A}"), (", é {D} {A}", ", não é {D} {A}"), True, True
            ),
            Frame(
                "think",
                ("acho que {o} {N} é {A} {P}", "não acho que {o} {N} seja {A} {P}"),
                (", acho que {o} {N} {P} é {A}", ", não acho que {o} {N} {P} seja {A}"),
                negates=True,
            ),
            Frame(
                "although",
                ("{o} {N} é {A}", "embora {o} {N} seja {A}"),
                (", {o} {N} é {A}", ", embora {o} {N} seja {A}"),
            ),
            Frame(
                "before",
                ("agora {o} {N} é {A}", "antes {o} {N} era {A}"),
                (", agora é {A}", ", antes era {A}"),
                shared=True,
            ),
            Frame("but", ("{o} {N} é {A}",) * 2, (", mas {o} {N} é {A}",) * 2, moves=False),
            Frame(
                "not", ("{P} {o} {N} é {A}", "{P} {o} {N} não é {A}"), (", é {A}", ", não é {A}"), True, True, new=True
            ),
            Frame(
                "although",
                ("{o} {N} {P} é {A}", "embora {o} {N} {P} seja {A}"),
                (", {o} {N} {P} é {A}", ", embora {o} {N} {P} seja {A}"),
                new=True,
            ),
        ),
        simple=(
            "{o} {N} é {A}",
            "{o} {N} é {D} {A}",
            "{o} {N} era {A}",
            "{P} {o} {N} é {A}",
            "{o} {N} é {A} {P}",
            "acho que {o} {N} {P} é {A}",
        ),
    ),
}


# ------------------------------------------------------------------------------------------------------ the realiser


@dataclasses.dataclass(frozen=True)
class _Phrase:
    """An opinion before it is put into words: who, what, how much, where."""

    noun: str
    adjective: str
    good: bool
    degree: tuple[str, str] = ("", "")
    place: str = ""


def _adjective(language: str, lemma: str, gender: str) -> str:
    if language == "ru":
        return russian_adjective(lemma, gender)
    return portuguese_adjective(lemma, gender) if language == "pt" else lemma


def _agreeing(language: str, gender: str) -> dict[str, str]:
    """The small words that agree with a noun."""
    if language == "ru":
        return {"{was}": russian_was(gender)}
    if language == "pt":
        return {"{o}": {"m": "o", "f": "a"}[gender]}
    it = {"sg": "it", "pl": "they"}[gender]
    return {"{is}": english_be(gender), "{was}": english_be(gender, past=True), "{it}": it}


def _realise(language: str, pattern: str, phrase: _Phrase, turned: bool) -> list[tuple[str, str]]:
    """Tokens with their tags.

    Args:
        language: "ru", "en" or "pt".
        pattern: one slot of a frame.
        phrase: what fills it.
        turned: whether a negation turns the opinion.
    """
    noun, _, gender = phrase.noun.partition("/")
    small = _agreeing(language, gender)
    made: list[tuple[str, str]] = []
    for item in pattern.split():
        if item == "{N}":
            words = noun.split()
            made += zip(words, ["B-ASP"] + ["I-ASP"] * (len(words) - 1), strict=True)
        elif item == "{A}":
            made.append((_adjective(language, phrase.adjective, gender), "POS" if phrase.good != turned else "NEG"))
        else:
            filled = {"{D}": phrase.degree[0], "{!D}": phrase.degree[1], "{P}": phrase.place, **small}.get(item, item)
            made += [(word, "O") for word in filled.split()]
    return made


def _family(language: str, frame: Frame, praise: _Phrase, blame: _Phrase) -> tuple[Review, ...]:
    """All sentences of the same words: both orders of the phrases, and each place of the marker.

    The marker lies on the phrase that does not count, or is turned: on the blame, and the review is good.
    """
    made = []
    for one, two in ((praise, blame), (blame, praise)):
        if frame.shared:
            two = dataclasses.replace(two, noun=one.noun)
        for marked in (0, 1) if frame.moves else (0,):
            slots = ((frame.first, one, marked == 0), (frame.second, two, marked == 1))
            pairs = [
                pair
                for patterns, phrase, has in slots
                for pair in _realise(language, patterns[has], phrase, has and frame.negates)
            ]
            tokens, tags = zip(*pairs, strict=True)
            label = int((two if marked == 0 else one).good)
            made.append(Review(tokens, label, tags, language, frame.kind, frame.template, 0))
    return tuple(dataclasses.replace(review, reach=_reach(review, made)) for review in made)


def _reach(review: Review, family: Sequence[Review]) -> int:
    """See `Review.reach`."""
    # Joined by a mark that no word holds, so that looking for a stretch is a search in a string.
    others = [f"|{'|'.join(other.tokens)}|" for other in family if other.label != review.label]
    opinions = [i for i, tag in enumerate(review.tags) if tag in ("POS", "NEG")]
    length = len(review.tokens)
    for width in range(1, length + 1):
        starts = {s for i in opinions for s in range(max(0, i - width + 1), min(i, length - width) + 1)}
        for start in starts:
            piece = f"|{'|'.join(review.tokens[start : start + width])}|"
            if not any(piece in other for other in others):
                return width
    return length


# -------------------------------------------------------------------------------------------------------- the choice


def _check(language: str, part: str | None = None) -> Lexicon:
    if language not in LEXICONS:
        raise ValueError(f"There is no language {language!r}: choose from {', '.join(LANGUAGES)}.")
    if part is not None and part not in PARTS:
        raise ValueError(f"There is no part {part!r}: choose from {', '.join(PARTS)}.")
    return LEXICONS[language]


def _degrees(lexicon: Lexicon, adjective: str) -> tuple[tuple[str, str], ...]:
    """The words of degree that go with an adjective."""
    return lexicon.sure if adjective in lexicon.strong else lexicon.degrees + lexicon.sure


def _draw(language: str, part: str, rng: random.Random, kinds: Sequence[str] | None) -> tuple[Review, ...]:
    """One random family."""
    lexicon = LEXICONS[language]
    possible = [f for f in lexicon.frames if not (f.new and part == "train") and (kinds is None or f.kind in kinds)]
    kind = rng.choice(sorted({f.kind for f in possible}))
    frame = rng.choice([f for f in possible if f.kind == kind])
    domain = rng.choice(list(lexicon.domains.values()))
    nouns = rng.sample(domain.nouns[part], 2)
    long = rng.choice([1, 2, 3] if frame.new else [0, 1, 2, 3])
    phrases: list[_Phrase] = []
    for noun, words, good in zip(nouns, (domain.good, domain.bad), (True, False), strict=True):
        adjective = rng.choice(words[part])
        degree = rng.choice([pair for pair in _degrees(lexicon, adjective) if pair not in {p.degree for p in phrases}])
        phrases.append(_Phrase(noun, adjective, good, degree, rng.choice(lexicon.places[long][part])))
    if frame.shared:  # one noun and one place for both
        phrases[1] = dataclasses.replace(phrases[1], noun=phrases[0].noun, place=phrases[0].place)
    return _family(language, frame, phrases[0], phrases[1])


def families(
    language: str, part: Part, count: int, seed: int = 0, kinds: Sequence[str] | None = None
) -> list[tuple[Review, ...]]:
    """Random families of sentences with the same words; no family comes twice.

    Args:
        language: "ru", "en" or "pt".
        part: "train", "dev" or "test"; they share no noun phrase and no adjective.
        count: how many families.
        seed: another seed, other families; the same seed, the same ones, on every machine.
        kinds: only these of `KINDS`; None = all.

    Returns:
        Families of four sentences (two for the kind "but"), half of them good reviews.

    Raises:
        ValueError: for a language, part or kind that there is not, or more families than there are.
    """
    _check(language, part)
    if kinds is not None and (not kinds or not set(kinds) <= set(KINDS)):
        raise ValueError(f"kinds must name some of {', '.join(KINDS)}, not {kinds!r}.")
    if count < 0:
        raise ValueError(f"count must not be negative, and is {count}.")
    rng = random.Random(f"{language} {part} {seed}")  # a string is seeded by its own hash function, not by Python's
    seen: set[tuple[str, ...]] = set()
    found: list[tuple[Review, ...]] = []
    misses = 0  # in a row
    while len(found) < count:
        family = _draw(language, part, rng, kinds)
        key = min(review.tokens for review in family)
        if key in seen:
            misses += 1
            if misses > 1000:
                raise ValueError(f"There are not {count} different families here; {len(found)} were found.")
            continue
        seen.add(key)
        found.append(family)
        misses = 0
    return found


def reviews(language: str, part: Part, count: int, seed: int = 0, kinds: Sequence[str] | None = None) -> list[Review]:
    """Reviews in pairs: numbers 0 and 1, 2 and 3, … have the same words and opposite labels.

    Of each family, one sentence is drawn, and one of those with the other label.

    Args:
        language, part, seed, kinds: as in `families`.
        count: how many sentences; even, since they come in pairs.

    Raises:
        ValueError: as `families`, and for an odd count.

    >>> one, two = reviews("ru", "train", 2)
    >>> sorted(one.tokens) == sorted(two.tokens), {one.label, two.label}
    (True, {0, 1})
    """
    if count < 0:
        raise ValueError(f"count must not be negative, and is {count}.")
    if count % 2:
        raise ValueError(f"Reviews come in pairs: count must be even, and is {count}.")
    rng = random.Random(f"pairs {language} {part} {seed}")
    found: list[Review] = []
    for family in families(language, part, count // 2, seed, kinds):
        one = rng.choice(family)
        two = rng.choice([review for review in family if review.label != one.label])
        found += [one, two]
    return found


def simple_reviews(language: str, count: int, seed: int = 0) -> list[Review]:
    """Reviews of one opinion, without any marker: from these a model learns what each word means.

    They use the nouns, adjectives and places of all three parts; what the label is, the adjective alone tells.

    Args:
        language: "ru", "en" or "pt".
        count: how many; every adjective comes up about equally often.
        seed: as in `families`.

    Raises:
        ValueError: for a language that there is not, or a negative count.
    """
    lexicon = _check(language)
    if count < 0:
        raise ValueError(f"count must not be negative, and is {count}.")
    rng = random.Random(f"simple {language} {seed}")
    choices = _interleaved(lexicon)
    found = []
    for number in range(count):
        if number % len(choices) == 0:
            rng.shuffle(choices)
        domain, lemma, good = choices[number % len(choices)]
        noun = rng.choice([noun for part in PARTS for noun in domain.nouns[part]])
        pattern = rng.choice(lexicon.simple)
        long = rng.choice([1, 2, 3])
        place = rng.choice([place for part in PARTS for place in lexicon.places[long][part]])
        phrase = _Phrase(noun, lemma, good, rng.choice(_degrees(lexicon, lemma)), place)
        tokens, tags = zip(*_realise(language, pattern, phrase, turned=False), strict=True)
        found.append(Review(tokens, int(good), tags, language, "simple", "simple", 1))
    return found


def _interleaved(lexicon: Lexicon) -> list[tuple[Domain, str, bool]]:
    """Every adjective with a domain that has it."""
    homes: dict[tuple[str, bool], list[Domain]] = {}
    for domain in lexicon.domains.values():
        for words, good in ((domain.good, True), (domain.bad, False)):
            for part in PARTS:
                for lemma in words[part]:
                    homes.setdefault((lemma, good), []).append(domain)
    return [(domains[i % len(domains)], lemma, good) for i in range(4) for (lemma, good), domains in homes.items()]


def vocabulary(language: str) -> list[str]:
    """Every word that a review of this language can have, sorted, each once; the comma among them.

    Raises:
        ValueError: for a language that there is not.
    """
    lexicon = _check(language)
    words = set(_fixed_words(language, lexicon))
    for domain in lexicon.domains.values():
        nouns = [noun.partition("/") for part in PARTS for noun in domain.nouns[part]]
        adjectives = [lemma for words_ in (domain.good, domain.bad) for part in PARTS for lemma in words_[part]]
        for noun, _, gender in nouns:
            words.update(noun.split())
            words.update(_agreeing(language, gender).values())
            words.update(_adjective(language, lemma, gender) for lemma in adjectives)
    return sorted(words)


def _fixed_words(language: str, lexicon: Lexicon) -> Iterator[str]:
    for frame in lexicon.frames:
        for pattern in (*frame.first, *frame.second):
            yield from (item for item in pattern.split() if not item.startswith("{"))
    for pattern in lexicon.simple:
        yield from (item for item in pattern.split() if not item.startswith("{"))
    for pair in lexicon.degrees + lexicon.sure:
        for words in pair:
            yield from words.split()
    for by_part in lexicon.places.values():
        for places in by_part.values():
            for place in places:
                yield from place.split()


def tokenize(text: str) -> list[str]:
    """A sentence of your own as tokens: words in lower case, and commas; other marks are dropped.

    A text with no letters (and no comma) gives no tokens. Letters written in two signs, as in "и" and a breve for "й",
    count as one.

    >>> tokenize("Суп не пресный, а вкусный!")
    ['суп', 'не', 'пресный', ',', 'а', 'вкусный']
    """
    return re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*|,", unicodedata.normalize("NFC", text).lower())
