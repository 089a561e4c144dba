"""Who and what the translation corpus speaks of: phrases by chance and by `utils.translation_lexicon`."""

from __future__ import annotations

import random

from utils import translation_portuguese as portuguese
from utils import translation_russian as russian
from utils.translation_lexicon import (
    CLASSES,
    ELDERS,
    HUMAN,
    MASS,
    OWNED,
    PEOPLE,
    PLACES,
    PLAIN_LOOKS,
    POSSESSIVES,
    RELATED,
    SINGLE,
    SPEAKERS_KIN,
    VERBS,
    WOMEN,
    WORKPLACES,
    YOUNG,
    Action,
    Story,
    concepts,
    fitting_adjectives,
)
from utils.translation_meanings import Clause, Phrase, Place

__all__ = ["Phrases", "action_of"]

_SAY = Action(("person",))


def action_of(verb: str) -> Action:
    """What the tables know of a verb; of those that they do not have, to say and to think, that people do it."""
    return VERBS.get(verb, _SAY)


class Phrases:
    """Makes phrases, one after the other.

    Args:
        rng: where chance comes from.
        language: "ru" or "pt", the language of the source. Russian has no articles: there a subject before the verb is
            known ("the"), a subject after it is new ("a"), and so on, so that the source tells the translation.
    """

    def __init__(self, rng: random.Random, language: str) -> None:
        self.rng = rng
        self.russian = language == "ru"
        self._id = 0
        self._joined = False
        self.story: Story | None = None
        """The story that the last sentence tells, if it tells one of the table."""

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _chance(self, p: float) -> bool:
        return self.rng.random() < p

    def _sex(self, phrase: Phrase) -> str:
        """What a pronoun of the third person would tell of somebody: "m", "f" or "p"; "" for those who speak."""
        if phrase.noun in ("i", "we", "you"):
            return ""
        if phrase.number == "pl" or phrase.noun == "they":
            return "p"
        return "f" if phrase.noun == "she" or self._feminine(phrase.noun) else "m"

    def _whose(self, hero: Phrase) -> str:
        return {"i": "my", "we": "our", "p": "their", "f": "her", "m": "his"}[
            hero.noun if hero.noun in ("i", "we") else self._sex(hero)
        ]

    def _again(self, subject: Phrase) -> Phrase:
        """The pronoun that speaks of somebody again."""
        if subject.is_pronoun:
            noun, number = subject.noun, subject.number
        else:
            number = subject.number
            noun = "they" if number == "pl" else "she" if self._feminine(subject.noun) else "he"
        gender = subject.gender if subject.is_pronoun else "f" if self._feminine(subject.noun) else "m"
        return Phrase(self._next(), noun, number, gender=gender, dropped="always")

    def _feminine(self, noun: str) -> bool:
        return noun in WOMEN or (noun == "child" and not self.russian)

    def _pronoun_for(self, phrase: Phrase) -> Phrase:
        """The pronoun that stands for a thing or a person named before."""
        if phrase.is_pronoun:
            return Phrase(self._next(), phrase.noun, phrase.number, gender=phrase.gender)
        number = phrase.number
        if phrase.noun in HUMAN:
            noun = "they" if number == "pl" else "she" if self._feminine(phrase.noun) else "he"
        else:
            noun = "it"
        return Phrase(self._next(), noun, number, gender=self._genders(phrase.noun))

    def _genders(self, noun: str) -> str:
        return russian.gender(Phrase(0, noun)) if self.russian else portuguese.gender(noun)

    def _at_work(self, clause: Clause, who: Phrase) -> None:
        """Doctors work in hospitals."""
        assert clause.place is not None
        noun = who.noun
        if noun in WORKPLACES:
            clause.place.phrase.noun = self.rng.choice(WORKPLACES[noun].split())
        elif clause.place.phrase.noun in ("village", "city", "hospital", "theatre"):
            clause.place.phrase.noun = "office"

    def _settle(self, clause: Clause) -> None:
        """What follows from the rest: whether it is going on."""
        action = action_of(clause.verb)
        subject = clause.subject
        if subject is not None and not clause.question and self._sex(subject):
            for phrase in (clause.object, clause.recipient):  # his neighbour: whose, if not his own
                if phrase is not None and phrase.determiner == self._whose(subject):
                    phrase.determiner = "my"
            thing = clause.object
            if thing is not None and {thing.determiner, subject.determiner} <= {"this", "that"}:
                subject.determiner = "the"
        if not self.russian and subject is not None and subject.noun == "we" and subject.dropped != "always":
            # gostamos, entendemos, nunca lemos: present or past, nobody could tell
            modal = {"to": clause.verb, "must": "have"}.get(clause.modal, clause.modal)
            forms = portuguese.verb(modal or clause.verb or "be")
            same = forms.present["1p"] == forms.preterite["1p"] and clause.modal in ("", "begin")
            said = (
                clause.verb in ("say", "live", "know", "remember", "love", "know_that") and clause.negation != "never"
            )
            lasting = action.lasting and not clause.modal and clause.negation != "never"
            if clause.tense == "past" and same and not said and not lasting:
                subject.noun, subject.number, subject.dropped = "they", "pl", ""
        if not self.russian and clause.verb == "go" and clause.negation == "not" and clause.tense == "future":
            clause.tense = "present"  # não vai: is not going
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
        if group in ("work", "home") and self._chance(0.15):
            phrase.adjective = self.rng.choice(("big", "old", "small", "beautiful", "new"))
            if noun in ("forest", "sea", "field", "beach", "river", "lake", "village", "city", "church", "restaurant"):
                phrase.adjective = "old" if noun == "church" else "big" if phrase.adjective == "new" else ""
        told = group in ("work", "home") and self._chance(0.2)
        if told or (group == "home" and noun == "house"):
            phrase.determiner = self.rng.choice(("this", "that", "our"))
        return phrase

    def _subject(self, classes: tuple[str, ...], detail: float, looks: str = "") -> Phrase:
        """Who does it; `looks` are adjectives that may play a role for what is done."""
        rng = self.rng
        human = PEOPLE.issuperset(classes) and classes != ("youth",)
        if human and self._chance(0.2):
            noun = rng.choice(("i", "we", "you", "he", "she", "they"))
            dropped = "if clear" if not self.russian and noun in ("i", "we") and self._chance(0.6) else ""
            return Phrase(self._next(), noun, gender=rng.choice("mf"), dropped=dropped)
        phrase = self.phrase(classes, detail, "the")
        if phrase.determiner == "a":
            phrase.number = "sg"
        if phrase.noun in HUMAN and phrase.adjective not in (*PLAIN_LOOKS, *looks.split()):
            phrase.adjective = ""
        if human and phrase.number == "sg" and self._chance(0.05 * detail):
            self._who(phrase)
        return phrase

    def _who(self, phrase: Phrase) -> None:
        """The boy who lives in this village."""
        inner = Clause(self._next(), verb="work" if phrase.noun in WORKPLACES else "live")
        action = VERBS[inner.verb]
        inner.tense = "present" if action.lasting else "past"
        inner.place = Place("in", self._place(action.places))
        inner.place.phrase.adjective = ""
        if inner.verb == "work":
            self._at_work(inner, phrase)
            inner.verb = "live" if inner.place.phrase.noun in ("city", "village", "station") else "work"
        if inner.verb == "live":
            inner.place = Place("in", Phrase(inner.place.phrase.id, "street"))
        inner.place.phrase.determiner = "our"
        if phrase.noun in ("guest", "tourist", "neighbour", "neighbour_f") or phrase.determiner in ("this", "that"):
            return
        self._settle(inner)
        inner.progressive = False  # who works there
        phrase.relative, phrase.relative_role, phrase.adjective = inner, "subject", ""
        if phrase.determiner == "a" or phrase.noun in CLASSES["kin"]:
            phrase.relative = None

    def _may_point(self, subject: Phrase) -> bool:
        """Whether an object may be a pronoun: beside other clauses only "me" and "us" leave no doubt."""
        return not self._joined or subject.noun not in ("i", "we")

    def _other_pronoun(self, subject: Phrase) -> Phrase:
        """Me, us, him …: anyone but the subject, and no doubt who."""
        free = [noun for noun in ("i", "we", "he", "she", "they") if noun != subject.noun]
        if self._joined:
            free = ["i", "we"]
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
        if noun not in MASS and noun not in SINGLE and not kin and self._chance(0.25):
            phrase.number = "pl"
        if not plain and noun not in MASS and noun != "music":
            roll = rng.random()
            if kin:
                if own and roll < 0.6:
                    phrase.determiner = "own"
                else:
                    phrase.determiner = rng.choice(POSSESSIVES)
            elif determiner != "any":
                friend = noun in ("friend", "friend_f")  # whose?
                if roll < 0.08 and noun not in HUMAN and noun not in CLASSES["animal"]:
                    phrase.determiner = rng.choice(("this", "that"))
                elif roll < 0.16 and own and noun in OWNED:
                    phrase.determiner = "own"
                elif noun in RELATED and (roll < 0.5 or (friend and determiner == "the")):
                    phrase.determiner = rng.choice(POSSESSIVES)
                elif roll < 0.2 and noun in OWNED:
                    phrase.determiner = rng.choice(("my", "my", "our"))
                elif roll < 0.26 and noun in OWNED and noun not in HUMAN:
                    owner = rng.choice(concepts(("person",)))
                    phrase.owner = Phrase(self._next(), owner)
                    phrase.determiner = "the"
                    if owner in ("friend", "friend_f"):
                        phrase.owner.determiner = rng.choice(POSSESSIVES)
        if phrase.determiner == "any" and phrase.number == "sg" and (self.russian or noun not in MASS):
            phrase.determiner = "the"
            if noun in ("friend", "friend_f"):
                phrase.determiner = "my"
        adjectives = fitting_adjectives(noun)
        likely = 0.06 + 0.3 * detail if noun in HUMAN else 0.2 + 0.45 * detail
        if adjectives and not kin and self._chance(likely):
            phrase.adjective = rng.choice(adjectives)
            if phrase.adjective == "hungry" and noun in HUMAN and not self.russian:  # faminto: starving
                phrase.adjective = ""
            if noun == "bread" and not self.russian:
                phrase.adjective = "fresh"
            if phrase.adjective == "small" and noun in ("boy", "girl", "child"):
                phrase.adjective = "little"
        return phrase

    def _avoid(self, phrase: Phrase, other: Phrase, classes: tuple[str, ...]) -> None:
        """Nobody helps the boy who is the subject himself."""
        taken = other.noun.removesuffix("_f")
        group = [noun for noun in concepts(classes) if noun.removesuffix("_f") != taken]
        if phrase.noun.removesuffix("_f") == taken and group:
            phrase.noun, phrase.adjective = self.rng.choice(group), ""
        related = (*CLASSES["kin"], "friend", "friend_f")  # whose?
        if phrase.noun in related and phrase.determiner in ("the", "any"):
            phrase.determiner, phrase.number = "my", "sg"
        if other.noun in CLASSES["kin"] and phrase.noun in CLASSES["kin"]:  # my father's daughter is my sister
            phrase.determiner = other.determiner if other.determiner in ("my", "our") else "my"
            phrase.determiner = phrase.determiner if other.noun in SPEAKERS_KIN else "own"
            elders = " ".join(sorted(ELDERS))
            near = [noun for noun in SPEAKERS_KIN.get(other.noun, elders).split() if noun in group]
            phrase.noun = phrase.noun if phrase.noun in near or not near else self.rng.choice(near)
        several = other.number == "pl" or other.noun in ("we", "you", "they")
        if several and other.noun not in YOUNG and phrase.noun in CLASSES["kin"] and phrase.determiner == "own":
            phrase.determiner = "my"  # five writers have no grandfather in common
