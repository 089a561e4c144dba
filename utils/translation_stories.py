"""Clauses that belong together: the stories and scripts of the translation corpus, told of its people."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

from utils.translation_clauses import Clauses, go_there
from utils.translation_lexicon import (
    AWAY,
    CLASSES,
    ELDERS,
    HUMAN,
    IDLE,
    KIDS,
    MADE,
    PUNCTUAL,
    SCRIPTS,
    SEVERAL,
    SPEAKERS_KIN,
    STAYING,
    STORIES,
    TIMES,
    TOLD,
    WANTED,
    YOUNG,
    Beat,
    Story,
    concepts,
)
from utils.translation_meanings import Clause, Part, Phrase, Place
from utils.translation_phrases import action_of

__all__ = ["Stories"]


_END = Beat("", "", "", False)
"""What follows the last clause of a story."""


class _Spec(NamedTuple):
    """A line of a table, in its pieces; `utils.translation_lexicon` says what they mean."""

    marks: tuple[str, ...]
    verb: str
    things: str
    to: str
    places: tuple[str, ...]
    given: str

    @property
    def own(self) -> bool:
        return self.things.startswith("~")

    @property
    def nouns(self) -> tuple[str, ...]:
        return tuple(self.things.removeprefix("~").split(","))


@functools.cache
def _read(text: str) -> _Spec:
    text, _, given = text.partition("@")
    text, _, places = text.partition(">")
    text, _, to = text.partition("+")
    text, _, things = text.partition(":")
    *marks, verb = text.split(".")
    return _Spec(tuple(marks), verb, things, to, tuple(places.split(",")) if places else (), given)


@dataclasses.dataclass
class _Cast:
    """The people of a story, as far as it is told.

    Args:
        story: which.
        people: who they are, by their roles.
        known: the roles of those who have been named.
        speaker: the role of the subject of the clause before; "" if that is nobody of them.
        before: the last clause that has a thing for its object.
    """

    story: Story
    people: dict[str, Phrase]
    known: set[str] = dataclasses.field(default_factory=set)
    speaker: str = ""
    before: Clause | None = None

    def go_on(self, clause: Clause, role: str, link: str) -> None:
        """Takes note of a clause, and of the role of its subject."""
        if role:
            self.known.add(role)
        if role in ("p", "q", "b"):
            self.speaker = role
        elif link == "but":
            self.speaker = ""  # they waited for the bus, but it did not come
        thing = clause.object
        if thing is not None and thing.noun not in HUMAN and (thing.noun == "it" or not thing.is_pronoun):
            self.before = clause


class Stories(Clauses):
    """Tells the stories and plays the scripts of `utils.translation_lexicon`."""

    def _hero(self, classes: tuple[str, ...], tense: str, detail: float, works: bool = False) -> Phrase:
        """Somebody of whom several clauses tell; `works`: that he has a job."""
        while True:
            hero = self._subject(classes, detail / 4)
            if hero.noun in ("man", "woman"):  # who?
                continue
            if works and hero.noun in IDLE:
                continue
            if hero.noun == "child" and not self.russian:  # criança says nothing of he and she
                continue
            if hero.noun == "you" or (hero.noun == "she" and self._chance(0.5)):
                continue
            break
        if hero.determiner in ("his", "her", "their"):
            hero.determiner = "my"
        if not hero.is_pronoun and self._chance(0.6):
            hero.number = "sg"
        if hero.adjective not in ("young", "old", "little") or hero.number == "pl":
            hero.adjective = ""
        if hero.relative is not None and hero.relative.verb == "work":
            hero.relative, hero.relative_role = None, ""  # he may go there in the story
        if not self.russian:
            if hero.noun == "we" and tense == "past":  # lavamos: present or past, nobody could tell
                hero.noun = "i"
            if hero.number == "pl" and self._feminine(hero.noun):
                hero.number = "sg"
            if hero.noun == "they":
                hero.gender = "m"
        return hero

    def _story(self, clauses: int, detail: float, wanted: str = "", plain: bool = False) -> list[Part]:
        """Several clauses of one situation, as the tables say.

        Args:
            clauses: how many.
            detail: how likely adjectives are.
            wanted: the tense, where it is given.
            plain: whether the story has to begin without "when" and the like.

        Raises:
            ValueError: no story is told like that, however short.
        """
        while not (fitting := _fitting(clauses, wanted, plain)):
            clauses -= 1
            if clauses < 1:
                raise ValueError(f"There is no story for the tense {wanted!r} and plain={plain}.")
        story, tense = self.rng.choice(fitting)
        return self.tell(story, clauses, tense, detail, plain)

    def tell(self, story: Story, clauses: int, tense: str, detail: float, plain: bool = False) -> list[Part]:
        """A story: its people are named once, and then by pronouns, where these tell who.

        Args:
            story: a line of the table.
            clauses: how many of its clauses, all that may not be left out among them.
            tense: one of the story's tenses.
            detail: how likely adjectives are.
            plain: whether it may not begin with a time.
        """
        self.story = story
        beats = _kept(story.told(tense), clauses)
        cast = _Cast(story, {"p": self._first(story, beats, tense, detail, plain)})
        parts = []
        for beat, following in zip(beats, [*beats[1:], _END], strict=True):
            parts.append(self._part(beat, following, cast, tense, detail))
        if not plain and not beats[0].link:
            self._date(parts, tense)
        return parts

    def _first(self, story: Story, beats: list[Beat], tense: str, detail: float, plain: bool) -> Phrase:
        """The first one of a story."""
        who = story.who
        if plain:  # who tells of it knows them
            family = tuple([noun for noun in concepts(who) if noun in CLASSES["kin"]])
            who = tuple(SPEAKERS_KIN) if "adult" in who else family or ("brother", "sister")
        hero = self._hero(who, tense, detail)
        while story.other and hero.noun in AWAY:  # his grandmother lives elsewhere
            hero = self._hero(who, tense, detail)
        if not hero.is_pronoun and (story.other or self._chance(0.8)):
            hero.number = "sg"  # five cooks have no brother in common
        if len(beats) > 3 and hero.number == "sg" and not hero.is_pronoun and self._chance(0.25):
            self._who(hero)
        if beats[0].link:  # when the cook who lives in the village …: too much before the comma
            hero.relative, hero.relative_role = None, ""
        return hero

    def _part(self, beat: Beat, following: Beat, cast: _Cast, tense: str, detail: float) -> Part:
        """One clause of a story; it changes what is known of the cast."""
        spec, later, link = _read(beat.spec), _read(following.spec), beat.link
        subject, role = self._speaks(beat, following, cast)
        text = beat.spec
        if self.russian and spec.things == "=" and not spec.to and later.things == "=" and later.to == "p":
            assert cast.before is not None and cast.before.object is not None
            if self._sex(cast.people["p"]) == self._genders(cast.before.object.noun).replace("n", "m"):
                text += "="  # нашла билет и вернула ему: его and ему would be two
        still = link == "because" and (tense == "future" or (spec.verb == "love" and not spec.marks))
        clause = self._spec(text, subject, "present" if still else tense, detail, cast.before, cast, following.spec)
        self._set_time(clause, beat, following)
        self._set_pronouns(clause, subject, beat, cast, role == cast.speaker)
        if "it" in later.marks and clause.object is not None:
            self._tell_apart(clause.object, cast.people["p"], spec)
            clause.object.adjective = ""  # not: the sad book, because it is sad
        if clause.verb == "find" and clause.object is not None and not clause.object.is_pronoun:
            clause.order = "plain"  # its subject goes on
        part = Part(clause, link, self._shift(beat, following, tense))
        if link in ("then", "to") or _in_vain(clause):
            part.head, clause.subject, clause.order = subject, None, "plain"
        cast.go_on(clause, role, link)
        return part

    def _speaks(self, beat: Beat, following: Beat, cast: _Cast) -> tuple[Phrase, str]:
        """The subject of a clause of a story, and its role, if that is to be remembered."""
        hero = cast.people["p"]
        if not self.russian and beat.link == "while" and following.role == "p":
            return self._again(hero), ""  # enquanto esperava o ônibus, o convidado …
        if beat.link in ("then", "to"):
            return cast.people.get(cast.speaker) or hero, cast.speaker
        if not beat.role:
            return hero, ""
        subject = self._in_role(beat.role, cast)
        if (beat.link == "and" and not self.russian) or (not beat.link and self.russian):
            subject.dropped = ""
        return subject, beat.role

    def _shift(self, beat: Beat, following: Beat, tense: str) -> str:
        """What the link of a clause does to its tense: see `Part`."""
        link, spec = beat.link, _read(beat.spec)
        if link == "then" and spec.given == "going":
            return "going"
        if link in ("then", "to"):
            return "bare" if link == "then" and tense == "future" else ""
        tried = spec.marks == ("not", "can") and following.link == "but"
        if not self.russian and tense == "past" and (link == "while" or spec.given == "going" or tried):
            return "lasting"  # não conseguia abrir a porta, mas …
        if spec.given == "had":
            return "said"
        return "condition" if link in ("when", "if", "but_if") else ""

    def _set_time(self, clause: Clause, beat: Beat, following: Beat) -> None:
        """When the clause of a story is, and whether it is going on."""
        spec, later = _read(beat.spec), _read(following.spec)
        if spec.given in TIMES["past"]:
            clause.time, clause.time_first = spec.given, True
        if clause.kind == "weather" and beat.link == "if" and self._chance(0.6):
            clause.time, clause.time_first = "tomorrow", False
        if later.verb == "find" and "not" in later.marks:  # looked for it but could not find it
            clause.progressive = False
        if spec.given == "going":
            clause.progressive = True
        if beat.link == "then" and clause.verb == "listen":
            clause.progressive = False

    def _set_pronouns(self, clause: Clause, subject: Phrase, beat: Beat, cast: _Cast, again: bool) -> None:
        """Which pronouns are said; `again`: the subject is that of the clause before."""
        self._keep_pronoun(clause)
        if self.russian and beat.link == "because" and clause.modal == "want" and subject.is_pronoun and again:
            subject.dropped = "always"  # потому что хотел
        if clause.object is None or not clause.object.is_pronoun:
            return
        if not self.russian and clause.verb == "thank":
            clause.object.dropped = "always"  # e ele agradeceu
        if not beat.link and cast.before is not None:
            subject.dropped = ""  # no sentence goes on with a pronoun that leans on a verb

    def _date(self, parts: list[Part], tense: str) -> None:
        """Says of some stories on which day they are."""
        first = parts[0].clause
        if first.kind != "verb" or first.modal or first.negation or first.time or not self._chance(0.3):
            return
        meals = {part.clause.object.noun for part in parts if part.clause.object is not None}
        day = "yesterday" if tense == "past" else "tomorrow"
        first.time = self.rng.choice(TIMES[tense]) if first.verb == "go" else day
        if {"in_the_morning": "dinner", "in_the_evening": "lunch"}.get(first.time) in meals:
            first.time = day
        if first.time == "today" or (tense == "past" and first.progressive):
            first.time = ""

    def _tell_apart(self, thing: Phrase, hero: Phrase, spec: _Spec) -> None:
        """Takes another thing where a pronoun would not tell it from the one who has it: он не съел пирог, … он."""
        if not self.russian or thing.is_pronoun or thing.number == "pl":
            return
        if self._sex(hero) == self._genders(thing.noun):
            others = [name for name in spec.nouns if self._genders(name) != self._sex(hero)]
            if others:
                thing.noun = self.rng.choice(others)

    def _in_role(self, role: str, cast: _Cast) -> Phrase:
        """The subject of a clause of a story: a noun at first, then a pronoun where it tells who."""
        people, speaker = cast.people, cast.speaker
        hero = people["p"]
        if role == "p" and "p" not in cast.known:
            return hero
        if role == "g":
            people["g"] = Phrase(self._next(), "guest", "pl")
            return people["g"]
        if role == "b":
            noun = "we" if hero.noun in ("i", "we") else "they"
            both = self._feminine(hero.noun) and "q" in people and self._feminine(people["q"].noun)
            people["b"] = Phrase(self._next(), noun, "pl", gender="f" if both else "m")
            return people["b"]
        if role == "q" and "q" not in people:
            return self._relation(cast)
        who = people[role]
        if speaker == role or who.is_pronoun:
            pronoun = self._again(who)
            pronoun.dropped = pronoun.dropped if speaker == role else ""
            return pronoun
        rest = people["q" if role == "p" else "p"] if len(people) > 1 else None
        if rest is None or self._sex(rest) != self._sex(who):
            pronoun = self._again(who)
            pronoun.dropped = ""
            return pronoun
        name = "the" if who.determiner == "a" else who.determiner
        return dataclasses.replace(who, id=self._next(), determiner=name, adjective="", relative=None, relative_role="")

    def _relation(self, cast: _Cast, determiner: str = "") -> Phrase:
        """The other one of a story, by what he or she is to the first."""
        story, people = cast.story, cast.people
        hero = people["p"]
        taken = hero.noun.removesuffix("_f")
        nouns = [noun for noun in concepts(story.other) if noun.removesuffix("_f") != taken]
        if hero.noun in SPEAKERS_KIN:
            near = [noun for noun in SPEAKERS_KIN[hero.noun].split() if noun in nouns]
            if near:
                people["q"] = Phrase(self._next(), self.rng.choice(near), determiner=hero.determiner)
                return people["q"]
            nouns = [noun for noun in nouns if noun not in SPEAKERS_KIN]
        if hero.noun not in YOUNG and not hero.is_pronoun and "kin" in story.other:
            nouns = ["wife", "husband", "wife", "husband", "son", "daughter"]
        if hero.noun in ("he", "she"):
            nouns = [noun for noun in nouns if self._feminine(noun) is (hero.noun == "he")]
        if hero.noun in ("son", "daughter"):  # their parents are those who speak
            elders = [noun for noun in nouns if noun in ("grandmother", "grandfather")]
            nouns = elders or [noun for noun in nouns if noun not in ("mother", "father", "sister", "brother")] or nouns
        if hero.noun in YOUNG:
            nouns = [noun for noun in nouns if noun not in ("son", "daughter")]
        if hero.noun == "old_man" or hero.adjective == "old":
            nouns = [noun for noun in nouns if noun not in ELDERS]
        if self._sex(hero) in ("m", "f"):  # so that a pronoun tells who
            nouns = [noun for noun in nouns if self._feminine(noun) is (self._sex(hero) == "m")] or nouns
        phrase = Phrase(self._next(), self.rng.choice(nouns))
        phrase.determiner = determiner or self._whose(hero)
        people["q"] = dataclasses.replace(phrase, determiner=self._whose(hero))
        return phrase

    def _to_role(self, name: str, cast: _Cast) -> Phrase:
        """Somebody of a story as an object: him, his sister."""
        people = cast.people
        if name == "q":
            if "q" not in people:
                cast.known.add("q")
                return self._relation(cast, "own")
            if people["q"].noun == "they" or self._sex(people["q"]) == self._sex(people["p"]):
                whose = people["q"].determiner if people["q"].determiner in ("my", "our") else "own"
                return dataclasses.replace(people["q"], id=self._next(), determiner=whose)
        pronoun = self._again(people[name])
        pronoun.dropped = ""
        return pronoun

    def _script(self, detail: float, wanted: str = "", told: bool = False) -> list[Part]:
        """Two clauses that belong together, as the tables say; `told`: that somebody may tell of."""
        rng = self.rng
        two = ""
        while True:
            link = rng.choice(("because", "because", "so", "but", "then", "then", "to", "to"))
            if link == "so" and told:  # nobody thinks that she is hungry, so she is eating
                continue
            who, one, two = rng.choice(SCRIPTS[link])
            if told and (not one.startswith(TOLD) or "kitchen" in one):
                continue
            tenses = _script_tenses(link, one, two)
            if one.startswith("not.go") or two.startswith("not.go"):
                tenses = ("past", "present") if not wanted else tenses
            if wanted and wanted not in tenses:
                continue
            tense = wanted or rng.choice(tenses)
            works = "work" in (one.removeprefix("not."), two.removeprefix("begin."))
            subject = self._hero(who, tense, detail, works)
            first = self._spec(one, subject, tense, detail, related=two)
            if two.startswith("it.") and first.object is not None:
                thing = first.object
                if self._sex(subject) in (self._genders(thing.noun), "p" if thing.number == "pl" else ""):
                    continue  # he read the book because it was good, and he and it are one word
            break
        later = "present" if link == "because" and (tense == "future" or two.startswith("love:")) else tense
        if link in ("then", "to"):
            second = self._spec(two, subject, tense, detail, first)
            second.subject = None
            second.order = "plain"
            return [Part(first), Part(second, link, "bare" if tense == "future" and link == "then" else "", subject)]
        if two.startswith("it.") and first.object is not None:
            first.object.adjective = ""  # not: the sad book, because it is sad
        two, _, given = two.partition("@")
        shift = ""
        if given == "had":
            later, shift = "past", "perfect" if later == "present" else "said"
        second = self._spec(two, self._again(subject), later, detail, first)
        if _in_vain(second):  # looked for it but could not find it
            first.progressive, second.subject, second.order = False, None, "plain"
            return [Part(first), Part(second, link, "", subject)]
        self._keep_pronoun(second)
        if self.russian and link == "because" and second.modal == "want" and second.subject is not None:
            second.subject.dropped = "always"  # потому что хотел
        return [Part(first), Part(second, link, shift)]

    def _keep_pronoun(self, clause: Clause) -> None:
        """Where Russian has no verb the pronoun stays: потому что она занята."""
        bare = clause.kind == "adjective" and clause.tense == "present" and clause.adjective not in ("tired", "ill")
        if self.russian and bare and clause.subject is not None:
            clause.subject.dropped = ""

    def _spec(
        self,
        text: str,
        subject: Phrase,
        tense: str,
        detail: float,
        before: Clause | None = None,
        cast: _Cast | None = None,
        related: str = "",
    ) -> Clause:
        """A clause from one line of a table of scripts.

        Args:
            text: the line.
            subject: who.
            tense: "present", "past", "future", unless the line says that it is past.
            detail: how likely adjectives are.
            before: the clause whose object "it" and "=" are.
            cast: of a story, its people.
            related: the line of the clause that follows.
        """
        spec = _read(text)
        tense = "past" if spec.given == "past" else tense
        other = before.object if before is not None else None
        if spec.verb == "weather":
            return Clause(self._next(), "weather", adjective=self.rng.choice(spec.nouns), tense=tense)
        if "other" in spec.marks and other is not None:
            subject = self._the_other(other)
        if spec.verb == "be":
            if "it" in spec.marks:
                assert other is not None
                subject = self._pronoun_for(other)
                subject.dropped = "" if self.russian else "always"
            state = self.rng.choice(spec.nouns)
            return Clause(self._next(), "adjective", subject=subject, adjective=state, tense=tense)
        kind = "like" if spec.verb == "like" else "verb"
        clause = Clause(self._next(), kind, verb=spec.verb, subject=subject, tense=tense)
        clause.negation = "not" if "not" in spec.marks else ""
        clause.modal = next((mark for mark in spec.marks if mark in ("want", "can", "must", "begin", "to")), "")
        if spec.things in ("=", "=="):
            assert other is not None
            self._take_again(clause, other, named=spec.things == "==")
        elif spec.things in ("p", "q"):
            assert cast is not None
            clause.object = self._to_role(spec.things, cast)
        elif spec.things:
            clause.object = self._thing(clause, subject, spec, detail, before, cast, _read(related))
        self._give(clause, subject, spec, cast)
        self._go(clause, subject, spec)
        self._settle(clause)
        return clause

    def _the_other(self, thing: Phrase) -> Phrase:
        """The object of the clause before as a subject: they waited for the bus, but the bus did not come."""
        pronoun = self._pronoun_for(thing)
        if thing.noun in HUMAN or thing.is_pronoun or self.russian:
            return pronoun
        return Phrase(pronoun.id, thing.noun, thing.number)  # so that "ele" is who waited

    def _take_again(self, clause: Clause, thing: Phrase, named: bool) -> None:
        """Makes the object of the clause before that of this one: a pronoun, or `named` again."""
        if named:  # his motorcycle, and his sister bought the motorcycle
            clause.object = Phrase(self._next(), thing.noun)
            clause.order = "object" if self.russian else "plain"
            return
        clause.object = self._pronoun_for(thing)
        if self.russian and self._chance(0.65):
            clause.order = "pronoun"
        if clause.verb == "find" and clause.negation and clause.tense == "past":
            clause.modal, clause.object.dropped = "can", "always"

    def _thing(
        self,
        clause: Clause,
        subject: Phrase,
        spec: _Spec,
        detail: float,
        before: Clause | None,
        cast: _Cast | None,
        related: _Spec,
    ) -> Phrase:
        """One of the objects that a line names; the arguments are those of `_spec`."""
        verb, own, group = spec.verb, spec.own, spec.nouns
        drinker = cast.people["p"] if cast is not None else subject
        if drinker.noun in KIDS and "coffee" in group:
            group = tuple(["milk" if name == "coffee" else name for name in group])
        definite = verb == "like" or action_of(verb).definite
        determiner = "own" if own else "the" if definite else "any" if clause.negation else "a"
        if determiner == "any" and "it" in related.marks:
            determiner = "the"
        plain = own or verb != "like" or cast is not None
        thing = self.phrase(group, detail, determiner, own=verb not in ("like", "meet"), plain=plain)
        self._count(thing, clause, subject, spec, cast, related)
        if verb == "drink" or (own and verb != "sell"):  # hot water, because it is hot
            thing.adjective = ""
        if before is not None and before.object is not None:
            if cast is not None and before.object.noun == thing.noun:
                thing.adjective = ""
            if {verb, before.verb} <= {"buy", "sell"}:
                self._avoid(thing, before.object, group)  # not: he will sell his house and buy a house
        if verb == "buy" and thing.noun == "toy" and "gift" in group and cast is not None:
            thing.noun, thing.adjective = self.rng.choice(("flower", "gift", "scarf")), ""
        self._fit(thing, clause, subject)
        if "old" in spec.marks:
            thing.adjective, thing.number = "old", "sg"
        if clause.modal == "want" and thing.adjective not in WANTED:
            thing.adjective = ""
        self._avoid(thing, subject, group)
        if verb == "like" and thing.determiner != "the":
            thing.determiner = "this"
        return thing

    def _count(
        self, thing: Phrase, clause: Clause, subject: Phrase, spec: _Spec, cast: _Cast | None, related: _Spec
    ) -> None:
        """Whether it is one thing, and with friends, whether he or she."""
        if clause.verb == "meet" and thing.noun in ("friend", "friend_f") and self._sex(subject) in ("m", "f"):
            thing.noun = "friend_f" if self._sex(subject) == "f" else "friend"
        asked = related.verb == "understand" and "not" in related.marks
        if spec.own or asked or clause.modal or clause.verb in MADE or thing.noun not in SEVERAL:
            thing.number = "sg"
        one = subject.number == "sg" and subject.noun not in ("we", "you", "they")
        if clause.verb == "eat" and thing.noun == "apple" and one and cast is not None:
            thing.number = "sg"

    def _give(self, clause: Clause, subject: Phrase, spec: _Spec, cast: _Cast | None) -> None:
        """To whom, if the line or its verb asks for somebody."""
        if spec.to:
            assert cast is not None
            clause.recipient = self._to_role(spec.to, cast)
            clause.order = "plain"
            if spec.verb == "buy" and clause.object is not None:
                clause.object.number = "pl" if clause.object.noun == "flower" else "sg"
        elif action_of(spec.verb).recipients and spec.verb != "tell" and spec.things != "==":
            near: tuple[str, ...] = ("friend", "friend_f", "neighbour", "neighbour_f")
            near = near[:2] if spec.verb == "send" else near  # who lives next door gets no letters
            if subject.number != "pl" and subject.noun != "they":  # these have no common aunt
                kin = [noun for noun in CLASSES["kin"] if subject.noun not in YOUNG or noun not in ("son", "daughter")]
                near = (*kin, *near)
            clause.recipient = self.phrase(near, 0.0, "the", own=True, plain=True)
            clause.recipient.determiner = "my" if subject.noun == "child" and not self.russian else "own"
            clause.recipient.number, clause.recipient.adjective = "sg", ""
            self._avoid(clause.recipient, subject, near)
            clause.order = "plain"

    def _go(self, clause: Clause, subject: Phrase, spec: _Spec) -> None:
        """Where, or where to."""
        if spec.places:
            relation = action_of(spec.verb).direction or ("in" if spec.verb in STAYING else "to")
            clause.place = Place(relation, Phrase(self._next(), self.rng.choice(spec.places)))
            go_there(clause.place, subject)


@functools.cache
def _fitting(clauses: int, wanted: str, plain: bool) -> tuple[tuple[Story, str], ...]:
    """The stories that have so many clauses, each with a tense; the arguments are those of `Stories._story`."""
    found = []
    for story in STORIES:
        for tense in story.tenses:
            beats = story.told(tense)
            least = sum(not beat.optional for beat in beats)
            begins = beats[0].link or "@had" in "".join(beat.spec for beat in beats)
            if least <= clauses <= len(beats) and wanted in ("", tense) and not (plain and begins):
                found.append((story, tense))
    return tuple(found)


def _kept(beats: tuple[Beat, ...], clauses: int) -> list[Beat]:
    """So many clauses of a story, the first of those that may be left out among them."""
    spare = clauses - sum(not beat.optional for beat in beats)
    kept = []
    for beat in beats:
        if not beat.optional or spare > 0:
            kept.append(beat)
            spare -= beat.optional
    return kept


def _in_vain(clause: Clause) -> bool:
    """Whether somebody could not find what was looked for: he is not named again."""
    return clause.verb == "find" and clause.modal == "can" and clause.negation == "not"


def _script_tenses(link: str, one: str, two: str) -> tuple[str, ...]:
    """The tenses in which a pair of clauses can be told."""
    if link == "but" or "lose" in one or (link == "so" and one.startswith(("love", "want"))):
        return ("past",)
    if link == "then" and "find" in one + two:  # nobody knows what he will find
        return ("past",)
    if one.startswith("work"):
        return ("past", "present")
    if link == "to":
        return ("past", "past", "present", "future")
    if link == "then":
        return ("past", "past", "future")
    if one.startswith(("return", "not.read", "not.eat", "not.buy", "find", "meet")):
        return ("past",)
    if one.startswith(("be:", "cry", "want.", "love", "like", "not.like", "not.understand", "not.can")):
        return ("past", "present")
    if any(one.removeprefix("not.").startswith(verb) for verb in PUNCTUAL):
        return ("past", "future")
    return ("past", "past", "present", "future")
