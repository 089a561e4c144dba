"""Single clauses of the translation corpus: statements, questions, and what their verbs are about."""

from __future__ import annotations

from utils.translation_lexicon import (
    CLASSES,
    COUNTED,
    FREQUENCIES,
    GOT,
    HABITS,
    HABITUAL,
    HUMAN,
    IDLE,
    INTRANSITIVE,
    KIDS,
    KIND_WEIGHTS,
    KINDS,
    LISTENERS,
    LOOKS,
    MADE,
    MASS,
    MODALS,
    NEAR,
    NEVER_ASKED,
    NEVER_DONE,
    ONLY_REFUSED,
    PLACES,
    POSSESSIVES,
    PROFESSIONS,
    PUNCTUAL,
    SCENE,
    SEPARATE,
    SINGLE,
    STATES_OF,
    THINGS_ON_SEATS,
    THINGS_ON_TABLES,
    TIMELESS,
    TIMES,
    UNDENIED,
    UNPLANNED,
    VERBS,
    VISIBLE,
    Fit,
    concepts,
    fits,
    may_look,
)
from utils.translation_meanings import NUMERALS, Clause, Phrase, Place
from utils.translation_phrases import Phrases, action_of

__all__ = ["Clauses", "go_there"]


class Clauses(Phrases):
    """Makes clauses that stand alone, or in a sentence with others."""

    def _fit(self, phrase: Phrase, clause: Clause, subject: Phrase) -> None:
        """Makes an object fit its verb: how many of it and which, and what it is like."""
        states = self._states(clause, subject)
        known = bool(clause.negation) or action_of(clause.verb).definite
        for fit in fits(clause.verb):
            if _holds(fit, phrase, states):
                _change(phrase, fit, known)
        self._fit_noun(phrase, clause, subject)
        if "several" in states and phrase.determiner == "own" and phrase.noun in SEPARATE:
            phrase.number = "sg" if phrase.noun in SINGLE else "pl"
        if phrase.determiner == "any" and phrase.number == "sg" and phrase.noun not in MASS:
            phrase.determiner = "the"
        described = phrase.noun not in HUMAN or clause.verb in ("know", "remember", "see")
        if not described or not may_look(clause.verb, phrase.adjective):
            phrase.adjective = ""

    def _states(self, clause: Clause, subject: Phrase) -> set[str]:
        """What the table of `fits` may ask for."""
        unclear = clause.negation == "nobody" or (subject.noun == "child" and not self.russian)
        return {
            "often" if clause.frequency else "once",
            "denied" if clause.negation else "affirmed",
            "several" if subject.number == "pl" or subject.noun in ("we", "you", "they") else "",
            "unclear" if unclear else "",
        }

    def _fit_noun(self, phrase: Phrase, clause: Clause, subject: Phrase) -> None:
        """Takes another noun, or another one's, where that depends on the subject or on chance."""
        if clause.verb == "love" and phrase.noun in CLASSES["kin"]:
            phrase.determiner = phrase.determiner if subject.noun in CLASSES["kin"] else "own"
            phrase.number = "sg"
        if clause.verb == "love" and phrase.noun in CLASSES["pet"]:
            phrase.determiner, phrase.number = self.rng.choice((("own", "sg"), ("a", "pl")))
            phrase.owner, phrase.adjective = None, ""
        if clause.verb == "build" and subject.noun not in ("engineer", "carpenter") and phrase.noun != "house":
            phrase.noun = "boat" if phrase.noun == "boat" else "fence"
        wears = self._feminine(subject.noun) or subject.noun in ("i", "you", "she")
        if phrase.noun in ("skirt", "dress") and not wears:
            phrase.noun = self.rng.choice(("coat", "jacket", "sweater"))
            phrase.adjective = "" if phrase.noun == "coat" and phrase.adjective == "beautiful" else phrase.adjective

    def single(self, detail: float, tense: str = "") -> Clause:
        """A clause of any kind."""
        rng = self.rng
        tense = tense or rng.choice(("past", "present", "future"))
        kind = rng.choices(KINDS, KIND_WEIGHTS)[0]
        if kind == "verb":
            return self._action(detail, tense)
        if kind == "habit":
            verb = rng.choice(HABITUAL)
            children = Phrase(self._next(), "child", "pl") if verb == "play" and self._chance(0.6) else None
            return self._action(detail, "present", verb, children, habit=True)
        if kind == "mind":
            verb = rng.choice(("know", "love", "love", "remember", "forget", "dream"))
            if verb == "forget":
                tense = "past"
            elif verb == "remember" or tense == "future":
                tense = "present"
            clause = self._action(detail, tense, verb)
            clause.frequency = clause.modal = clause.manner = ""
            clause.time = clause.time if verb == "forget" else ""
            if verb in ("dream", "love"):
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
            clause.place = clause.place if clause.verb in ("buy", "see", "find") else None
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
            if name not in ("person", "animal") and clause.subject.noun not in CLASSES["food"]:
                clause.subject.number = "sg"
            if clause.subject.noun in ("newspaper", "magazine"):
                clause.adjective = rng.choice(("interesting", "boring"))
            if clause.subject.noun in ("child", "boy", "girl") and clause.adjective in ("young", "old", "famous"):
                clause.adjective = "cheerful"
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
            clause.subject.number = "sg"
            clause.subject.noun = "he" if clause.subject.noun == "they" else clause.subject.noun
            clause.tense = "present" if tense == "future" else tense
            negative = self._chance(0.25)
            clause.negation = "not" if negative else ""
            things = "house garden camera guitar violin computer phone"
            things += " toy ball" if clause.subject.noun in KIDS else ""
            classes = ("pet", "vehicle", *things.split())
            clause.object = self.phrase(classes, detail, "a", plain=True)
            clause.object.number = "sg"
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
            if clause.object.determiner == "the" and clause.object.owner is None:
                clause.object.determiner = "this"
            if clause.object.adjective in ("good", "boring", "sad", "expensive"):  # why one likes it, or not
                clause.object.adjective = ""
            if clause.object.noun in ("skirt", "dress") and not self._feminine(clause.subject.noun):
                clause.object.noun = "hat"
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
            if place in ("kitchen", "office"):
                thing = ("table", "chair", "cupboard", "shelf", "lamp")
        else:
            thing = THINGS_ON_TABLES
            place = rng.choice(PLACES["surface"])
            if place in ("sofa", "chair"):
                thing = THINGS_ON_SEATS
        clause.object = self.phrase(thing, detail, "a", plain=True)
        if place == "wall" or clause.object.noun in CLASSES["furniture"]:
            clause.object.number = "sg"
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
        while clause.subject.noun in ("friend", "friend_f", *(IDLE if verb == "work" else ())):
            clause.subject = self.phrase(classes, detail + 0.3, "a", plain=True)
        if clause.subject.noun in HUMAN and clause.subject.adjective not in (*VISIBLE, "little"):
            clause.subject.adjective = ""
        clause.place = Place("in", self._place(INTRANSITIVE[verb]))
        if verb == "work":
            self._at_work(clause, clause.subject)
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
        if verb in ("build", "repair"):
            clause.subject.number = "sg"
            clause.subject.noun = self.rng.choice(("father", "grandfather", "uncle", "brother"))
        clause.subject.determiner, clause.subject.adjective = self.rng.choice(POSSESSIVES), ""
        clause.object = self.phrase(tuple(things.split()), detail, "this")
        clause.object.determiner = self.rng.choice(("this", "this", "this", "that"))
        clause.object.adjective = "" if verb in MADE else clause.object.adjective
        clause.object.owner = None
        if verb in ("build", "repair", *MADE):
            clause.object.number = "sg"
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
            if verb == "cook" and not self.russian:  # o que está fazendo: doing or making
                verb = "draw"
            known = (verb in PUNCTUAL and tense == "present") or verb in UNPLANNED
            clause = self._action(detail / 2, "past" if known else tense, verb)
        elif asked == "why":
            verb = rng.choice(("cry", "laugh", "work", "sell", "buy", "open", "close"))
            tense = "past" if tense == "future" else tense
            clause = self._action(detail / 2, tense, verb, finished=True)
            clause.place = None if verb != "work" else clause.place
            if clause.object is not None and clause.object.determiner != "own":
                clause.object.number = "sg" if clause.object.noun not in CLASSES["food"] else clause.object.number
                clause.object.determiner = "a" if clause.object.determiner in NUMERALS else clause.object.determiner
        else:
            clause = self._action(detail, tense)
            if clause.verb == "see":  # nobody asks who sees friends
                clause = self._action(detail, tense, "meet" if tense != "present" else "look_for")
        self._affirm(clause)
        clause.question, clause.frequency, clause.manner, clause.modal = asked, "", "", ""
        clause.time = "" if asked != "yes" else clause.time
        clause.time_first = False
        assert clause.subject is not None
        clause.subject.dropped = clause.subject.adjective = ""
        clause.subject.relative, clause.subject.relative_role = None, ""
        if clause.object is not None:
            clause.object.relative, clause.object.relative_role = None, ""
        if clause.recipient is not None and clause.recipient.determiner in ("this", "that"):
            clause.recipient.determiner = "the"
        if clause.subject.determiner == "a" and clause.order != "inverted":
            clause.subject.determiner = "the"
        if clause.subject.noun == "i":
            clause.subject = Phrase(clause.subject.id, "you")
            if clause.object is not None and clause.object.determiner == "my":
                clause.object.determiner = "your" if self.russian else "our"
        if asked in ("where", "what"):
            clause.place = None
            if self.russian and not clause.subject.is_pronoun:
                clause.order = "inverted"
        if asked == "who":
            clause.subject = Phrase(clause.subject.id, "he")
            if clause.object is not None and clause.object.noun in HUMAN:
                clause.object.adjective, clause.place = "", None
            if clause.object is not None and clause.object.determiner == "own":
                clause.object.determiner = "this"
            if clause.recipient is not None and clause.recipient.determiner == "own":
                clause.recipient.determiner = "my"
            if clause.object is not None and clause.object.determiner in ("a", "any"):
                if self.russian or clause.object.number == "pl" or clause.object.noun in MASS or clause.verb == "lose":
                    clause.object.determiner = "the"  # who drank the juice
        if asked == "yes" and clause.object is not None and clause.object.determiner in ("a", "any"):
            clause.object.determiner = "a" if clause.verb in MADE else "the"
            if clause.verb in MADE and clause.object.noun not in MASS:
                clause.object.number = "sg"
        if asked == "who" and clause.place is not None and clause.place.phrase.determiner == "own":
            clause.place.phrase.determiner = "the"
        for phrase in (clause.object, clause.recipient):
            if phrase is not None and phrase.noun in (*CLASSES["kin"], "friend", "friend_f"):
                phrase.determiner = "my" if phrase.determiner == "the" else phrase.determiner  # whose?
            if (
                not self.russian
                and phrase is not None
                and phrase.determiner == "own"
                and self._sex(clause.subject) in ("m", "f")
            ):
                phrase.determiner = self._whose(clause.subject)  # perderam sua bolsa: "your" in a question
        self._settle(clause)
        return clause

    def _action(
        self,
        detail: float,
        tense: str,
        verb: str = "",
        subject: Phrase | None = None,
        finished: bool = False,
        habit: bool = False,
    ) -> Clause:
        """Somebody does something.

        Args:
            detail: how likely adjectives, places and relative clauses are.
            tense: "present", "past", "future".
            verb: which; chosen if empty.
            subject: who; chosen if None.
            finished: whether a past has to be finished: not "was sleeping".
            habit: whether it has to be what somebody does often or rarely.
        """
        chosen = verb or self._verb(tense, finished)
        action = action_of(chosen)
        clause = Clause(self._next(), verb=chosen, tense=tense)
        clause.subject = subject or self._subject(action.subjects, detail, LOOKS.get(chosen, ""))
        if subject is None and not habit:
            self._deny(clause, clause.subject)
        if not clause.negation and not action.direction:
            self._repeat_or_plan(clause, habit, finished)
        if action.objects:
            clause.object = self._object(clause, clause.subject, detail)
        if action.recipients:
            clause.recipient = self._recipient(clause, clause.subject)
        self._say_where(clause, clause.subject, detail)
        self._say_how(clause, detail)
        self._say_when(clause)
        if clause.object is not None and clause.object.relative is not None:  # nothing may follow a relative clause
            clause.place, clause.manner, clause.time_first = None, "", True
        self._settle(clause)
        return clause

    def _verb(self, tense: str, finished: bool) -> str:
        """A verb that goes with the tense; `finished`: not "was sleeping"."""
        while True:
            verb = self.rng.choice(SCENE)
            action = VERBS[verb]
            if tense == "present" and (verb in PUNCTUAL or (verb == "see" and not self.russian)):  # estou vendo
                continue
            if tense == "future" and (verb in UNPLANNED or action.stative):
                continue
            if tense == "past" and finished and (action.lasting or action.stative):
                continue
            return verb

    def _deny(self, clause: Clause, subject: Phrase) -> None:
        """Says of some clauses that it is not so, never, or of nobody."""
        if clause.verb in UNDENIED or not self._chance(0.12):
            return
        negation = self.rng.choice(("not", "not", "never", "nobody"))
        if negation == "never" and (clause.verb not in NEVER_DONE or clause.tense == "future"):
            negation = "not"
        somebody = subject.noun in HUMAN and subject.determiner == "the"
        if negation == "nobody" and (action_of(clause.verb).recipients or not somebody):
            negation = "not"
        if negation == "not" and clause.verb in ONLY_REFUSED and clause.tense != "future":
            negation = ""
        clause.negation = negation
        if negation == "nobody":
            clause.subject = Phrase(subject.id, "he")

    def _repeat_or_plan(self, clause: Clause, habit: bool, finished: bool) -> None:
        """How often it is done, or that somebody wants to do it, can, must, or begins."""
        action = action_of(clause.verb)
        if clause.tense == "present" and clause.verb in HABITS and (habit or self._chance(0.5)):
            clause.frequency = self.rng.choice(FREQUENCIES)
            if clause.frequency == "always" and not action.objects:
                clause.frequency = "often"
        elif not action.stative and not finished and self._chance(0.18):
            modal = self.rng.choice(("want", "can", "must", "begin"))
            clause.modal = modal if self._may_be(modal, clause) else ""

    def _may_be(self, modal: str, clause: Clause) -> bool:
        """Whether one says that somebody wants to do this, can, must, or begins."""
        verb = clause.verb
        if clause.tense == "future" or verb in NEVER_ASKED or verb not in MODALS.get(modal, (verb,)):
            return False
        if modal == "must":
            return self.russian or clause.tense != "past"
        if modal == "begin":
            return clause.tense != "present" and verb not in PUNCTUAL and bool(action_of(verb).manners)
        return True

    def _recipient(self, clause: Clause, subject: Phrase) -> Phrase:
        """To whom it is given, shown or told."""
        groups = (NEAR, LISTENERS[clause.verb]) if clause.verb in LISTENERS else (NEAR,)
        for group in groups:  # the last counts; chance is asked for all, or every sentence after this one would change
            recipient = self.phrase(group, 0.0, "the", clause.negation != "nobody")
            self._avoid(recipient, subject, group)
        recipient.adjective = ""
        if self._chance(0.25) and self._may_point(subject):
            return self._other_pronoun(subject)
        return recipient

    def _say_where(self, clause: Clause, subject: Phrase, detail: float) -> None:
        """Where it happens, or where somebody goes."""
        action, verb = action_of(clause.verb), clause.verb
        if action.direction:
            clause.place = Place(action.direction, self._place("come" if verb == "come" else "goal"))
            go_there(clause.place, subject)
            return
        if verb == "invite":
            clause.place = Place("to", Phrase(self._next(), self.rng.choice(("restaurant", "theatre", "museum"))))
            return
        if not action.places or (clause.object is not None and clause.negation):  # nobody says where it is not done
            return
        told = verb == "live" or (clause.frequency and not action.objects and self._chance(0.7))
        if not told and not self._chance(0.2 + 0.45 * detail):
            return
        place = self._place(action.places)
        clause.place = Place("in", place)
        if action.places == "shop" and clause.object is not None:
            place.noun = _shop(clause.object.noun)
        lives = subject.noun in HUMAN or subject.is_pronoun
        if place.noun == "room" and lives and clause.negation != "nobody":
            place.determiner = "the" if subject.noun == "child" else "own"
            place.adjective = ""
        if verb == "work":
            self._at_work(clause, subject)

    def _say_how(self, clause: Clause, detail: float) -> None:
        """Quickly, carefully: of what is done once, and not to come."""
        action = action_of(clause.verb)
        if clause.negation or clause.frequency or clause.modal or clause.tense == "future":
            return
        if action.manners and self._chance(0.1 + 0.2 * detail):
            clause.manner = self.rng.choice(action.manners)
            if clause.manner == "slowly" and clause.tense == "past" and not action.lasting:
                clause.manner = ""  # who reports that it took long?

    def _say_when(self, clause: Clause) -> None:
        """Yesterday, in the evening, of what is done once."""
        if clause.frequency or clause.manner or clause.modal or clause.negation == "never" or clause.verb in TIMELESS:
            return
        if self._chance(0.25):
            clause.time = self.rng.choice(TIMES[clause.tense])
            lasted = clause.time == "today" and clause.tense == "past" and action_of(clause.verb).lasting
            if lasted or clause.verb in ("understand", "sleep"):
                clause.time = ""
            clause.time_first = self._chance(0.6)

    def _affirm(self, clause: Clause) -> None:
        """Takes the negation away, and what it did to the object."""
        thing = clause.object
        if clause.negation and thing is not None and not VERBS[clause.verb].definite:
            if thing.determiner in ("any", "the") and thing.owner is None and thing.relative is None:
                thing.determiner = "piece" if clause.verb == "eat" and thing.noun in ("cake", "pie") else "a"
                thing.number = "sg" if thing.determiner == "piece" else thing.number
        clause.negation = ""

    def _object(self, clause: Clause, subject: Phrase, detail: float) -> Phrase:
        """Whom or what it is done to."""
        rng, action = self.rng, action_of(clause.verb)
        determiner = "the" if action.definite else "any" if clause.negation else "a"
        if determiner == "any" and clause.verb in ("talk", "dream"):
            determiner = "the"
        own = clause.negation != "nobody" and subject.noun != "child"
        people = all(name in ("person", "kin") for name in action.objects)
        if people and clause.verb not in ("know", "talk") and self._chance(0.3) and self._may_point(subject):
            if self.russian and self._chance(0.5):
                clause.order = "pronoun"
            return self._other_pronoun(subject)
        things = ("goods",) if clause.frequency and clause.verb == "buy" else action.objects
        phrase = self.phrase(things, detail, determiner, own, plain=clause.verb == "buy")
        if phrase.determiner == "any" and clause.tense == "future" and phrase.noun not in MASS:
            phrase.number, phrase.determiner = "sg", "the"
        if clause.frequency and phrase.noun in CLASSES["abstract"]:  # explains rules
            phrase.number = "pl"
        if phrase.determiner == "any" or (clause.frequency and phrase.determiner != "a"):
            phrase.adjective = ""
        if clause.frequency and phrase.noun in HUMAN and phrase.determiner == "a":  # always talks with a fisherman
            phrase.determiner, phrase.adjective = "the", ""
        self._avoid(phrase, subject, things)
        if clause.frequency and phrase.noun not in MASS and phrase.noun not in SINGLE and phrase.determiner == "a":
            phrase.number = "pl"  # "often reads books"
        if phrase.determiner == "a" and phrase.number == "pl" and not phrase.adjective and phrase.noun not in HUMAN:
            counted = clause.tense != "present" and clause.verb in COUNTED
            if self._chance(0.4) and phrase.noun not in CLASSES["animal"] and counted:
                phrase.determiner = rng.choice(NUMERALS)
        self._fit(phrase, clause, subject)
        if phrase.determiner in ("own", "my") and phrase.noun not in HUMAN and phrase.noun not in concepts(("gift",)):
            if phrase.noun in concepts(("vehicle", "thing", "house")):
                phrase.number = "sg"  # who has several computers
        if not self.russian:
            one = phrase.determiner == "a" and phrase.number == "sg" and phrase.noun not in MASS
            if one and clause.verb in ("read", "write", "buy", "draw") and self._chance(0.06):
                phrase.determiner = "another"
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
        verbs = [name for name in GOT.get(clause.verb, "").split() if noun in concepts(VERBS[name].objects)]
        if not verbs or phrase.determiner not in ("a", "the"):
            return
        inner = Clause(self._next(), verb=rng.choice(verbs), tense="past")
        inner.subject = self.phrase(VERBS[inner.verb].subjects, 0.0, "the")
        if inner.subject.determiner not in ("the", "my", "our"):
            whose = inner.subject.noun in (*CLASSES["kin"], "friend", "friend_f")
            inner.subject.determiner = "my" if whose else "the"
        assert clause.subject is not None
        if inner.subject.noun == clause.subject.noun:
            return
        if self.russian and self._chance(0.5):
            inner.order = "inverted"
        inner.subject.adjective = ""
        phrase.determiner, phrase.relative, phrase.relative_role = "the", inner, "object"


