"""The translation corpus: forms that agree, links that hold, parts that share nothing, one answer to every source."""

from __future__ import annotations

import itertools
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from utils import translation_corpus as tc
from utils import translation_english as english
from utils import translation_portuguese as portuguese
from utils import translation_russian as russian
from utils.translation_grammar import SPEAKERS, links
from utils.translation_lexicon import ADJECTIVES, CLASSES, STORIES, VERBS, concepts, fitting_adjectives
from utils.translation_maker import Maker
from utils.translation_meanings import Clause, Part, Phrase, Place, Sentence

LANGUAGES = pytest.mark.parametrize("language", tc.LANGUAGES)
PARTS = ("train", "dev", "test", "long")


def pairs(language: str) -> list[tc.Pair]:
    corpus = tc.corpus(language)
    return [pair for part in PARTS for pair in getattr(corpus, part)]


def said(language: str, clause: Clause, link: str = "", shift: str = "") -> tuple[str, str]:
    """A clause as a sentence, in its language and in English."""
    sentence = Sentence([Part(clause, link, shift)])
    return _text(SPEAKERS[language](sentence)), _text(english.english(sentence))


def _text(words: list) -> str:
    return " ".join(word.form for word in words)


# ------------------------------------------------------------------------------------------------------- the corpus


@LANGUAGES
def test_sizes_and_lengths(language: str) -> None:
    corpus = tc.corpus(language)
    assert [len(getattr(corpus, part)) for part in PARTS] == [15_000, 500, 1_000, 500]
    for part in ("train", "dev", "test"):
        made = getattr(corpus, part)
        assert {len(pair.source) for pair in made} == set(tc.LENGTHS)
        assert max(len(pair.target) for pair in made) <= tc.LONGEST_TARGET
    spread = Counter(len(pair.source) for pair in corpus.test)
    assert min(spread.values()) > 40 and max(spread.values()) < 95  # about as many of each length
    longest = max(len(pair.target) for pair in corpus.train)
    assert {len(pair.source) for pair in corpus.long} == set(tc.LONG_LENGTHS)
    assert min(len(pair.target) for pair in corpus.long) > longest
    assert min(len(pair.source) for pair in corpus.long) > max(len(pair.source) for pair in corpus.train)


@LANGUAGES
def test_no_sentence_stands_twice_on_either_side(language: str) -> None:
    made = pairs(language)
    assert len({pair.source for pair in made}) == len({pair.target for pair in made}) == len(made)


@LANGUAGES
def test_training_has_every_word(language: str) -> None:
    corpus = tc.corpus(language)
    for side in ("source", "target"):
        known = {word for pair in corpus.train for word in getattr(pair, side)}
        assert all(set(getattr(pair, side)) <= known for part in PARTS for pair in getattr(corpus, part))


@LANGUAGES
def test_tokens_are_words_in_lower_case_or_marks(language: str) -> None:
    letters = {"ru": r"[а-яё]+|—|[,.?]", "pt": r"[a-zà-ü]+(-[a-zà-ü]+)*|[,.?]"}[language]
    for pair in pairs(language):
        assert all(re.fullmatch(letters, word) for word in pair.source), pair.source
        assert all(re.fullmatch(r"[a-z]+|'s|'|[,.?]", word) for word in pair.target), pair.target
        for side in (pair.source, pair.target):
            assert side[-1] in ".?" and not {".", "?"} & set(side[:-1])
            assert not any(one == two == "," for one, two in itertools.pairwise(side))
        assert (pair.source[-1] == "?") is (pair.target[-1] == "?")


@LANGUAGES
def test_the_card_gives_the_hash_and_the_sizes(language: str) -> None:
    card = Path("data/README.md").read_text(encoding="utf-8")
    assert tc.fingerprint(language) in card
    train = tc.corpus(language).train
    for side in ("source", "target"):
        assert f"{len({word for pair in train for word in getattr(pair, side)}):,}" in card


def test_the_cache_is_out_of_date_once_anything_that_makes_sentences_has_changed() -> None:
    """The stamp covers every module that the corpus is made by: this one, and what it imports, and so on."""
    folder, found, left = Path(tc.__file__).parent, set(), {"corpus"}
    while left:
        found |= left
        text = "".join((folder / f"translation_{name}.py").read_text("utf-8") for name in left)
        left = set(re.findall(r"^from utils(?:\.| import )translation_(\w+)", text, re.M)) - found
    assert found == set(tc._SOURCES)


def test_the_cache_holds_what_is_made(tmp_path: Path) -> None:
    small = tc.Corpus(*(tc.corpus("ru").test[:5] for _ in PARTS))
    file = tmp_path / "translations.txt"
    assert tc._read_cache(file) is None
    tc._write_cache(file, small)
    assert tc._read_cache(file) == small
    file.write_bytes(file.read_bytes()[:-3])  # a damaged file is no corpus
    assert tc._read_cache(file) is None
    tc._write_cache(tmp_path / "no" / "folder" / "translations.txt", small)  # nothing to say, nothing to raise


