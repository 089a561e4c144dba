"""English words of the translation corpus: their forms, by concept.

A *concept* is the name under which `utils.translation_meanings` speaks of a word; it is an English lemma, with a mark
where two words of another language share it ("teacher", "teacher_f"). Plain tables and functions without state.
"""

from __future__ import annotations

import dataclasses
import functools

__all__ = ["PREPOSITIONS", "Verb", "article", "noun", "verb"]

_VOWELS = "aeiou"

# concept = singular / plural, where the plural is not made by rule or the words differ from the concept
_NOUNS = """
scarf/scarves child/children woman/women man/men fisherman/fishermen old_man=old_man/old_men knife/knives sheep/sheep fish/fish
teacher_f=teacher student_f=student neighbour_f=neighbour friend_f=friend doctor_f=doctor tooth/teeth shelf/shelves
fairy_tale=fairy_tale/fairy_tales swimming_pool=swimming_pool/swimming_pools waiter_f=waitress wolf/wolves
"""

# base past participle [-ing]; a rest after "+" is a particle or a preposition that belongs to the verb
_VERBS = """
read:read,read,read write:write,wrote,written,writing buy:buy,bought,bought sell:sell,sold,sold find:find,found,found
lose:lose,lost,lost,losing bring:bring,brought,brought wash:wash cook:cook eat:eat,ate,eaten drink:drink,drank,drunk
draw:draw,drew,drawn paint:paint repair:repair open:open close:close hide:hide,hid,hidden,hiding clean:clean
build:build,built,built sing:sing,sang,sung listen:listen+to watch:watch look_for:look+for wait_for:wait+for help:help
thank:thank invite:invite meet:meet,met,met see:see,saw,seen know:know,knew,known love:love remember:remember
understand:understand,understood,understood forget:forget,forgot,forgotten,forgetting give:give,gave,given,giving
show:show,showed,shown send:send,sent,sent tell:tell,told,told explain:explain sleep:sleep,slept,slept work:work
rest:rest laugh:laugh cry:cry dance:dance swim:swim,swam,swum,swimming walk:walk run:run,ran,run,running live:live
sit:sit,sat,sat,sitting play:play travel:travel,travelled,travelled,travelling go:go,went,gone come:come,came,come,coming
return:return talk:talk think:think,thought,thought dream:dream say:say,said,said be:be,was,been,being have:have,had,had
want:want begin:begin,began,begun,beginning like:like play_on:play ask:ask answer:answer study:study visit:visit
call:call hope:hope decide:decide lie:be,was,been,being
"""

PREPOSITIONS = {"in": "in", "on": "on", "to": "to", "from": "from", "with": "with", "about": "about", "near": "near"}


def article(word: str) -> str:
    """ "a" or "an", by the sound that the word begins with, for the words of this grammar."""
    return "an" if word[0] in _VOWELS and not word.startswith(("uni", "use", "euro", "one")) or word == "hour" else "a"


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh", "o")) and word not in ("photo", "piano", "radio"):
        return word + "es"
    if word.endswith("y") and word[-2] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def _noun_table() -> dict[str, tuple[str, str]]:
    table = {}
    for entry in _NOUNS.split():
        concept, _, forms = entry.rpartition("=")
        singular, _, plural = forms.partition("/")
        table[concept or singular] = (singular, plural or _plural(singular))
    return table


_IRREGULAR = _noun_table()


@functools.cache
def noun(concept: str, number: str) -> tuple[str, ...]:
    """The words of a noun, "sg" or "pl": most have one, "old man" has two."""
    singular, plural = _IRREGULAR.get(concept) or (concept, _plural(concept))
    return tuple((plural if number == "pl" else singular).split("_"))


@dataclasses.dataclass(frozen=True)
class Verb:
    """The forms of a verb, and the word that follows it before its object ("listen to")."""

    base: str
    third: str
    past: str
    participle: str
    ing: str
    particle: str = ""


def _make(entry: str) -> Verb:
    forms, _, particle = entry.partition("+")
    base, *rest = forms.split(",")
    stem = base[:-1] if base.endswith("e") else base
    regular = stem + "ed" if not (base.endswith("y") and base[-2] not in _VOWELS) else base[:-1] + "ied"
    past, participle = (rest[0], rest[1]) if rest else (regular, regular)
    ing = rest[2] if len(rest) > 2 else stem + "ing"
    third = {"be": "is", "have": "has"}.get(base) or _plural(base)
    return Verb(base, third, past, participle, ing, particle)


_VERB_TABLE = {entry.partition(":")[0]: _make(entry.partition(":")[2]) for entry in _VERBS.split()}


def verb(concept: str) -> Verb:
    """The forms of a verb."""
    return _VERB_TABLE[concept]
