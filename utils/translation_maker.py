"""Makes the meanings of the translation corpus, one after the other, by chance and by `utils.translation_lexicon`."""

from __future__ import annotations

import dataclasses
import functools
import random

from utils import translation_portuguese as portuguese
from utils import translation_russian as russian
from utils.translation_lexicon import (
    AWAY,
    CLASSES,
    DRAWN,
    ELDERS,
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
    NEWS,
    OWNED,
    PEOPLE,
    PLACES,
    PLAIN_LOOKS,
    POINTED,
    POSSESSIVES,
    PRESENTS,
    PROFESSIONS,
    PUNCTUAL,
    RELATED,
    SCENE,
    SCRIPTS,
    SEVERAL,
    SINGLE,
    SPEAKERS_KIN,
    STATES_OF,
    STORIES,
    TELLERS,
    THINGS_ON_SEATS,
    THINGS_ON_TABLES,
    TIMES,
    TOLD,
    UNDENIED,
    UNPLANNED,
    VERBS,
    VISIBLE,
    WOMEN,
    WORKPLACES,
    YOUNG,
    Action,
    Story,
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
        self._joined = False
        self.story: Story | None = None
        """The story that the last sentence tells, if it tells one of the table."""

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
        made = self._sentence(clauses, detail)
        _choose_words(made, self.russian)
        return made

    def _sentence(self, clauses: int, detail: float) -> Sentence:
        self._id, self.story = 0, None
        self._joined = clauses > 1
        if clauses == 1:
            if self._chance(0.12):
                return Sentence([Part(self._question(detail))], True)
            return Sentence([Part(self.single(detail))])
        roll = self.rng.random()
        if roll < 0.17:
            parts = self._reported(clauses, detail)
            asked = parts[0].clause
            assert asked.subject is not None
            if asked.subject.noun == "you":  # do you know that she is ill?
                asked.question, asked.subject.dropped = "yes", ""
            return Sentence(parts, bool(asked.question))
        if clauses > 2 or roll < 0.6:
            return Sentence(self._story(clauses, detail))
        return Sentence(self._script(detail))

    def _reported(self, clauses: int, detail: float) -> list[Part]:
        """He said that this is so; she thinks that this is so because of that."""
        report = self._report(clauses > 3)
        said = report.tense == "past"
        shift = "said" if said else ""
        if clauses < 3 and self._chance(0.75):
            inner = self._news(said)
            self._reportable(inner, said)
            self._differ(report, [inner])
            parts = [Part(report), Part(inner, "that", shift)]
            self._name_owners(parts[1:])
            self._leave_out_owners(report, parts[1:])
            return parts
        if clauses > 3:
            told = self._story(clauses - self.rng.choice((0, 1)), detail, "future" if said else "", plain=True)
        else:
            told = self._script(
                detail, self.rng.choice(("present", "future") if said else ("present", "past", "future")), True
            )
        for part in told:
            part.shift = "said" if said and part.shift == "perfect" else part.shift or shift
            if said and part.clause.verb == "go" and part.clause.tense == "present":
                part.clause.tense, part.clause.progressive = "future", False
        told[0].link = "that"
        self._reportable(told[0].clause, said)
        self._differ(report, [part.clause for part in told])
        self._name_owners(told)
        self._leave_out_owners(report, told)
        return [Part(report), *told]

    def _leave_out_owners(self, report: Clause, told: list[Part]) -> None:
        """My mother said that father would go: in one family Russian says "my" once."""
        teller = report.subject
        for part in told if self.russian else ():
            one = part.clause.subject
            if teller is not None and one is not None and {teller.noun, one.noun} <= SPEAKERS_KIN.keys():
                one.bare = one.determiner == teller.determiner and one.determiner in ("my", "our")

    def _name_owners(self, told: list[Part]) -> None:
        """After "that" the Portuguese "seu" may be the teller's: there it is "dele", "dela"."""
        for part in () if self.russian else told:
            subject, thing = part.clause.subject or part.head, part.clause.object
            if subject is not None and thing is not None and thing.determiner == "own" and self._sex(subject):
                thing.determiner = self._whose(subject)

    def _news(self, said: bool) -> Clause:
        """What people tell one another; without circumstances."""
        rng = self.rng
        tenses, who, what = rng.choice(NEWS)
        tense = {"n": "present", "p": "past", "f": "future"}[rng.choice(tenses)]
        clause = self._spec(what, self._hero(who, tense, 0.0, "work" in what), tense, 0.0)
        thing = clause.object
        if thing is not None and (thing.determiner in ("this", "that") or thing.owner is not None):
            thing.determiner, thing.owner = "the" if VERBS[clause.verb].definite else "a", None
            if clause.verb == "lose":
                thing.determiner = "own"
        if tense == "future" and not said and clause.verb != "build" and self._chance(0.6):
            clause.time = "tomorrow"
        return clause

    def _reportable(self, clause: Clause, said: bool) -> None:
        """Makes a clause fit to follow "that": no "that that boy", no "said that now"; no time first in Portuguese."""
        if clause.subject is not None and clause.subject.determiner == "that":
            clause.subject.determiner = "this"
        relative = clause.object is not None and clause.object.relative is not None  # nothing may follow that
        if said or (relative and not self.russian):
            clause.time = ""
        clause.time_first = False

    def _differ(self, report: Clause, told: list[Clause]) -> None:
        """No "the boys know that the boys": who reports and who is spoken of are two."""
        assert report.subject is not None
        inner = told[0].subject
        if inner is None:
            return
        if inner.determiner in ("his", "her", "their"):  # whose?
            inner.determiner = "my"
        taken = {clause.subject.noun.removesuffix("_f") for clause in told if clause.subject is not None}
        speaks = inner.noun in ("i", "we", "you")
        for attempt in range(40):
            teller = report.subject
            same = teller.noun.removesuffix("_f") in taken
            outsider = not teller.is_pronoun and teller.noun not in SPEAKERS_KIN
            if len(told) > 2:  # a plan of the family is told in the family
                same = same or teller.noun not in SPEAKERS_KIN
            elif inner.noun in CLASSES["kin"] or speaks:
                same = same or outsider
            if not same and (speaks or attempt > 30 or self._sex(report.subject) != self._sex(inner)):
                if teller.noun in CLASSES["kin"] and inner.noun in CLASSES["kin"]:
                    teller.determiner = inner.determiner  # my mother, my brother
                return
            report.subject = self._teller(report.verb)

    def _sex(self, phrase: Phrase) -> str:
        """What a pronoun of the third person would tell of somebody: "m", "f" or "p"; "" for those who speak."""
        if phrase.noun in ("i", "we", "you"):
            return ""
        if phrase.number == "pl" or phrase.noun == "they":
            return "p"
        return "f" if phrase.noun == "she" or self._feminine(phrase.noun) else "m"

    def _report(self, much: bool = False) -> Clause:
        """He said, she thinks: what comes before "that"; nobody thinks or knows a whole story (`much`)."""
        verb, tense = self.rng.choice(
            (("say", "past"), ("say", "past"), ("think", "present"), ("know_that", "present"))[: 1 if much else 4]
        )
        return Clause(self._next(), verb=verb, subject=self._teller(verb), tense=tense)

    def _teller(self, verb: str) -> Phrase:
        """Who says or thinks it; people are not told what they said themselves."""
        while True:
            subject = self._subject(("kin",), 0.0)
            if subject.noun in ("son", "daughter"):  # whose father is another one's grandfather
                continue
            if not subject.is_pronoun and self._chance(0.4):
                subject = self._subject(TELLERS[1:], 0.0)
            if subject.noun != "you" or verb != "say":
                if subject.determiner in ("his", "her", "their"):  # whose?
                    subject.determiner = "my"
                return subject

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
        rng, self.story = self.rng, story
        beats = story.told(tense)
        spare = clauses - sum(not beat.optional for beat in beats)
        kept = []
        for beat in beats:
            if not beat.optional or spare > 0:
                kept.append(beat)
                spare -= beat.optional
        who = story.who
        if plain:  # who tells of it knows them
            family = tuple([noun for noun in concepts(who) if noun in CLASSES["kin"]])
            who = tuple(SPEAKERS_KIN) if "adult" in who else family or ("brother", "sister")
        people = {"p": self._hero(who, tense, detail)}
        while story.other and people["p"].noun in AWAY:  # his grandmother lives elsewhere
            people["p"] = self._hero(who, tense, detail)
        if not people["p"].is_pronoun and (story.other or self._chance(0.8)):
            people["p"].number = "sg"  # five cooks have no brother in common
        if clauses > 3 and people["p"].number == "sg" and not people["p"].is_pronoun and self._chance(0.25):
            self._who(people["p"])
        if kept[0].link:  # when the cook who lives in the village …: too much before the comma
            people["p"].relative, people["p"].relative_role = None, ""
        known: set[str] = set()
        before: Clause | None = None
        speaker = ""  # whose clause it is
        parts: list[Part] = []
        for place, beat in enumerate(kept):
            related = " ".join(later.spec for later in kept[place + 1 : place + 2])
            link, role = beat.link, beat.role
            spec, _, given = beat.spec.partition("@")
            now = "present" if link == "because" and tense == "future" else tense
            shift = "condition" if link in ("when", "if", "but_if") else ""
            now = "present" if link == "because" and spec.startswith("love:") else now  # still
            if given == "had":
                shift = "said"
            following = kept[place + 1] if place + 1 < len(kept) else None
            if not self.russian and tense == "past":
                tried = spec.startswith("not.can") and following is not None and following.link == "but"
                if link == "while" or given == "going" or tried:  # não conseguia abrir a porta, mas …
                    shift = "lasting"
            if not self.russian and link == "while" and following is not None and following.role == "p":
                subject, role = self._again(people["p"]), ""  # enquanto esperava o ônibus, o convidado …
            elif link in ("then", "to"):
                subject = people.get(speaker) or people["p"]
                role = speaker
                shift = "bare" if tense == "future" and link == "then" else ""
            elif role:
                subject = self._in_role(role, story, people, known, speaker)
                if (link == "and" and not self.russian) or (not link and self.russian):
                    subject.dropped = ""
            else:
                subject = people["p"]
            if self.russian and spec.endswith(":=") and before is not None and related.endswith("=+p"):
                assert before.object is not None
                if self._sex(people["p"]) == self._genders(before.object.noun).replace("n", "m"):
                    spec += "="  # нашла билет и вернула ему: его and ему would be two
            clause = self._spec(spec, subject, now, detail, before, (role, people, known, story), related)
            if given in TIMES["past"]:
                clause.time, clause.time_first = given, True
            if clause.kind == "weather" and link == "if" and self._chance(0.6):
                clause.time, clause.time_first = "tomorrow", False
            if clause.verb == "find" and clause.object is not None and not clause.object.is_pronoun:
                clause.order = "plain"  # its subject goes on
            if related.startswith("not.find"):
                clause.progressive = False  # looked for it but could not find it
            self._keep_pronoun(clause)
            if self.russian and link == "because" and clause.modal == "want" and subject.is_pronoun and role == speaker:
                subject.dropped = "always"  # потому что хотел
            if not self.russian and spec.startswith("thank") and clause.object is not None and clause.object.is_pronoun:
                clause.object.dropped = "always"  # e ele agradeceu
            if related.startswith("it.") and clause.object is not None:
                self._tell_apart(clause.object, people["p"], spec)
            clause.progressive = clause.progressive or given == "going"
            if link == "then" and given == "going":
                shift = "going"
            if related.startswith("it.") and clause.object is not None:
                clause.object.adjective = ""  # not: the sad book, because it is sad
            if not link and before is not None and clause.object is not None and clause.object.is_pronoun:
                subject.dropped = ""  # no sentence goes on with a pronoun that leans on a verb
            if link == "then" and clause.verb == "listen":
                clause.progressive = False
            if link in ("then", "to") or _in_vain(clause):
                parts.append(Part(clause, link, shift, subject))
                clause.subject = None
                clause.order = "plain"
            else:
                parts.append(Part(clause, link, shift))
            known |= {role} if role else set()
            if role in ("p", "q", "b"):
                speaker = role
            elif link == "but":
                speaker = ""  # they waited for the bus, but it did not come
            if (
                clause.object is not None
                and clause.object.noun not in HUMAN
                and not (clause.object.is_pronoun and clause.object.noun != "it")
            ):
                before = clause
        first = parts[0].clause
        meals = {part.clause.object.noun for part in parts if part.clause.object is not None}
        if (
            not plain
            and not kept[0].link
            and first.kind == "verb"
            and not (first.modal or first.negation or first.time)
            and self._chance(0.3)
        ):
            first.time = "yesterday" if tense == "past" else "tomorrow"
            if first.verb == "go":
                first.time = rng.choice(TIMES[tense])
            if (first.time == "in_the_morning" and "dinner" in meals) or (
                first.time == "in_the_evening" and "lunch" in meals
            ):
                first.time = "yesterday" if tense == "past" else "tomorrow"
            if first.time == "today" or (tense == "past" and first.progressive):
                first.time = ""
        return parts

    def _tell_apart(self, thing: Phrase, hero: Phrase, spec: str) -> None:
        """Takes another thing where a pronoun would not tell it from the one who has it: он не съел пирог, … он."""
        things = spec.partition(":")[2].removeprefix("~").split(",")
        if not self.russian or thing.is_pronoun or thing.number == "pl":
            return
        if self._sex(hero) == self._genders(thing.noun):
            others = [name for name in things if self._genders(name) != self._sex(hero)]
            if others:
                thing.noun = self.rng.choice(others)

    def _in_role(self, role: str, story: Story, people: dict[str, Phrase], known: set[str], speaker: str) -> Phrase:
        """The subject of a clause of a story: a noun at first, then a pronoun where it tells who."""
        hero = people["p"]
        if role == "p" and "p" not in known:
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
            return self._relation(story, people)
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

    def _relation(self, story: Story, people: dict[str, Phrase], determiner: str = "") -> Phrase:
        """The other one of a story, by what he or she is to the first."""
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

    def _whose(self, hero: Phrase) -> str:
        return {"i": "my", "we": "our", "p": "their", "f": "her", "m": "his"}[
            hero.noun if hero.noun in ("i", "we") else self._sex(hero)
        ]

    def _to_role(self, name: str, people: dict[str, Phrase], known: set[str], story: Story) -> Phrase:
        """Somebody of a story as an object: him, his sister."""
        if name == "q":
            if "q" not in people:
                known.add("q")
                return self._relation(story, people, "own")
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

    def _spec(
        self,
        spec: str,
        subject: Phrase,
        tense: str,
        detail: float,
        before: Clause | None = None,
        cast: tuple[str, dict[str, Phrase], set[str], Story] | None = None,
        related: str = "",
    ) -> Clause:
        """A clause from one line of a table of scripts.

        Args:
            spec: the line.
            subject: who.
            tense: "present", "past", "future", unless the line gives one.
            detail: how likely adjectives are.
            before: the clause whose object "it" and "=" are.
            cast: of a story, its people.
            related: the line of the clause that follows.
        """
        spec, _, given = spec.partition("@")
        spec, _, places = spec.partition(">")
        spec, _, to = spec.partition("+")
        spec, _, things = spec.partition(":")
        *marks_, verb = spec.split(".")
        tense = given or tense
        rng = self.rng
        other = before.object if before is not None else None
        if verb == "weather":
            return Clause(self._next(), "weather", adjective=rng.choice(things.split(",")), tense=tense)
        if "other" in marks_ and other is not None:  # they waited for the bus, but the bus did not come
            subject = self._pronoun_for(other)
            if other.noun not in HUMAN and not other.is_pronoun and not self.russian:
                subject = Phrase(subject.id, other.noun, other.number)  # so that "ele" is who waited
        if verb == "be":
            if "it" in marks_:
                assert other is not None
                subject = self._pronoun_for(other)
                subject.dropped = "" if self.russian else "always"
            return Clause(
                self._next(), "adjective", subject=subject, adjective=rng.choice(things.split(",")), tense=tense
            )
        clause = Clause(self._next(), "like" if verb == "like" else "verb", verb=verb, subject=subject, tense=tense)
        action = VERBS.get(verb)
        clause.negation = "not" if "not" in marks_ else ""
        clause.modal = next((mark for mark in marks_ if mark in ("want", "can", "must", "begin", "to")), "")
        if things == "=":
            assert other is not None
            clause.object = self._pronoun_for(other)
            if self.russian and self._chance(0.65):
                clause.order = "pronoun"
            if verb == "find" and clause.negation == "not" and tense == "past":
                clause.modal, clause.object.dropped = "can", "always"
        elif things == "==":  # his motorcycle, and his sister bought the motorcycle
            assert other is not None
            clause.object = Phrase(self._next(), other.noun)
            clause.order = "object" if self.russian else "plain"
        elif things in ("p", "q"):
            assert cast is not None
            clause.object = self._to_role(things, *cast[1:])
        elif things:
            own = things.startswith("~")
            group = tuple(things.removeprefix("~").split(","))
            drinker = cast[1]["p"] if cast is not None else subject
            if drinker.noun in KIDS and "coffee" in group:
                group = tuple(["milk" if name == "coffee" else name for name in group])
            determiner = "the" if verb == "like" or (action and action.definite) else "any" if clause.negation else "a"
            if own or (determiner == "any" and related.startswith("it.")):
                determiner = "own" if own else "the"
            plain = own or verb != "like" or cast is not None
            clause.object = self.phrase(group, detail, determiner, own=verb not in ("like", "meet"), plain=plain)
            if verb == "meet" and clause.object.noun in ("friend", "friend_f") and self._sex(subject) in ("m", "f"):
                clause.object.noun = "friend_f" if self._sex(subject) == "f" else "friend"
            if own or clause.object.noun not in SEVERAL or "not.understand" in related or clause.modal or verb in MADE:
                clause.object.number = "sg"
            if clause.object.noun in HUMAN or (own and verb != "sell"):
                clause.object.adjective = ""
            if verb == "eat" and cast is not None and clause.object.determiner != "piece":
                clause.object.adjective = ""
                if (
                    clause.object.noun == "apple"
                    and subject.number == "sg"
                    and subject.noun not in ("we", "you", "they")
                ):
                    clause.object.number = "sg"
            if clause.modal == "want" and verb != "like" and clause.object.determiner in ("this", "that"):
                clause.object.determiner = "a"
            if own and clause.object.adjective == ("new" if verb == "sell" else "expensive"):
                clause.object.adjective = ""
            if cast is not None and other is not None and other.noun == clause.object.noun:
                clause.object.adjective = ""
            if verb == "drink":
                clause.object.adjective = ""  # hot water, because it is hot
            if verb in ("buy", "sell") and before is not None and before.verb in ("buy", "sell"):
                assert other is not None
                self._avoid(clause.object, other, group)  # not: he will sell his house and buy a house
            if verb == "buy" and things == "ticket":
                if self.russian:
                    clause.object.adjective = "new"
                else:
                    clause.object.determiner = "another"
            if verb == "wash" and clause.object.noun in ("plate", "cup") and cast is not None:
                clause.object.number = "pl"
            gift = verb == "buy" and "gift" in things.split(",") and (cast is not None or related == "love:kin")
            if gift and clause.object.noun == "toy":
                clause.object.noun, clause.object.adjective = rng.choice(("flower", "gift", "scarf")), ""
            self._fit(clause.object, clause, subject)
            if verb == "open" and clause.object.noun == "door":
                clause.object.number = "sg"  # one key
            if "old" in marks_:
                clause.object.adjective, clause.object.number = "old", "sg"
            if clause.modal == "want" and clause.object.adjective not in (
                "new",
                "big",
                "beautiful",
                "fresh",
                "interesting",
            ):
                clause.object.adjective = ""
            self._avoid(clause.object, subject, group)
            if verb == "like" and clause.object.determiner != "the":
                clause.object.determiner = "this"
        if to:
            assert cast is not None
            clause.recipient = self._to_role(to, *cast[1:])
            clause.order = "plain"
            if verb == "buy" and clause.object is not None:
                clause.object.number = "pl" if clause.object.noun == "flower" else "sg"
        elif action is not None and action.recipients and verb != "tell" and "=" not in things[1:]:
            near: tuple[str, ...] = ("friend", "friend_f", "neighbour", "neighbour_f")
            near = near[:2] if verb == "send" else near  # who lives next door gets no letters
            if subject.number != "pl" and subject.noun != "they":  # these have no common aunt
                kin = [noun for noun in CLASSES["kin"] if subject.noun not in YOUNG or noun not in ("son", "daughter")]
                near = (*kin, *near)
            clause.recipient = self.phrase(near, 0.0, "the", own=True, plain=True)
            clause.recipient.determiner = "my" if subject.noun == "child" and not self.russian else "own"
            clause.recipient.number, clause.recipient.adjective = "sg", ""
            self._avoid(clause.recipient, subject, near)
            clause.order = "plain"
        if places and action is not None:
            relation = action.direction or ("in" if verb in ("play", "live", "remain", "rest") else "to")
            clause.place = Place(relation, Phrase(self._next(), rng.choice(places.split(","))))
            _go_there(clause.place, subject)
        self._settle(clause)
        return clause

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
            phrase.number, phrase.determiner = "sg", "a" if phrase.determiner in NUMERALS else phrase.determiner
        if clause.verb == "learn" and phrase.noun not in CLASSES["abstract"]:
            phrase.adjective = ""
        if clause.frequency and phrase.owner is not None:
            phrase.owner, phrase.determiner = None, "a"
            phrase.number = "sg" if phrase.noun in MASS or phrase.noun in SINGLE else "pl"
        if clause.verb in ("build", "draw"):
            phrase.number, phrase.determiner = "sg", "a" if phrase.determiner in NUMERALS else phrase.determiner
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
            phrase.number = "sg"
            phrase.determiner = "a" if phrase.determiner in NUMERALS else phrase.determiner
        if clause.verb in ("buy", "read_while") and phrase.adjective in ("long", "short", "boring", "sad", "good"):
            phrase.adjective = ""
        if clause.verb == "watch" and phrase.adjective != "new":
            phrase.adjective = ""
        if clause.verb == "watch" and not clause.frequency:
            phrase.number = "sg"
            phrase.determiner = "a" if phrase.determiner in NUMERALS else phrase.determiner
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
            phrase.number, phrase.determiner = "sg", "a" if phrase.determiner in NUMERALS else phrase.determiner
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
            phrase.number = "sg"
            phrase.determiner = "a" if phrase.determiner in NUMERALS else phrase.determiner
        if phrase.noun in HUMAN and phrase.number == "pl" and phrase.determiner == "a" and phrase.noun != "guest":
            phrase.number = "sg"
        if clause.verb == "sell" and phrase.noun in ("apple", "pear", "egg", "sandwich") and phrase.determiner == "a":
            phrase.number = "pl"
        if phrase.determiner == "any" and phrase.number == "sg" and phrase.noun not in MASS:
            phrase.determiner = "the"

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
            clause.place = None if asked == "where" else clause.place
            if asked == "what":
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
        action = VERBS.get(chosen, _SAY)
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
            _go_there(clause.place, clause.subject)
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

    def _at_work(self, clause: Clause, who: Phrase) -> None:
        """Doctors work in hospitals."""
        assert clause.place is not None
        noun = who.noun
        if noun in WORKPLACES:
            clause.place.phrase.noun = self.rng.choice(WORKPLACES[noun].split())
        elif clause.place.phrase.noun in ("village", "city", "hospital", "theatre"):
            clause.place.phrase.noun = "office"

    def _affirm(self, clause: Clause) -> None:
        """Takes the negation away, and what it did to the object."""
        thing = clause.object
        if clause.negation and thing is not None and not VERBS[clause.verb].definite:
            if thing.determiner in ("any", "the") and thing.owner is None and thing.relative is None:
                thing.determiner = "piece" if clause.verb == "eat" and thing.noun in ("cake", "pie") else "a"
                thing.number = "sg" if thing.determiner == "piece" else thing.number
        clause.negation = ""

    def _settle(self, clause: Clause) -> None:
        """What follows from the rest: whether it is going on."""
        action = VERBS.get(clause.verb, _SAY)
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
            whose = inner.subject.noun in (*CLASSES["kin"], "friend", "friend_f")
            inner.subject.determiner = "my" if whose else "the"
        assert clause.subject is not None
        if inner.subject.noun == clause.subject.noun:
            return
        if self.russian and self._chance(0.5):
            inner.order = "inverted"
        inner.subject.adjective = ""
        phrase.determiner, phrase.relative, phrase.relative_role = "the", inner, "object"

    # --------------------------------------------------------------------------------------------------- phrases

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
        if action.objects:
            inner.object = self.phrase(action.objects, 0.0, "a", plain=True)
        else:
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
        if inner.verb == "sell" and phrase.noun not in concepts(VERBS["sell"].subjects):
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


@functools.cache
def _fitting(clauses: int, wanted: str, plain: bool) -> tuple[tuple[Story, str], ...]:
    """The stories that have so many clauses, each with a tense; the arguments are those of `Maker._story`."""
    found = []
    for story in STORIES:
        for tense in story.tenses:
            beats = story.told(tense)
            least = sum(not beat.optional for beat in beats)
            begins = beats[0].link or "@had" in "".join(beat.spec for beat in beats)
            if least <= clauses <= len(beats) and wanted in ("", tense) and not (plain and begins):
                found.append((story, tense))
    return tuple(found)


def _in_vain(clause: Clause) -> bool:
    """Whether somebody could not find what was looked for: he is not named again."""
    return clause.verb == "find" and clause.modal == "can" and clause.negation == "not"


def _go_there(place: Place, subject: Phrase) -> None:
    """Where people go, in Portuguese: to the beach, not into the sea, and pupils to school."""
    if place.phrase.noun == "sea" and place.relation == "to":
        place.phrase.noun = "beach"
    pupils = ("child", "boy", "girl", "student", "student_f", "son", "daughter")
    if place.phrase.noun == "office" and subject.noun not in CLASSES["worker"] and not subject.is_pronoun:
        place.phrase.noun = "school" if subject.noun in pupils else "market"
    if place.phrase.noun == "school" and subject.noun not in (*pupils, "teacher", "teacher_f", "he", "she", "they"):
        place.phrase.noun = "library"


def _choose_words(sentence: Sentence, in_russian: bool) -> None:
    """What a language tells apart: pupils from students, presents from what is just given, soup from what is eaten."""
    phrases: list[Phrase] = []
    given = ""
    found = False
    bought = True
    drawn = False
    for number, part in enumerate(sentence.parts):
        clause = part.clause
        where = clause.place.phrase if clause.place is not None else None
        for phrase in (clause.subject, clause.object, clause.recipient, where):
            if phrase is not None:
                phrases.append(phrase)
                phrases += [phrase.owner] if phrase.owner is not None else []
                inner = phrase.relative
                if inner is not None:
                    more = (inner.subject, inner.object, inner.place.phrase if inner.place is not None else None)
                    phrases += [one for one in more if one is not None]
        thing = clause.object
        subject = clause.subject or part.head
        if not in_russian and subject is not None and subject.noun not in ("i", "we", "you"):  # "seu" would be "your"
            several = subject.number == "pl" or subject.noun == "they"
            female = subject.noun in (*WOMEN, "she", "child")
            if where is not None and where.determiner == "own":
                where.determiner = "their" if several else "her" if female else "his"
            if thing is not None and thing.determiner == "own" and several and clause.verb not in ("lose", "sell"):
                thing.determiner = thing.determiner if thing.noun in CLASSES["kin"] else "their"
        if thing is not None and not thing.is_pronoun:
            given = thing.noun
        lost = clause.verb in ("lose", "look_for", "forget", "sell", "invite", "help", "thank", "find")
        for phrase in (thing, clause.recipient):  # lost the key, helped grandmother: one's own
            if phrase is None or phrase.determiner != "own" or phrase.adjective:
                continue
            kin = phrase.noun in (*CLASSES["kin"], "husband", "wife")
            kin = kin or (phrase.noun in ("friend", "friend_f") and clause.verb != "meet")
            phrase.bare = kin or (lost and phrase is thing)
        later = {follower.shift for follower in sentence.parts[number + 1 :] if follower.link == "then"}
        timed = {one.clause.time for one in sentence.parts} & {"tomorrow", "in_the_evening", "in_the_morning", "today"}
        supposed = any(one.link in ("if", "but_if", "when") for one in sentence.parts)
        sure = not (timed or supposed or "bare" in later or part.shift)
        if not in_russian and clause.verb == "go" and clause.tense == "future" and not clause.modal and sure:
            clause.tense, clause.progressive = "present", True  # vai: is going
        if clause.verb == "come" and where is not None and where.noun in ("village", "city") and in_russian:
            clause.verb = "arrive"
        if clause.verb == "come" and where is not None and not in_russian:
            clause.verb = "enter" if where.noun == "kitchen" else "arrive"
        if in_russian:
            for one, phrase in ((clause, thing), *((p.relative, p) for p in (thing, clause.subject) if p is not None)):
                if one is not None and one.verb == "cook" and phrase is not None and one.question != "what":
                    sweet = given if phrase.is_pronoun else phrase.noun
                    one.verb = "bake" if sweet in ("cake", "pie") else "cook"
        if clause.verb == "eat" and thing is not None and given == "soup" and not in_russian:
            clause.verb = "take_soup"
        if clause.verb == "tell" and thing is not None and not in_russian:
            thing.noun = "story"
        found = found or clause.verb == "find"
        bought = bought and clause.verb != "cook"
        drawn = drawn or clause.verb == "draw"
        if not in_russian and (thing is None or not thing.is_pronoun):
            continue
        if clause.verb == "give" and clause.recipient is not None:
            twice = not in_russian and given == "gift"  # comprou presentes e deu de presente
            if twice or (found and thing is not None and thing.is_pronoun):
                clause.verb = "hand"
            elif drawn or (
                given in PRESENTS and bought and (given != "cake" or (thing is not None and thing.is_pronoun))
            ):
                clause.verb = "present"
            elif thing is not None and thing.is_pronoun:
                clause.verb = "hand"
    if not in_russian:  # food is bought at the market, "loja" is for the rest
        verbs = {part.clause.verb for part in sentence.parts}
        nouns = {phrase.noun for phrase in phrases}
        if verbs & {"cook", "eat"} or ("buy" in verbs and nouns & set(concepts(("food", "drink")))):
            for phrase in phrases:
                phrase.noun = "market" if phrase.noun == "shop" else phrase.noun
        return
    schooled = {"school", "teacher", "teacher_f", "exercise"} & {phrase.noun for phrase in phrases}
    for phrase in phrases if schooled else ():
        if phrase.noun in ("student", "student_f"):
            phrase.noun = phrase.noun.replace("student", "pupil")


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
