"""Single clauses of the translation corpus: statements, questions, and what their verbs are about."""

from __future__ import annotations

from utils.translation_lexicon import (
    CLASSES,
    DRAWN,
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
    LOOKS,
    MADE,
    MASS,
    MODALS,
    NEVER_ASKED,
    PLACES,
    POINTED,
    POSSESSIVES,
    PROFESSIONS,
    PUNCTUAL,
    RELATED,
    SCENE,
    SINGLE,
    STATES_OF,
    THINGS_ON_SEATS,
    THINGS_ON_TABLES,
    TIMES,
    UNDENIED,
    UNPLANNED,
    VERBS,
    VISIBLE,
    Action,
    concepts,
)
from utils.translation_meanings import NUMERALS, Clause, Phrase, Place
from utils.translation_phrases import Phrases, action_of

__all__ = ["Clauses", "go_there"]


class Clauses(Phrases):
    """Makes clauses that stand alone, or in a sentence with others."""

    def _fit(self, phrase: Phrase, clause: Clause, subject: Phrase) -> None:
        """How many and which: several people eat several eggs, nobody eats a whole cake."""
        several = subject.number == "pl" or subject.noun in ("we", "you", "they")
        if clause.verb in ("bring", "eat", "show", "give"):
            phrase.adjective = ""
        if clause.verb == "remember" and phrase.noun in RELATED:
            phrase.determiner, phrase.number = "my", "sg"
        if clause.verb == "remember" and phrase.noun in ("song", "poem") and phrase.determiner == "the":
            phrase.determiner, phrase.number = "this", "sg"
        if clause.verb in ("open", "close") or (clause.verb == "bring" and phrase.noun in ("cake", "pie", "newspaper")):
            _one(phrase)
        if clause.verb == "learn" and phrase.noun not in CLASSES["abstract"]:
            phrase.adjective = ""
        if clause.frequency and phrase.owner is not None:
            phrase.owner, phrase.determiner = None, "a"
            phrase.number = "sg" if phrase.noun in MASS or phrase.noun in SINGLE else "pl"
        if clause.verb in ("build", "draw"):
            _one(phrase)
        if phrase.noun in HUMAN and (clause.verb not in ("know", "remember", "see") or clause.frequency):
            phrase.adjective = ""
        if phrase.determiner in ("this", "that") and (clause.verb not in POINTED or clause.frequency):
            phrase.determiner = "the" if VERBS[clause.verb].definite or clause.negation else "a"
            if clause.frequency and phrase.noun not in MASS and phrase.noun not in SINGLE:
                phrase.number = "pl"
        if clause.verb in ("learn", "love") and phrase.noun in ("song", "poem", "word") and not clause.negation:
            phrase.determiner, phrase.number = "a", "pl" if phrase.noun == "word" else phrase.number
        if clause.verb in ("meet", "wait_for") and phrase.noun in ("friend", "friend_f"):
            phrase.determiner, phrase.number = "my" if clause.negation else "a", "sg"
        if clause.verb == "wash" and phrase.noun in ("plate", "cup", "knife", "spoon"):
            phrase.number = "pl"
        if clause.verb == "give" and phrase.noun not in ("flower", "apple", "pear"):
            phrase.number = "sg"
        if phrase.owner is not None and phrase.noun in ("skirt", "dress"):
            phrase.owner, phrase.determiner = None, "the"
        if clause.verb == "invite" and phrase.noun in RELATED and phrase.determiner in ("the", "a", "any"):
            phrase.determiner = "own"
        if clause.verb == "sell":
            phrase.determiner, phrase.owner, phrase.number = "own", None, "sg"
            phrase.adjective = phrase.adjective if phrase.adjective == "old" else ""
        if clause.verb == "buy" and phrase.noun == "flower" and phrase.determiner == "a":
            phrase.number, phrase.adjective = "pl", ""
        if clause.verb == "show" and phrase.noun not in ("picture", "photograph", "letter"):
            _one(phrase)
        if clause.verb in ("buy", "read_while") and phrase.adjective in ("long", "short", "boring", "sad", "good"):
            phrase.adjective = ""
        if clause.verb == "watch" and phrase.adjective != "new":
            phrase.adjective = ""
        if clause.verb == "watch" and not clause.frequency:
            _one(phrase)
        one = clause.verb in ("know", "repair") or (
            clause.verb == "wait_for" and phrase.noun not in ("guest", "answer")
        )
        if one:
            phrase.number = "sg"
            phrase.determiner = "the" if phrase.determiner in NUMERALS else phrase.determiner
        if clause.verb in MADE and phrase.determiner == "own":
            phrase.determiner = "the" if clause.negation else "a"
        if clause.verb in (*MADE, "learn") and phrase.adjective in ("boring", "old", "new", "sad", "good", "short"):
            phrase.adjective = ""
        if clause.verb == "love" and phrase.noun in HUMAN:
            phrase.determiner = phrase.determiner if subject.noun in CLASSES["kin"] else "own"
            phrase.number = "sg"
        elif clause.verb == "love" and phrase.noun in CLASSES["pet"]:
            phrase.determiner, phrase.number = self.rng.choice((("own", "sg"), ("a", "pl")))
            phrase.owner, phrase.adjective = None, ""
        if clause.verb == "dream":
            phrase.determiner, phrase.number, phrase.owner = "a", "sg", None
            phrase.adjective = phrase.adjective if phrase.adjective in ("new", "big", "red") else ""
        if clause.verb == "show" and clause.frequency and phrase.noun not in ("picture", "photograph", "letter"):
            phrase.noun, phrase.adjective = self.rng.choice(("picture", "photograph")), ""
        if phrase.determiner == "a" and several and phrase.noun not in SINGLE:
            if clause.verb == "eat" and phrase.noun in ("apple", "pear", "egg", "sandwich"):
                phrase.number = "pl"
            if clause.verb == "buy" and phrase.noun in CLASSES["clothes"]:
                phrase.number = "pl"
        if clause.verb in ("give", "bring", "eat", "send", "show", *MADE):
            if phrase.owner is not None or phrase.determiner in ("his", "her", "their", "this", "that", "my", "our"):
                phrase.owner, phrase.determiner = None, "the" if clause.negation else "a"
        if (
            phrase.adjective in ("hot", "cold") and clause.verb in ("buy", "sell", "cook", "bring")
        ) or clause.verb == "clean":
            phrase.adjective = ""
        if phrase.adjective in ("tired", "hungry") and clause.verb not in ("help", "see"):
            phrase.adjective = ""
        if clause.verb in ("open", "close") or (clause.verb == "read" and phrase.adjective == "boring"):
            phrase.adjective = ""
        if clause.verb in ("repair", "paint", "wash") and phrase.adjective != "old":
            phrase.adjective = ""
        if clause.verb in ("write", "cook") and phrase.noun != "letter" and not clause.frequency:
            phrase.number = "sg"
            phrase.determiner = {"any": "the", **dict.fromkeys(NUMERALS, "a")}.get(phrase.determiner, phrase.determiner)
        if phrase.owner is not None and clause.verb == "look_for":
            phrase.owner, phrase.determiner = None, "own"
        if clause.verb == "build" and phrase.adjective in ("old", "new"):
            phrase.adjective = ""
        if clause.verb == "build" and subject.noun not in ("engineer", "carpenter"):
            phrase.noun = phrase.noun if phrase.noun in ("house", "boat", "fence") else "fence"
        if clause.verb in ("buy", "bring") and phrase.noun in ("apple", "pear", "egg") and phrase.determiner == "a":
            phrase.number = "pl"
        if clause.verb == "wash" and phrase.noun in ("plate", "cup", "knife", "spoon"):
            phrase.owner, phrase.adjective = None, ""
            phrase.determiner = (
                "the" if phrase.determiner in POSSESSIVES or phrase.determiner == "own" else phrase.determiner
            )
        if clause.verb == "find" and phrase.noun in CLASSES["pet"]:
            _one(phrase)
        if phrase.determiner in ("a", *NUMERALS) and clause.verb == "eat" and phrase.noun in ("cake", "pie"):
            if not clause.frequency and phrase.relative is None:
                phrase.number, phrase.determiner, phrase.adjective = "sg", "piece", ""
        if phrase.noun == "key" and clause.verb in ("lose", "forget", "look_for"):
            phrase.number, phrase.adjective, phrase.owner = "sg", "", None
        if clause.verb in ("lose", "forget", "look_for") and phrase.noun not in CLASSES["abstract"]:
            phrase.adjective, phrase.owner = "", None  # nobody describes what is lost
            phrase.determiner, phrase.number = "own", "sg"
            if clause.negation == "nobody" or (subject.noun == "child" and not self.russian):
                phrase.determiner = "the"
        if clause.verb == "find" and phrase.noun in concepts(("small", "bag")):
            phrase.adjective, phrase.owner, phrase.determiner, phrase.number = "", None, "own", "sg"
            if clause.negation == "nobody" or (subject.noun == "child" and not self.russian):
                phrase.determiner = "the"
        if clause.verb in ("help", "thank") and phrase.noun in RELATED and phrase.determiner in ("the", "any"):
            phrase.determiner = "own"
        if (
            phrase.noun in ("skirt", "dress")
            and not self._feminine(subject.noun)
            and subject.noun not in ("i", "you", "she")
        ):
            phrase.noun = self.rng.choice(("coat", "jacket", "sweater"))
            phrase.adjective = "" if phrase.noun == "coat" and phrase.adjective == "beautiful" else phrase.adjective
        if several and phrase.determiner == "own" and phrase.noun in concepts(("text", "small", "clothes", "thing")):
            phrase.number = "pl" if phrase.noun not in SINGLE else "sg"  # five drivers have no ticket in common
        if phrase.determiner == "a" and clause.verb == "lose":
            phrase.determiner = "the" if subject.noun == "child" else "own"
        if (clause.verb == "meet" and phrase.adjective == "new") or (
            clause.verb == "buy" and phrase.adjective == "old"
        ):
            phrase.adjective = ""
        if clause.verb == "wash" and phrase.noun == "window" and phrase.determiner in ("a", "the"):
            phrase.number, phrase.determiner, phrase.adjective = "pl", "the", ""
        if clause.verb == "wait_for" and phrase.noun in CLASSES["transport"]:
            phrase.adjective = ""
        if clause.verb == "wait_for" and phrase.noun == "guest" and phrase.owner is None:
            phrase.number, phrase.determiner, phrase.adjective = "pl", "a", ""
        if clause.verb == "draw" and phrase.adjective and phrase.noun != "map" and phrase.adjective not in DRAWN:
            phrase.adjective = ""
        if clause.verb == "draw" and phrase.noun in CLASSES["animal"] and phrase.adjective == "old":
            phrase.adjective = ""
        if clause.verb == "buy" and phrase.noun in concepts(("vehicle", "furniture", "house")):
            _one(phrase)
        if phrase.noun in HUMAN and phrase.number == "pl" and phrase.determiner == "a" and phrase.noun != "guest":
            phrase.number = "sg"
        if clause.verb == "sell" and phrase.noun in ("apple", "pear", "egg", "sandwich") and phrase.determiner == "a":
            phrase.number = "pl"
        if phrase.determiner == "any" and phrase.number == "sg" and phrase.noun not in MASS:
            phrase.determiner = "the"

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
        rng = self.rng
        chosen = verb
        while not verb:
            chosen = rng.choice(SCENE)
            action = VERBS[chosen]
            if (tense == "present" and chosen in PUNCTUAL) or (action.stative and tense == "future"):
                continue
            if tense == "future" and chosen in UNPLANNED:
                continue
            if finished and tense == "past" and (action.lasting or action.stative):
                continue
            if chosen == "see" and tense == "present" and not self.russian:  # estou vendo
                continue
            break
        action = action_of(chosen)
        clause = Clause(self._next(), verb=chosen, tense=tense)
        clause.subject = subject or self._subject(action.subjects, detail, LOOKS.get(chosen, ""))
        while chosen == "work" and subject is None and clause.subject.noun in IDLE:
            clause.subject = self._subject(action.subjects, detail)
        if subject is None and not habit and chosen not in UNDENIED and self._chance(0.12):
            negation = rng.choice(("not", "not", "never", "nobody"))
            if negation == "never" and (
                chosen not in ("go", "dance", "sing", "help", "wash", "clean", "cook", "swim", "explain")
                or tense == "future"
                or chosen in PUNCTUAL
                or chosen in ("live", "return", "sleep", "know", "see", "wait_for")
            ):
                negation = "not"
            if negation == "nobody" and not (
                not action.recipients and clause.subject.noun in HUMAN and clause.subject.determiner == "the"
            ):
                negation = "not"
            if negation == "not" and chosen in ("walk", "run", "swim", "play", "dance", "rest") and tense != "future":
                negation = ""
            clause.negation = negation
            if negation == "nobody":
                clause.subject = Phrase(clause.subject.id, "he")
            elif negation and clause.subject.determiner == "a":
                clause.subject.determiner = "the"
        if (
            not clause.negation
            and not action.direction
            and tense == "present"
            and chosen in HABITS
            and (habit or self._chance(0.5))
        ):
            clause.frequency = rng.choice(FREQUENCIES)
            if clause.frequency == "always" and not action.objects:
                clause.frequency = "often"
        elif (
            not clause.negation and not action.stative and not action.direction and not finished and self._chance(0.18)
        ):
            clause.modal = rng.choice(("want", "can", "must", "begin"))
            if (
                tense == "future"
                or chosen in NEVER_ASKED
                or chosen not in MODALS.get(clause.modal, (chosen,))
                or (clause.modal == "must" and tense == "past" and not self.russian)
                or (clause.modal == "begin" and (tense == "present" or chosen in PUNCTUAL or not action.manners))
            ):
                clause.modal = ""
        if action.objects:
            determiner = "the" if action.definite else "any" if clause.negation else "a"
            if determiner == "any" and chosen in ("talk", "dream"):
                determiner = "the"
            own = clause.negation != "nobody" and clause.subject.noun != "child"
            clause.object = self._object(action, clause, detail, determiner, own)
        if action.recipients:
            near = ("kin", "friend", "friend_f", "neighbour", "neighbour_f", "child", "boy", "girl")
            clause.recipient = self.phrase(near, 0.0, "the", clause.negation != "nobody")
            self._avoid(clause.recipient, clause.subject, near)
            if chosen in ("explain", "tell"):
                listeners = ("child", "boy", "girl", *(("student", "student_f") if chosen == "explain" else ()))
            elif chosen == "send":
                listeners = ("kin", "friend", "friend_f")
            if chosen in ("explain", "tell", "send"):
                clause.recipient = self.phrase(listeners, 0.0, "the", clause.negation != "nobody")
                self._avoid(clause.recipient, clause.subject, listeners)
            clause.recipient.adjective = ""
            if self._chance(0.25) and self._may_point(clause.subject):
                clause.recipient = self._other_pronoun(clause.subject)
        if action.direction:
            clause.place = Place(action.direction, self._place("come" if chosen == "come" else "goal"))
            clause.place.phrase.adjective = ""
            go_there(clause.place, clause.subject)
            if clause.place.phrase.noun in ("kitchen", "restaurant"):
                clause.place.phrase.determiner = "the"
        elif chosen == "invite":
            clause.place = Place("to", Phrase(self._next(), rng.choice(("restaurant", "theatre", "museum"))))
        elif clause.object is not None and (
            clause.negation or (chosen == "sell" and clause.object.noun not in CLASSES["goods"])
        ):
            pass  # where it is not done nobody says
        elif action.places and (
            chosen == "live"
            or (clause.frequency and not action.objects and self._chance(0.7))
            or self._chance(0.2 + 0.45 * detail)
        ):
            clause.place = Place("in", self._place(action.places))
            if action.places == "shop" and clause.object is not None:
                food = clause.object.noun in CLASSES["goods"]
                clause.place.phrase.noun = (
                    "market" if food else "city" if clause.object.noun in CLASSES["vehicle"] else "shop"
                )
            lives = clause.subject.noun in HUMAN or clause.subject.is_pronoun
            if clause.place.phrase.noun == "room" and lives and clause.negation != "nobody":
                clause.place.phrase.determiner = "the" if clause.subject.noun == "child" else "own"
                clause.place.phrase.adjective = ""
            if chosen == "work":
                self._at_work(clause, clause.subject)
        if (
            action.manners
            and not clause.negation
            and not clause.frequency
            and not clause.modal
            and tense != "future"
            and self._chance(0.1 + 0.2 * detail)
        ):
            clause.manner = rng.choice(action.manners)
            if clause.manner == "slowly" and tense == "past" and not action.lasting:  # who reports that it took long?
                clause.manner = ""
        if (
            not clause.frequency
            and not clause.manner
            and clause.negation != "never"
            and not clause.modal
            and chosen not in ("build", "learn", "see", "live")
            and self._chance(0.25)
        ):
            clause.time = rng.choice(TIMES[tense])
            if (clause.time == "today" and tense == "past" and action.lasting) or chosen in ("understand", "sleep"):
                clause.time = ""
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
                thing.determiner = "piece" if clause.verb == "eat" and thing.noun in ("cake", "pie") else "a"
                thing.number = "sg" if thing.determiner == "piece" else thing.number
        clause.negation = ""

    def _object(self, action: Action, clause: Clause, detail: float, determiner: str, own: bool) -> Phrase:
        rng = self.rng
        assert clause.subject is not None
        people = all(name in ("person", "kin") for name in action.objects)
        if people and clause.verb not in ("know", "talk") and self._chance(0.3) and self._may_point(clause.subject):
            if self.russian and self._chance(0.5):
                clause.order = "pronoun"
            return self._other_pronoun(clause.subject)
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
        self._avoid(phrase, clause.subject, things)
        if clause.frequency and phrase.noun not in MASS and phrase.noun not in SINGLE and phrase.determiner == "a":
            phrase.number = "pl"  # "often reads books"
        if phrase.determiner == "a" and phrase.number == "pl" and not phrase.adjective and phrase.noun not in HUMAN:
            counted = clause.tense != "present" and clause.verb in (
                "buy",
                "find",
                "draw",
                "read",
                "write",
                "bring",
                "wash",
            )
            if self._chance(0.4) and phrase.noun not in CLASSES["animal"] and counted:
                phrase.determiner = rng.choice(NUMERALS)
        self._fit(phrase, clause, clause.subject)
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


def _one(phrase: Phrase) -> None:
    """One of it, not three."""
    phrase.number = "sg"
    phrase.determiner = "a" if phrase.determiner in NUMERALS else phrase.determiner


def go_there(place: Place, subject: Phrase) -> None:
    """Where people go, in Portuguese: to the beach, not into the sea, and pupils to school."""
    if place.phrase.noun == "sea" and place.relation == "to":
        place.phrase.noun = "beach"
    pupils = ("child", "boy", "girl", "student", "student_f", "son", "daughter")
    if place.phrase.noun == "office" and subject.noun not in CLASSES["worker"] and not subject.is_pronoun:
        place.phrase.noun = "school" if subject.noun in pupils else "market"
    if place.phrase.noun == "school" and subject.noun not in (*pupils, "teacher", "teacher_f", "he", "she", "they"):
        place.phrase.noun = "library"
