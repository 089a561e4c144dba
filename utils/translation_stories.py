"""Clauses that belong together: the stories and scripts of the translation corpus, told of its people."""

from __future__ import annotations

import dataclasses
import functools

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
    STORIES,
    TIMES,
    TOLD,
    VERBS,
    YOUNG,
    Story,
    concepts,
)
from utils.translation_meanings import Clause, Part, Phrase, Place

__all__ = ["Stories"]


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
            go_there(clause.place, subject)
        self._settle(clause)
        return clause


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
