"""Makes the meanings of the translation corpus, one after the other, by chance and by `utils.translation_lexicon`."""

from __future__ import annotations

import random

from utils import translation_portuguese as portuguese
from utils import translation_russian as russian
from utils.translation_lexicon import (
    CLASSES,
    CONSEQUENCES,
    FREQUENCIES,
    GOT,
    HUMAN,
    INTRANSITIVE,
    KIND_WEIGHTS,
    KINDS,
    MASS,
    OWNED,
    PLACES,
    POSSESSIVES,
    PROFESSIONS,
    PUNCTUAL,
    RELATED,
    SCENE,
    SCRIPTS,
    SINGLE,
    STATES_OF,
    THEMES,
    THINGS_ON_SEATS,
    THINGS_ON_TABLES,
    TIMES,
    VERBS,
    WOMEN,
    Action,
    concepts,
    fitting_adjectives,
)
from utils.translation_meanings import NUMERALS, Clause, Part, Phrase, Place, Sentence

__all__ = ["Maker"]

_SAY = Action(("person",))
"""Any verb that the tables do not know: to say, to think."""


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
        theme = next((verbs for verbs in THEMES if last.verb in verbs), self.rng.choice(THEMES))
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
            done = rng.choice(("clean", "help", "cook", "work", "go", "dance", "learn", "repair"))
            first = Clause(self._next(), "adjective", subject=subject, adjective=state, tense="past")
            return [Part(first, link), Part(self._action(detail, "past", done, self._again(subject), finished=True))]
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
            second = self._action(detail, tense, rng.choice(CONSEQUENCES), finished=True)
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
            who, one, two = rng.choice(SCRIPTS[link])
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
        return noun in WOMEN or (noun == "child" and not self.russian)

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
        if phrase.noun in HUMAN:
            noun = "they" if number == "pl" else "she" if self._feminine(phrase.noun) else "he"
        else:
            noun = "it"
        return Phrase(self._next(), noun, number, gender=self._genders(phrase.noun))

    def _genders(self, noun: str) -> str:
        return russian.gender(Phrase(0, noun)) if self.russian else portuguese.gender(noun)

    # --------------------------------------------------------------------------------------------------- clauses

    def single(self, detail: float, tense: str = "") -> Clause:
        """A clause of any kind."""
        rng = self.rng
        tense = tense or rng.choice(("past", "present", "future"))
        kind = rng.choices(KINDS, KIND_WEIGHTS)[0]
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
            name = rng.choice(tuple(STATES_OF))
            clause.subject = self._subject((name,), 0.0)
            clause.adjective = rng.choice(STATES_OF[name].split())
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
            clause.object = Phrase(self._next(), rng.choice(PROFESSIONS), determiner="a")
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
        thing: tuple[str, ...]
        if self._chance(0.25):
            thing, place = ("picture", "portrait", "map"), "wall"
        elif self._chance(0.4):
            thing, place = ("furniture",), rng.choice(("room", "kitchen", "house", "office"))
        else:
            thing = THINGS_ON_TABLES
            place = rng.choice(PLACES["surface"])
            if place in ("sofa", "chair"):
                thing = THINGS_ON_SEATS
        clause.object = self.phrase(thing, detail, "a", plain=True)
        clause.place = Place("in", Phrase(self._next(), place))
        if not self.russian and self._chance(0.5):
            clause.order = "plain"
        return clause

    def _inverted(self, detail: float, tense: str) -> Clause:
        """In the garden works an old gardener: the place is known, who is there is new."""
        rng = self.rng
        verb = rng.choice(tuple(INTRANSITIVE))
        classes = VERBS[verb].subjects
        classes = tuple(name for name in classes if name != "kin")
        if not self.russian:
            return self._action(detail, tense, verb)
        clause = Clause(self._next(), verb=verb, tense=tense, order="inverted")
        clause.subject = self.phrase(classes, detail + 0.3, "a", plain=True)
        clause.place = Place("in", self._place(INTRANSITIVE[verb]))
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
        clause.subject.determiner = self.rng.choice(POSSESSIVES)
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
            verb = rng.choice(tuple(INTRANSITIVE))
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
            chosen = rng.choice(SCENE)
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
            if negation == "nobody" and not (clause.subject.noun in HUMAN and clause.subject.determiner == "the"):
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
        if clause.frequency and phrase.noun not in MASS and phrase.noun not in SINGLE and phrase.determiner == "a":
            phrase.number = "pl"  # "often reads books"
        if phrase.determiner == "a" and phrase.number == "pl" and not phrase.adjective and phrase.noun not in HUMAN:
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
        verbs = [name for name in GOT.get(clause.verb, "").split() if noun in concepts(VERBS[name].objects)]
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
        if noun not in MASS and noun not in SINGLE and not kin and self._chance(0.25):
            phrase.number = "pl"
        if not plain and noun not in MASS and noun != "music":
            roll = rng.random()
            if kin:
                if own and roll < 0.6:
                    phrase.determiner = "own"
                else:
                    phrase.determiner = rng.choice(POSSESSIVES) if roll < 0.92 else "the"
            elif determiner != "any":
                if roll < 0.08:
                    phrase.determiner = rng.choice(("this", "that"))
                elif roll < 0.16 and own and noun in OWNED:
                    phrase.determiner = "own"
                elif noun in RELATED and roll < 0.5:
                    phrase.determiner = rng.choice(POSSESSIVES)
                elif roll < 0.2 and noun in OWNED:
                    phrase.determiner = rng.choice(("my", "our", "his", "her", "their"))
                elif roll < 0.26 and noun in OWNED and noun not in HUMAN:
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