def test_generation_is_the_same_in_every_process() -> None:
    """Nothing hangs on the order of sets, which differs from process to process."""
    code = (
        "import random, hashlib\n"
        "from utils.translation_maker import Maker\n"
        "from utils.translation_grammar import SPEAKERS\n"
        "for language in ('ru', 'pt'):\n"
        "    maker = Maker(random.Random(1), language)\n"
        "    made = [SPEAKERS[language](maker.sentence(1 + n % 3, 0.5)) for n in range(300)]\n"
        "    print(hashlib.sha256(repr(made).encode()).hexdigest())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@LANGUAGES
def test_one_source_has_one_translation(language: str) -> None:
    """Also beyond the corpus: the target can be known from the source."""
    known = {" ".join(pair.source): " ".join(pair.target) for pair in pairs(language)}
    maker = Maker(random.Random(77), language)
    again = 0
    for number in range(4000):
        sentence = maker.sentence(1 + (number % 4 == 0), 0.1 * (number % 5))
        source, target = _text(SPEAKERS[language](sentence)), _text(english.english(sentence))
        again += source in known
        assert known.setdefault(source, target) == target, source
    assert again > 200  # many short ones were met before


# -------------------------------------------------------------------------------------------------------- alignments


@LANGUAGES
def test_links_are_in_range_and_leave_out_only_what_has_no_counterpart(language: str) -> None:
    free = {
        "source": {"ru": {","}, "pt": {"o", "a", "os", "as", ","}}[language],
        "target": {"the", "a", "an", "any", "it", "is", "are", "am", "was", "were", ","},
    }
    for pair in pairs(language):
        assert pair.alignment <= {(one, two) for one in range(len(pair.source)) for two in range(len(pair.target))}
        for side, words in ((0, pair.source), (1, pair.target)):
            linked = {link[side] for link in pair.alignment}
            left = {words[place] for place in range(len(words)) if place not in linked}
            assert left <= free["source" if side == 0 else "target"], (pair.source, pair.target, left)
        assert (len(pair.source) - 1, len(pair.target) - 1) in pair.alignment  # the last mark


@LANGUAGES
def test_linked_words_translate_each_other(language: str) -> None:
    """Content words are linked to words of their own meaning: checked with the dictionary, where the form tells."""
    glosses: dict[str, set[str]] = {}
    for name in {noun for group in CLASSES for noun in concepts((group,))}:
        goals = {form for number in ("sg", "pl") for form in english.noun(name, number)}
        if language == "ru":
            sources = {form for case, form in russian.noun(name).forms.items() if case != "ps"}
        else:
            sources = {form for number in ("sg", "pl") for form in portuguese.noun(name, number)}
        for source in sources:
            glosses.setdefault(source, set()).update(goals)
    found = Counter()
    for pair in pairs(language)[::5]:
        for one, two in pair.alignment:
            gloss = glosses.get(pair.source[one])
            if pair.source[one] in ("de", "дома"):  # of "conto de fadas" and "de manhã"; a place as well
                continue
            if pair.target[two] in ("my", "our", "your", "his", "her", "their"):  # потерял ключ: his key
                continue
            if gloss is not None and pair.target[two].isalpha() and pair.target[two] not in ("to", "home", "gave"):
                found[pair.target[two] in gloss] += 1
    assert found[True] > 0.98 * found.total()  # "to" of a dative apart


def test_links_are_shared_keys() -> None:
    clause = Clause(1, verb="read", subject=Phrase(2, "boy"), object=Phrase(3, "book", determiner="a"), negation="not")
    sentence = Sentence([Part(clause)])
    source, target = SPEAKERS["ru"](sentence), english.english(sentence)
    assert _text(source) == "мальчик не прочитал книгу ." and _text(target) == "the boy did not read a book ."
    assert links(source, target) == {(0, 1), (1, 3), (2, 2), (2, 4), (3, 6), (4, 7)}
    pair = tc.Pair(("a", "b"), ("c",), frozenset({(1, 0)}))
    assert tc.swap(pair) == tc.Pair(("c",), ("a", "b"), frozenset({(0, 1)})) and tc.swap(tc.swap(pair)) == pair


# ----------------------------------------------------------------------------------------------------------- English


@LANGUAGES
def test_a_before_consonants_and_an_before_vowels(language: str) -> None:
    for pair in pairs(language):
        for word, following in itertools.pairwise(pair.target):
            if word in ("a", "an"):
                assert (word == "an") is (following[0] in "aeiou"), (word, following)


def test_english_forms() -> None:
    plurals = {
        "box": "boxes",
        "story": "stories",
        "boy": "boys",
        "child": "children",
        "knife": "knives",
        "old_man": "men",
    }
    assert {name: english.noun(name, "pl")[-1] for name in plurals} == plurals
    assert english.article("apple") == "an" and english.article("book") == "a"
    forms = {name: english.verb(name) for name in ("write", "cry", "wash", "swim", "have", "listen")}
    assert (forms["write"].third, forms["write"].ing) == ("writes", "writing")
    assert (forms["cry"].third, forms["cry"].past) == ("cries", "cried")
    assert (forms["wash"].third, forms["wash"].past) == ("washes", "washed")
    assert (forms["swim"].past, forms["swim"].participle, forms["swim"].ing) == ("swam", "swum", "swimming")
    assert forms["have"].third == "has" and forms["listen"].particle == "to"


@pytest.mark.parametrize("language", ["ru", "pt"])
def test_verbs_agree_in_english(language: str) -> None:
    """After "he", "she" and a singular noun no plural verb, after "they" and "we" no singular one."""
    singular = {"he", "she"} | {english.noun(name, "sg")[-1] for name in concepts(("person", "kin"))} - {"sheep"}
    plural = {"they", "we", "you"} | {english.noun(name, "pl")[-1] for name in concepts(("person", "kin"))}
    thirds = {english.verb(name).third for name in VERBS} | {"is", "was", "has", "does"}
    bases = {english.verb(name).base for name in VERBS if english.verb(name).base != english.verb(name).past}
    bases = (bases | {"are", "were", "do", "have"}) - {"read"}
    for pair in pairs(language):
        if "?" in pair.target or "who" in pair.target or "that" in pair.target:
            continue
        for word, following in itertools.pairwise(pair.target):
            assert not (word in singular and following in bases), pair.target
            assert not (word in plural and following in thirds), pair.target


# ----------------------------------------------------------------------------------------------------------- Russian


@pytest.mark.parametrize(
    ("concept", "singular", "plural"),
    [
        ("teacher", "учитель учителя учителю учителя учителем учителе",
         "учителя учителей учителям учителей учителями учителях"),
        ("girl", "девочка девочки девочке девочку девочкой девочке",
         "девочки девочек девочкам девочек девочками девочках"),
        ("letter", "письмо письма письму письмо письмом письме", "письма писем письмам письма письмами письмах"),
        ("father", "отец отца отцу отца отцом отце", "отцы отцов отцам отцов отцами отцах"),
        ("mother", "мать матери матери мать матерью матери", "матери матерей матерям матерей матерями матерях"),
        ("child", "ребёнок ребёнка ребёнку ребёнка ребёнком ребёнке", "дети детей детям детей детьми детях"),
        ("museum", "музей музея музею музей музеем музее", "музеи музеев музеям музеи музеями музеях"),
        ("poem", "стихотворение стихотворения стихотворению стихотворение стихотворением стихотворении",
         "стихотворения стихотворений стихотворениям стихотворения стихотворениями стихотворениях"),
        ("photograph", "фотография фотографии фотографии фотографию фотографией фотографии",
         "фотографии фотографий фотографиям фотографии фотографиями фотографиях"),
        ("pear", "груша груши груше грушу грушей груше", "груши груш грушам груши грушами грушах"),
        ("ball", "мяч мяча мячу мяч мячом мяче", "мячи мячей мячам мячи мячами мячах"),
        ("field", "поле поля полю поле полем поле", "поля полей полям поля полями полях"),
        ("coat", "пальто пальто пальто пальто пальто пальто", "пальто пальто пальто пальто пальто пальто"),
        ("clock", "часы часов часам часы часами часах", "часы часов часам часы часами часах"),
    ],
)  # fmt: skip
def test_russian_nouns(concept: str, singular: str, plural: str) -> None:
    forms = russian.noun(concept).forms
    assert [forms[case + "s"] for case in russian.CASES] == singular.split()
    assert [forms[case + "p"] for case in russian.CASES] == plural.split()


def test_russian_adjectives() -> None:
    table = {
        ("новый", "m", True): "новый нового новому нового новым новом",
        ("новый", "m", False): "новый нового новому новый новым новом",
        ("синий", "f", False): "синяя синей синей синюю синей синей",
        ("синий", "n", False): "синее синего синему синее синим синем",
        ("большой", "n", False): "большое большого большому большое большим большом",
        ("хороший", "m", False): "хороший хорошего хорошему хороший хорошим хорошем",
        ("маленький", "p", True): "маленькие маленьких маленьким маленьких маленькими маленьких",
        ("маленький", "p", False): "маленькие маленьких маленьким маленькие маленькими маленьких",
    }
    for (lemma, gender, animate), forms in table.items():
        assert [russian.adjective(lemma, gender, case, animate) for case in russian.CASES] == forms.split()


def test_russian_verbs() -> None:
    imperfective, perfective = russian.verb("write")
    assert perfective is not None and russian.verb("sleep")[1] is None
    assert [*imperfective.person.values()] == ["пишу", "пишет", "пишем", "пишете", "пишут"]
    assert [*perfective.past.values()] == ["написал", "написала", "написало", "написали"]
    assert [*russian.verb("laugh")[0].person.values()] == ["смеюсь", "смеётся", "смеёмся", "смеётесь", "смеются"]
    assert [*russian.verb("laugh")[0].past.values()] == ["смеялся", "смеялась", "смеялось", "смеялись"]
    help_ = russian.verb("help")[1]
    assert help_ is not None and [*help_.past.values()] == ["помог", "помогла", "помогло", "помогли"]
    eat = russian.verb("eat")[0]
    assert [*eat.person.values()] == ["ем", "ест", "едим", "едите", "едят"] and eat.past["m"] == "ел"


def test_russian_adjectives_agree_with_their_nouns() -> None:
    """By the grammar's own features: a word linked to an English adjective stands right before its noun and fits it."""
    forms: dict[str, set[tuple[str, str, bool]]] = {}
    for lemma in russian._ADJECTIVES.values():
        for gender in "mfnp":
            for case in russian.CASES:
                for animate in (True, False):
                    form = russian.adjective(lemma, gender, case, animate)
                    forms.setdefault(form, set()).add((gender, case, animate))
    nouns: dict[str, set[tuple[str, str, bool]]] = {}
    for concept in {name for group in CLASSES for name in concepts((group,))}:
        noun = russian.noun(concept)
        masculine = concept in russian._MASCULINE_IN_A
        for key, form in noun.forms.items():
            case = "p" if key[0] == "l" else key[0]
            gender = "p" if key[1] == "p" or noun.only_plural else "m" if masculine else noun.gender
            nouns.setdefault(form, set()).add((gender, case, noun.animate))
    checked = 0
    for pair in pairs("ru"):
        for adjective, noun_form in itertools.pairwise(pair.source):
            if adjective in forms and noun_form in nouns:
                checked += 1
                assert forms[adjective] & nouns[noun_form], (adjective, noun_form)
    assert checked > 2000  # a story names its people and things without adjectives, unless they tell of a state


def test_russian_subjects_agree_with_past_verbs() -> None:
    past = {}
    for concept in VERBS:
        for aspect in russian.verb(concept):
            if aspect is not None:
                past |= {form: gender for gender, form in aspect.past.items()}
    subjects = {"он": "m", "она": "f", "мы": "p", "вы": "p", "они": "p"}
    nominatives = {}
    for concept in concepts(("person", "kin")):
        forms = russian.noun(concept).forms
        nominatives[forms["ns"]] = russian.gender(Phrase(0, concept))
        if forms["np"] != forms["gs"]:  # мужчины: also "of a man"
            nominatives[forms["np"]] = "p"
    checked = 0
    for pair in pairs("ru"):
        for word, following in itertools.pairwise(pair.source):
            wanted = subjects.get(word) or nominatives.get(word)
            if wanted and following in past:
                checked += 1
                assert past[following] == wanted, pair.source
    assert checked > 2000


def test_russian_articles_come_from_the_order_of_words() -> None:
    """A subject before the verb is known, one after it is new; so is an object, unless it is denied."""
    boy, book = Phrase(2, "boy"), Phrase(3, "book", determiner="a")
    assert said("ru", Clause(1, verb="read", subject=boy, object=book)) == (
        "мальчик прочитал книгу .",
        "the boy read a book .",
    )
    new = Phrase(2, "doctor", determiner="a", adjective="old")
    place = Place("in", Phrase(4, "village"))
    clause = Clause(1, verb="live", subject=new, place=place, order="inverted", tense="present")
    assert said("ru", clause) == ("в деревне живёт старый врач .", "an old doctor lives in the village .")
    for pair in tc.corpus("ru").train:
        first = pair.source[0]
        if first in ("мальчик", "девочка", "врач", "женщина") and pair.target[0] != "today":
            assert pair.target[0] in ("the", "did", "will", "is", "was", "does"), pair


def test_russian_constructions() -> None:
    boy, dog = Phrase(2, "boy"), Phrase(3, "dog", determiner="a")
    have = Clause(1, "have", verb="have", subject=boy, object=dog, tense="present")
    assert said("ru", have) == ("у мальчика есть собака .", "the boy has a dog .")
    have.negation = "not"
    assert said("ru", have) == ("у мальчика нет собаки .", "the boy does not have a dog .")
    have.tense = "past"
    assert said("ru", have) == ("у мальчика не было собаки .", "the boy did not have a dog .")
    like = Clause(1, "like", verb="like", subject=Phrase(2, "girl"), object=Phrase(3, "book"), tense="present")
    assert said("ru", like) == ("девочке нравится книга .", "the girl likes the book .")
    there = Clause(1, "there", verb="be", object=Phrase(3, "book", "pl", "a"), place=Place("in", Phrase(4, "table")))
    assert said("ru", there) == ("на столе лежали книги .", "there were books on the table .")
    nobody = Clause(1, verb="sleep", subject=Phrase(2, "he"), negation="nobody", tense="present", progressive=True)
    assert said("ru", nobody) == ("никто не спит .", "nobody is sleeping .")
    adjective = Clause(1, "adjective", subject=Phrase(2, "house"), adjective="big", tense="present")
    assert said("ru", adjective) == ("дом большой .", "the house is big .")
    come = Clause(1, verb="come", subject=boy, tense="future", place=Place("to", Phrase(4, "school")))
    assert said("ru", come, "when", "condition") == ("когда мальчик придёт в школу .", "when the boy comes to school .")
    assert said("ru", come, "that", "said")[1] == "that the boy would come to school ."
    two = Clause(1, verb="buy", subject=boy, object=Phrase(3, "car", "pl", "two"))
    assert said("ru", two) == ("мальчик купил две машины .", "the boy bought two cars .")
    none = Clause(1, verb="buy", subject=boy, object=Phrase(3, "letter", "pl", "any"), negation="not")
    assert said("ru", none) == ("мальчик не купил никаких писем .", "the boy did not buy any letters .")
    drink = Clause(
        1, verb="drink", subject=boy, object=Phrase(3, "water", determiner="a"), modal="want", tense="present"
    )
    assert said("ru", drink) == ("мальчик хочет выпить воды .", "the boy wants to drink water .")
    lost = Clause(1, verb="lose", subject=Phrase(2, "he"), object=Phrase(3, "it"), tense="past")
    assert said("ru", lost, "because", "perfect")[1] == "because he has lost it ."
    assert said("ru", lost, "because", "said")[1] == "because he had lost it ."
    five = Clause(1, verb="buy", subject=boy, object=Phrase(3, "letter", "pl", "five"))
    assert said("ru", five)[0] == "мальчик купил пять писем ."


def test_russian_says_it_as_one_does() -> None:
    boy, girl = Phrase(2, "boy"), Phrase(4, "girl")
    find = Clause(1, verb="find", subject=boy, object=Phrase(3, "toy", determiner="a"))
    give = Clause(5, verb="hand", object=Phrase(6, "it", gender="f"), recipient=Phrase(7, "she"))
    both = Sentence([Part(find), Part(give, "then", "", boy)])
    source, target = SPEAKERS["ru"](both), english.english(both)
    assert _text(source) == "мальчик нашёл игрушку и отдал ей ."  # no "её ей"
    assert _text(target) == "the boy found a toy and gave it to her ."
    assert {(4, 6), (4, 7), (5, 8), (5, 9)} <= links(source, target)  # "it" with the verb that does without
    present = Clause(1, verb="present", subject=boy, object=Phrase(3, "book", determiner="a"), recipient=girl)
    assert said("ru", present) == ("мальчик подарил девочке книгу .", "the boy gave the girl a book .")
    never = Clause(1, verb="go", subject=boy, negation="never", place=Place("to", Phrase(3, "museum")))
    assert said("ru", never) == ("мальчик никогда не ходил в музей .", "the boy has never gone to the museum .")
    walk = Clause(1, verb="walk", subject=girl, tense="future")
    assert said("ru", walk) == ("девочка будет гулять .", "the girl will go for a walk .")
    cake = Phrase(3, "cake", determiner="piece", adjective="tasty")
    eat = Clause(1, verb="eat", subject=girl, object=cake)
    assert said("ru", eat) == ("девочка съела кусок вкусного торта .", "the girl ate a piece of tasty cake .")
    assert said("pt", eat)[0] == "a menina comeu um pedaço de bolo gostoso ."
    made = Sentence([Part(eat)])
    assert {(2, 3), (2, 4), (4, 5), (4, 7), (3, 6)} <= links(SPEAKERS["ru"](made), english.english(made))
    wait = Clause(1, verb="read", subject=boy, object=Phrase(3, "book", determiner="a"), progressive=True)
    drink = Clause(6, verb="drink", object=Phrase(7, "juice", determiner="a"), progressive=True)
    both = Sentence([Part(wait, "", "lasting"), Part(drink, "then", "going", boy)])
    assert _text(english.english(both)) == "the boy was reading a book and drinking juice ."
    assert _text(SPEAKERS["pt"](both)) == "o menino lia um livro e bebia suco ."


def test_russian_says_what_for_and_how_states_begin() -> None:
    girl = Phrase(2, "girl")
    go = Clause(1, verb="go", subject=girl, place=Place("to", Phrase(3, "market")))
    buy = Clause(4, verb="buy", object=Phrase(5, "fish", determiner="a", adjective="fresh"), modal="to")
    fetch = Sentence([Part(go), Part(buy, "to", "", girl)])
    source, target = SPEAKERS["ru"](fetch), english.english(fetch)
    assert _text(source) == "девочка пошла на рынок за свежей рыбой ."
    assert _text(target) == "the girl went to the market to buy fresh fish ."
    assert {(4, 6), (4, 7), (5, 8), (6, 9)} <= links(source, target)
    walk = Sentence([Part(go), Part(Clause(4, verb="walk", modal="to"), "to", "", girl)])
    assert _text(SPEAKERS["ru"](walk)) == "девочка пошла на рынок погулять ."
    assert _text(english.english(walk)) == "the girl went to the market for a walk ."
    states = {
        "ill": ("заболеет", "falls ill"),
        "hungry": ("проголодается", "gets hungry"),
        "tired": ("устанет", "gets tired"),
    }
    for state, (russian_form, english_form) in states.items():
        clause = Clause(1, "adjective", subject=girl, adjective=state, tense="future")
        texts = (f"если девочка {russian_form} .", f"if the girl {english_form} .")
        assert said("ru", clause, "if", "condition") == texts
    assert said("pt", clause, "if", "condition")[0] == "se a menina ficar cansada ."
    lock = Clause(1, verb="open", subject=girl, object=Phrase(3, "door"), modal="can", negation="not")
    assert said("ru", lock) == ("девочка не смогла открыть дверь .", "the girl could not open the door .")
    eat = Clause(1, verb="eat", subject=girl, object=Phrase(3, "soup"), negation="not")
    assert said("ru", eat) == ("девочка не стала есть суп .", "the girl did not eat the soup .")


def test_russian_prepositions_fit_what_follows() -> None:
    talk = Clause(1, verb="talk", subject=Phrase(2, "boy"), tense="present", progressive=True)
    talk.object = Phrase(3, "student", determiner="a")
    assert said("ru", talk)[0] == "мальчик разговаривает со студентом ."
    talk.object = Phrase(3, "he")
    assert said("ru", talk)[0] == "мальчик разговаривает с ним ."
    yard = Clause(1, verb="play", subject=Phrase(2, "boy"), place=Place("in", Phrase(4, "yard")))
    assert said("ru", yard)[0] == "мальчик играл во дворе ."
    garden = Clause(1, verb="play", subject=Phrase(2, "boy"), place=Place("in", Phrase(4, "garden")))
    assert said("ru", garden)[0] == "мальчик играл в саду ."


# -------------------------------------------------------------------------------------------------------- Portuguese


def test_portuguese_forms() -> None:
    plurals = {"man": "homens", "flower": "flores", "hospital": "hospitais", "station": "estações", "bread": "pães",
               "bus": "ônibus", "newspaper": "jornais", "garden": "jardins"}  # fmt: skip
    assert {name: portuguese.noun(name, "pl")[0] for name in plurals} == plurals
    adjectives = [
        portuguese.adjective("bom", "f", "pl"),
        portuguese.adjective("azul", "f", "pl"),
        portuguese.adjective("difícil", "m", "pl"),
        portuguese.adjective("simples", "m", "pl"),
        portuguese.adjective("jovem", "f", "pl"),
        portuguese.adjective("confortável", "m", "pl"),
    ]
    assert adjectives == ["boas", "azuis", "difíceis", "simples", "jovens", "confortáveis"]
    assert [*portuguese.verb("explain").preterite.values()] == ["expliquei", "explicou", "explicamos", "explicaram"]
    assert [*portuguese.verb("thank").present.values()] == ["agradeço", "agradece", "agradecemos", "agradecem"]
    assert [*portuguese.verb("be").imperfect.values()] == ["era", "era", "éramos", "eram"]
    assert [*portuguese.verb("bring").future_subjunctive.values()] == ["trouxer", "trouxer", "trouxermos", "trouxerem"]
    assert [*portuguese.verb("come").future_subjunctive.values()] == ["vier", "vier", "viermos", "vierem"]
    assert portuguese.verb("build").imperfect["3s"] == "construía" and portuguese.verb("write").participle == "escrito"


def test_portuguese_words_agree_with_their_nouns() -> None:
    determiners = {}
    for name, row in portuguese._DETERMINERS.items():
        if name not in ("three", "five"):
            for form, features in zip(row.split(), (("m", "sg"), ("f", "sg"), ("m", "pl"), ("f", "pl")), strict=True):
                determiners[form] = features
    del determiners["-"]
    nouns: dict[str, set[tuple[str, str]]] = {}
    for concept in {name for group in CLASSES for name in concepts((group,))}:
        for number in ("sg", "pl"):
            words = portuguese.noun(concept, number)
            nouns.setdefault(words[0], set()).add((portuguese.gender(concept), number))
    adjectives: dict[str, set[tuple[str, str]]] = {}
    for lemma in [*portuguese._ADJECTIVES.values(), "idoso"]:
        for sex in "mf":
            for number in ("sg", "pl"):
                adjectives.setdefault(portuguese.adjective(lemma, sex, number), set()).add((sex, number))
    checked = Counter()
    for pair in pairs("pt"):
        for word, following in itertools.pairwise(pair.source):
            if word in determiners and following in nouns and word != "a":  # "a" is a preposition as well
                checked["determiner"] += 1
                assert determiners[word] in nouns[following], pair.source
            if word in nouns and following in adjectives and word not in ("velho", "velhos"):
                checked["adjective"] += 1
                assert adjectives[following] & nouns[word], pair.source
    assert checked["determiner"] > 10_000 and checked["adjective"] > 2_000


def test_portuguese_contractions() -> None:
    text = [" ".join(pair.source) for pair in pairs("pt")]
    joined = " | ".join(text)
    for apart in (
        "em o",
        "em a",
        "em os",
        "em as",
        "de o",
        "de os",
        "em este",
        "em aquela",
        "de ele",
        "com eu",
        "com nós",
    ):
        assert f" {apart} " not in joined
    assert " ao " in joined and " à " in joined and " naquela " in joined and " deste " in joined


def test_portuguese_constructions() -> None:
    boy = Phrase(2, "boy")
    book = Phrase(3, "it", gender="m")
    find = Clause(1, verb="find", subject=boy, object=book, tense="past")
    assert said("pt", find) == ("o menino o encontrou .", "the boy found it .")
    find.tense = "future"
    assert said("pt", find)[0] == "o menino vai encontrá-lo ."
    find.object, find.tense, find.negation = Phrase(3, "i"), "past", "not"
    assert said("pt", find) == ("o menino não me encontrou .", "the boy did not find me .")
    read = Clause(1, verb="read", subject=boy, object=Phrase(3, "book", determiner="a"), tense="past")
    assert said("pt", read, "that", "said") == ("que o menino tinha lido um livro .", "that the boy had read a book .")
    read.tense = "future"
    assert said("pt", read, "if", "condition") == ("se o menino ler um livro .", "if the boy reads a book .")
    mine = Clause(1, verb="sell", subject=Phrase(2, "i", dropped="always"), object=Phrase(3, "car", determiner="own"))
    assert said("pt", mine) == ("vendi meu carro .", "i sold my car .")
    hers = Clause(1, verb="sell", subject=Phrase(2, "girl"), object=Phrase(3, "car", determiner="own"))
    assert said("pt", hers) == ("a menina vendeu seu carro .", "the girl sold her car .")
    his = Clause(1, verb="sell", subject=boy, object=Phrase(3, "car", determiner="her"))
    assert said("pt", his) == ("o menino vendeu o carro dela .", "the boy sold her car .")
    owner = Clause(1, verb="sell", subject=boy, object=Phrase(3, "car", owner=Phrase(4, "teacher_f")))
    assert said("pt", owner) == ("o menino vendeu o carro da professora .", "the boy sold the teacher 's car .")


def test_said_and_i_are_not_left_to_guess() -> None:
    """Disse may be "I said" or "he said": a first person is left out only where the form tells it."""
    unclear = {portuguese.verb(name).preterite["1s"] for name in ("say", "bring", "want")}
    assert not any(pair.source[0] in unclear for pair in pairs("pt"))


def test_portuguese_recipients_that_are_pronouns() -> None:
    """Me deu um livro, but: deu para mim; two pronouns do not lean on one verb."""
    give = Clause(1, verb="give", subject=Phrase(2, "boy"), object=Phrase(3, "it"), recipient=Phrase(4, "i"))
    assert said("pt", give) == ("o menino deu para mim .", "the boy gave it to me .")
    give.object = Phrase(3, "book", determiner="a")
    assert said("pt", give) == ("o menino me deu um livro .", "the boy gave me a book .")
    give.recipient = Phrase(4, "she")
    assert said("pt", give)[0] == "o menino deu um livro para ela ."
    go = Clause(1, verb="go", subject=Phrase(2, "boy", "pl"), place=Place("to", Phrase(3, "market")), tense="future")
    buy = Clause(4, verb="buy", object=Phrase(5, "fish", determiner="a"), tense="future", modal="to")
    both = Sentence([Part(go), Part(buy, "to", "", go.subject)])
    assert _text(SPEAKERS["pt"](both)) == "os meninos vão ao mercado comprar peixe ."
    assert _text(english.english(both)) == "the boys will go to the market to buy fish ."
    assert links(SPEAKERS["pt"](both), english.english(both)) >= {(1, 1), (2, 2), (2, 3), (5, 7), (5, 8), (6, 9)}
    cook = Clause(6, verb="cook", object=Phrase(7, "soup", determiner="a"), tense="future")
    both.parts.append(Part(cook, "then", "bare", go.subject))
    assert _text(SPEAKERS["pt"](both)) == "os meninos vão ao mercado comprar peixe e vão fazer sopa ."


def test_portuguese_says_it_as_one_does_in_brazil() -> None:
    boy = Phrase(2, "boy")
    hungry = Clause(1, "adjective", subject=boy, adjective="hungry", tense="past")
    assert said("pt", hungry) == ("o menino estava com fome .", "the boy was hungry .")
    sentence = Sentence([Part(hungry)])
    linked = links(SPEAKERS["pt"](sentence), english.english(sentence))
    assert {(2, 2), (3, 3), (4, 3)} <= linked  # both words of "com fome"
    must = Clause(1, verb="read", subject=boy, object=Phrase(3, "book"), modal="must", tense="present")
    assert said("pt", must) == ("o menino tem que ler o livro .", "the boy must read the book .")
    love = Clause(1, verb="love", subject=boy, object=Phrase(3, "cat", "pl", "a"), tense="present")
    assert said("pt", love) == ("o menino gosta muito de gatos .", "the boy loves cats .")
    dream = Clause(1, verb="dream", subject=boy, object=Phrase(3, "car", determiner="a"), progressive=True)
    assert said("pt", dream) == ("o menino sonhava com um carro .", "the boy dreamed of a car .")
    dream.tense = "present"
    assert said("pt", dream) == ("o menino sonha com um carro .", "the boy dreams of a car .")
    lock = Clause(1, verb="open", subject=boy, object=Phrase(3, "door"), modal="can", negation="not", tense="past")
    assert said("pt", lock) == ("o menino não conseguiu abrir a porta .", "the boy could not open the door .")
    assert said("pt", lock, "that", "said")[0] == "que o menino não conseguia abrir a porta ."
    assert said("pt", lock, "so", "lasting")[0] == ", por isso o menino não conseguia abrir a porta ."
    ticket = Clause(1, verb="buy", subject=boy, object=Phrase(3, "ticket", determiner="another"))
    assert said("pt", ticket) == ("o menino comprou outro ingresso .", "the boy bought another ticket .")


# ----------------------------------------------------------------------------------------------------------- stories


@LANGUAGES
def test_every_story_can_be_told(language: str) -> None:
    """In each of its tenses and lengths; "=" and "it" have something to stand for."""
    maker = Maker(random.Random(3), language)
    told = {(story, tense): False for story in STORIES for tense in story.tenses}
    for story, tense in told:
        beats = story.told(tense)
        least = sum(not beat.optional for beat in beats)
        assert least >= 2 and len(beats) <= 6
        for clauses in range(least, len(beats) + 1):
            parts = maker.tell(story, clauses, tense, 0.5)
            assert len(parts) == clauses
            assert _text(SPEAKERS[language](Sentence(parts))) and _text(english.english(Sentence(parts)))
        told[story, tense] = True
    assert all(told.values())


@LANGUAGES
def test_nobody_is_spoken_of_by_a_pronoun_before_being_named(language: str) -> None:
    """In sentences of several clauses "him" and "her" stand for people whom the sentence has named."""
    people = {english.noun(name, number)[-1] for name in concepts(("person", "kin")) for number in ("sg", "pl")}
    people |= {"he", "she", "they", "it", "them"}
    for pair in tc.corpus(language).long:
        for place, word in enumerate(pair.target):
            if word in ("him", "her") and pair.target[place + 1] in (",", ".", "because", "and", "in"):
                assert people & set(pair.target[:place]), pair.target


KINSHIP = r"^(?!.* that )(my|our) (father|mother|aunt|uncle|sister)\b.* (his|her) (son|daughter|brother|sister)\b"
"""His sister, where the speaker would say "my aunt"."""
ENGLISH_FAULTS = (
    KINSHIP,
    r", and .*\b(will|would) thank|\byou (know|think) that [^?]*\.$|\bplay(s|ed|ing)? on the street",
    r"\b(come|came|comes) to the kitchen|\btasty (bread|cheese|soup|fish)|\bthe famous nurse",
    r"\bdream\w* of (the|my|our|his|her|their)\b|\bwaiting for guests|\b(boy|girl)s? .* office\b",
    r"\b(tired|ill|busy|hungry) , so .* washed the (window|floor)|\binvited? the guest|because .* because",
)
"""What stays out of the English of either language."""


@pytest.mark.parametrize(
    ("language", "side", "fault"),
    [
        ("ru", 1, r"\bcook(ed|ing)\b"),  # a cake is made
        ("ru", 1, r"looking for an? .* because (he|she|they|i|we) had lost"),  # his key
        ("ru", 1, r"\w who (is|are) (work|liv)ing (in|at)"),
        ("ru", 1, r"(mechanic|cook|farmer|sailor)s? \w+ (to|from) school"),  # to the school
        ("ru", 1, r"actress ' "),
        ("ru", 0, r"рассказ\w* рассказ"),
        ("ru", 0, r"\b(его|её|их) (ему|ей|им)\b"),  # two pronouns after a verb
        ("ru", 0, r"студент.*\b(школ|учител|упражнен)|\b(школ|учител|упражнен).*студент"),  # a pupil
        ("ru", 0, r"купи\w+ \w*(цвет|подар|шарф)\w* и (дал|даст|дад)"),  # a present
        ("ru", 0, r"продаст свой (\w+ )?дом , \w+ купит (\w+ )?дом"),
        ("ru", 0, r"потому что .* поэтому .* потому что|поэтому .* потому что"),
        ("ru", 0, r"никогда не (шёл|шла|шли|ид[уё])|потому что \w+ любил"),
        ("ru", 1, r"\bhe does not love|\b(ate|eat|eats|eating) an? (\w+ )?(cake|pie)\b|\bsmall (girl|boy|child)"),
        ("ru", 1, r"\bthe (mother|father|brother|sister|aunt|uncle|grandmother|grandfather|friend)s?\b"),
        ("ru", 1, r"\b(will|would|must|to) walk\b|\b(met|meet) an? new friend"),
        ("ru", 1, r"\b(the|this) (\w+ )?child who works|\bto the sea\b"),
        ("pt", 0, r"não (tem|tinha|têm|tinham) uma? "),
        ("pt", 1, r"\b(will|would|must|to) walk\b|\bchild who works"),
        ("ru", 0, r"хо(чу|чет|тим|тят|тел\w?) выпить воду"),
        ("pt", 0, r"\b(passe(a|ar|ei|ia|io)|aldeias?|pensa(m|r)?|sonhando)\b"),
        ("pt", 0, r"\b(ir(á|ão|emos|ei)|(vai|ia|iam) ir)\b|\bvai (ao|à) \w+ e (comprar|fazer)"),
        ("pt", 0, r"\best\w+ famint|\bnão (pôde|puderam|pude) .* , mas"),
        ("pt", 0, r"\bdá-l\w+|\b(a|para) su?[ae]us? (avó|avô|mãe|pai|irmão|irmã|tia|tio)\b"),
        ("pt", 0, r"^enquanto (?!.* , ).* estava|\bcom(er|eu|i) a? ?sopa|\bcontos? de fadas para\b"),
        ("pt", 0, r"\bpreparar?\b|\bdiss\w+ que .* (ia|iam) (ao|à|para)\b"),
        ("ru", 0, r"закр\w+ (\w+ )?(книг|сумк)|\bкупил[аи]? (его|её) (его|её)\b"),
        (
            "ru",
            1,
            r"(found|find) it and (gave|give) it to (him|her|them|me)\b|\bill , so \w+ did not go to the theatre",
        ),
        ("pt", 1, r"(found|find) it and (gave|give) it to (him|her|them|me)\b"),
        ("pt", 0, r"\b(foi|fui|foram|fomos|ir|ia|vai|vão) ao mar\b|\bnunca mora"),
        ("pt", 0, r"^um(a)? (?!d[eo])\w+ (estava|est[áã]o?|vai|que|perdeu|comprou)\b"),
        ("pt", 1, r"\b(ate|eat|eats|eating) a (\w+ )?(cake|pie)\b|\blost an? |\b(met|meet) an? new friend"),
        ("pt", 1, r"\bso \w+ returned .* because|\bsmall (girl|boy|child)"),
        ("pt", 0, r"\bdev(ia|iam)\b"),
        ("pt", 0, r"porque est(á|ava) quente"),  # of the weather: calor
        ("pt", 0, r"\bo me\b|\bjovem homem\b"),
        ("pt", 1, r"\bnot (?!have\b)\w+ an? "),
        ("ru", 0, r"\b(его|её) \w+ \1 [а-я]+л|\b(он|она|оно) не съел\w* (суп|пирог) , потому что он был.* он "),
        ("pt", 0, r"\be [oa]s? (dei|deu|deram|daria) |\b[oa]s? (comi|comeu|comeram)\b|\bv(i|ei)\w+ à cozinha"),
        ("pt", 0, r"\b(da|à) loja (e|comprar) (comprou |compraram |comprei )?(pão|leite|peixe|queijo|suco)\b"),
        ("pt", 0, r"\bcanç\w+ velha|\blâmpada"),
        ("ru", 0, r"искал\w* .* , но (он|она|они|я|мы) не |\bно \w+ (его|её|их) не наш"),
        ("ru", 1, r"\blooking for .*\bbut \w+ did not find|\bfor (his|her|their) \w+ key"),
        ("pt", 1, r"\blooking for .*\bbut \w+ did not find|\b(often|always) learns? "),
        ("pt", 0, r"presentes? (\w+ )?e \w+ de presente|^o que .*\bfazendo\b"),
        (
            "ru",
            0,
            r"\b(этот|эта|эти|тот|та|те|этого|эту|этих) (\w+ )?(врач|мальчик|девочк|актрис|рыбак)",
        ),
        ("ru", 0, r"\bбуд\w+ (болен|больн|голод)|\bне мог(ла|ли)? |\bподар\w+ и подар|\bкотёнка и отда"),
        ("ru", 0, r"потому что .*потому что|мечта\w+ об? (мо|наш|ваш|сво)"),
        ("ru", 1, r"\b(go|went|invited?( \w+)+) to the restaurant|\blov\w+ the (cat|dog)s"),
        ("pt", 0, r"\bporque [oa]s? ama|^(?!.*vocês).*\bem (seu|sua)s? |\bdeve(m|mos)?\b"),
        *((language, 1, fault) for fault in ENGLISH_FAULTS for language in ("ru", "pt")),
    ],
)
def test_faults_that_readers_found_stay_away(language: str, side: int, fault: str) -> None:
    for pair in pairs(language):
        text = " ".join((pair.source, pair.target)[side])
        assert not re.search(fault, text), text


# ---------------------------------------------------------------------------------------------------------- the rest


def test_every_concept_has_words_in_all_languages_and_is_used() -> None:
    nouns = {noun for group in CLASSES for noun in concepts((group,))}
    for language in tc.LANGUAGES:
        train = tc.corpus(language).train
        source = {word for pair in train for word in pair.source}
        target = {word for pair in train for word in pair.target}
        for name in nouns:
            assert english.noun(name, "sg")[-1] in target or english.noun(name, "pl")[-1] in target, name
            if language == "ru":
                assert source & set(russian.noun(name).forms.values()), name
            else:
                assert portuguese.noun(name, "sg")[0] in source or portuguese.noun(name, "pl")[0] in source, name
        for name in VERBS:
            forms = english.verb(name)
            assert {forms.base, forms.third, forms.past, forms.participle, forms.ing} & target, name
    lemmas = {lemma for group in ADJECTIVES.values() for lemma in group}
    assert lemmas <= set(russian._ADJECTIVES) & set(portuguese._ADJECTIVES)
    assert all(set(fitting_adjectives(noun)) <= set(russian._ADJECTIVES) for noun in nouns)


def test_an_unknown_language_is_named() -> None:
    for wrong in ("de", "en", ""):
        with pytest.raises(ValueError, match=re.escape(repr(wrong))):
            tc.corpus(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="choose 'ru' \\(Russian\\) or 'pt' \\(Portuguese\\)"):
        tc.fingerprint("fr")  # type: ignore[arg-type]