def _holds(fit: Fit, phrase: Phrase, states: set[str]) -> bool:
    """Whether a line of the table of `fits` is for this object."""
    now = states | {"owned"} if phrase.owner is not None else states
    determined = not fit.determiners or phrase.determiner in fit.determiners
    return phrase.noun in fit.objects and fit.states <= now and determined


def _change(phrase: Phrase, fit: Fit, known: bool) -> None:
    """Does with an object what a line of the table says; "new" is "the" if it is `known`, and else "a"."""
    if fit.number == "one" and phrase.determiner in NUMERALS:
        phrase.determiner = "a"
    if fit.number in ("one", "sg"):
        phrase.number = "sg"
    elif fit.number == "pl" and phrase.noun not in MASS and phrase.noun not in SINGLE:
        phrase.number = "pl"
    if fit.determiner:
        phrase.determiner = {"new": "the" if known else "a"}.get(fit.determiner, fit.determiner)
    if fit.plain:
        phrase.adjective = ""
    if fit.unowned:
        phrase.owner = None


def _shop(thing: str) -> str:
    """Where one buys it."""
    if thing in CLASSES["goods"]:
        return "market"
    return "city" if thing in CLASSES["vehicle"] else "shop"


def go_there(place: Place, subject: Phrase) -> None:
    """Where people go, in Portuguese: to the beach, not into the sea, and pupils to school."""
    if place.phrase.noun == "sea" and place.relation == "to":
        place.phrase.noun = "beach"
    pupils = ("child", "boy", "girl", "student", "student_f", "son", "daughter")
    if place.phrase.noun == "office" and subject.noun not in CLASSES["worker"] and not subject.is_pronoun:
        place.phrase.noun = "school" if subject.noun in pupils else "market"
    if place.phrase.noun == "school" and subject.noun not in (*pupils, "teacher", "teacher_f", "he", "she", "they"):
        place.phrase.noun = "library"
