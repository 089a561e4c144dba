"""Makes the meanings of the translation corpus, one after the other, by chance and by `utils.translation_lexicon`.

Four layers, each a class that knows those below: phrases, clauses, stories, and here whole sentences with what
somebody says of others.
"""

from __future__ import annotations

from utils.translation_lexicon import (
    CLASSES,
    NEWS,
    PRESENTS,
    SPEAKERS_KIN,
    TELLERS,
    VERBS,
    WOMEN,
    concepts,
)
from utils.translation_meanings import Clause, Part, Phrase, Sentence
from utils.translation_stories import Stories

__all__ = ["Maker"]


class Maker(Stories):
    """Makes meanings, one after the other; its arguments are those of `utils.translation_phrases.Phrases`."""

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
