"""What goes with what in the translation corpus: who reads, what is read, what a cake is like, why one goes to shops.

Plain tables over concepts, no words of any language. They keep the sentences sensible: a verb names who does it, to
what and where, an adjective the nouns that it fits, and pairs of clauses ("scripts") hold because one is a reason for
the other, or follows it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "ADJECTIVES",
    "AWAY",
    "CLASSES",
    "DRAWN",
    "ELDERS",
    "FREQUENCIES",
    "GOT",
    "HUMAN",
    "IDLE",
    "INTRANSITIVE",
    "KIDS",
    "KINDS",
    "KIND_WEIGHTS",
    "MADE",
    "MASS",
    "NEVER_ASKED",
    "NEWS",
    "OWNED",
    "PLACES",
    "POSSESSIVES",
    "PRESENTS",
    "PROFESSIONS",
    "PUNCTUAL",
    "RELATED",
    "SCENE",
    "SCRIPTS",
    "SEVERAL",
    "SINGLE",
    "SPEAKERS_KIN",
    "STATES_OF",
    "STORIES",
    "THINGS_ON_SEATS",
    "THINGS_ON_TABLES",
    "TIMES",
    "TOLD",
    "UNDENIED",
    "UNPLANNED",
    "VERBS",
    "VISIBLE",
    "WOMEN",
    "WORKPLACES",
    "YOUNG",
    "Action",
    "Beat",
    "Story",
    "concepts",
    "fitting_adjectives",
]


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


CLASSES: dict[str, tuple[str, ...]] = {
    "kin": _list("grandmother grandfather mother father brother sister son daughter aunt uncle"),
    "person": _list(
        """boy girl teacher teacher_f student student_f doctor neighbour neighbour_f friend friend_f artist writer cook
        engineer fisherman gardener journalist musician actor actress child woman man guest tourist singer sailor
        farmer driver soldier nurse mechanic carpenter old_man"""
    ),
    "animal": _list("dog cat horse cow bird rabbit goat sheep duck kitten puppy"),
    "pet": _list("dog cat rabbit kitten puppy"),
    "text": _list("book letter newspaper magazine poem novel story fairy_tale"),
    "written": _list("book letter poem novel story fairy_tale"),
    "food": _list("apple pear cake pie egg sandwich bread soup cheese fish"),
    "dish": _list("soup cake pie dinner lunch"),
    "goods": _list("apple pear cake pie egg sandwich bread cheese fish"),
    "drink": _list("tea coffee milk water juice"),
    "clothes": _list("shirt dress coat hat scarf jacket sweater skirt"),
    "vehicle": _list("car bicycle boat motorcycle"),
    "transport": _list("bus train"),
    "thing": _list(
        "umbrella phone computer camera guitar violin bag basket box cup plate knife spoon toy ball clock map lamp"
    ),
    "small": _list("key ticket umbrella phone camera bag toy ball map photograph"),
    "furniture": _list("table chair sofa bed cupboard lamp mirror shelf"),
    "gift": _list("gift flower toy book picture scarf"),
    "art": _list("picture portrait photograph"),
    "building": _list("house school bridge church library hospital theatre"),
    "abstract": _list("question problem rule exercise answer word"),
    "song": _list("song"),
    "film": _list("film"),
}
"""Kinds of nouns; what a verb takes and what an adjective fits is said in these names."""

MASS = frozenset(_list("bread soup cheese fish tea coffee milk water juice dinner lunch"))
"""Never counted here: no plural, no "a"."""

# Adjectives by the classes they fit.
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "person": _list("young old kind clever cheerful tired tall strange polite"),
    "animal": _list("small big black white old clever"),
    "text": _list("interesting new old long short boring sad good"),
    "food": _list("fresh tasty big"),
    "drink": _list("hot cold fresh"),
    "clothes": _list("new old warm beautiful red blue white black expensive"),
    "vehicle": _list("new old red blue white black expensive"),
    "thing": _list("new old small big beautiful expensive"),
    "furniture": _list("new old small big beautiful comfortable"),
    "art": _list("beautiful old strange good new"),
    "building": _list("new old big small beautiful"),
    "abstract": _list("difficult simple important"),
    "song": _list("beautiful sad old new cheerful"),
    "film": _list("interesting boring new old sad good"),
    "gift": _list("beautiful small expensive"),
}

_OWN_ADJECTIVES = {
    "apple": "fresh big red tasty", "pear": "fresh big tasty", "cake": "big tasty", "pie": "big tasty",
    "egg": "fresh", "sandwich": "fresh big tasty", "bread": "fresh white black", "soup": "hot",
    "cheese": "fresh", "fish": "fresh", "dinner": "", "lunch": "", "map": "old new big",
    "tea": "hot cold", "coffee": "hot cold", "milk": "fresh cold hot", "water": "cold hot", "juice": "fresh cold",
    "bus": "red old", "box": "small big old beautiful", "train": "fast", "friend": "good new", "friend_f": "good new",
    "cupboard": "new old big", "shelf": "new old small", "mirror": "old small big beautiful", "table": "new old big",
    "lamp": "new old beautiful", "kitten": "black white", "puppy": "black white",
    "child": "small kind cheerful hungry",
    "boy": "small tall cheerful polite hungry", "girl": "small tall cheerful polite hungry",
    "artist": "young old famous strange", "writer": "young old famous clever", "actor": "young old famous tall",
    "actress": "young famous cheerful tall", "singer": "young famous cheerful", "musician": "young old famous cheerful",
    "old_man": "kind strange cheerful tired", "guest": "polite strange tired",
    "man": "old kind tall strange polite tired", "woman": "old kind tall clever polite tired",
    "newspaper": "new old", "magazine": "new old interesting",
    "letter": "long sad",
    "flower": "red white beautiful", "key": "old small", "ticket": "expensive", "photograph": "old beautiful",
    "gift": "beautiful expensive small", "word": "difficult new", "grandmother": "kind", "grandfather": "kind",
    "student": "young clever polite tall", "student_f": "young clever polite tall",
}  # fmt: skip
"""Nouns that take adjectives of their own, not those of their class."""

PLACES: dict[str, tuple[str, ...]] = {
    "work": _list("office school shop library museum theatre hospital station restaurant market village city"),
    "out": _list("park garden forest yard field beach street square"),
    "kitchen": ("kitchen",),
    "room": _list("room yard garden"),
    "meal": _list("kitchen garden"),
    "goal": _list(
        "school shop library museum theatre park hospital station market church office restaurant forest village city"
    ),
    "home": _list("village city house"),
    "water": _list("river lake sea"),
    "shop": _list("shop market city"),
    "read": _list("library room garden park kitchen office"),
    "surface": _list("table chair shelf floor sofa"),
    "sleep": _list("room garden"),
    "rest": _list("village garden beach park"),
    "dance": _list("square restaurant"),
    "about": _list("park garden yard street"),
}


@dataclasses.dataclass(frozen=True)
class Action:
    """What goes with a verb.

    Args:
        subjects: classes of those who do it.
        objects: classes or nouns of what it is done to; none for a verb without object.
        recipients: whether it has somebody to whom.
        places: a group of `PLACES`, where it happens.
        direction: "to" or "from" for a verb of motion, in place of `places`.
        manners: adverbs that fit.
        stative: "knows", never "is knowing".
        definite: its object is known: "closes the door".
        lasting: it has no end, so the past is "was sleeping".
    """

    subjects: tuple[str, ...]
    objects: tuple[str, ...] = ()
    recipients: bool = False
    places: str = ""
    direction: str = ""
    manners: tuple[str, ...] = ()
    stative: bool = False
    definite: bool = False
    lasting: bool = False


def _actions(table: str) -> dict[str, Action]:
    actions = {}
    for line in table.strip().replace("\n    ", " ").split("\n"):  # an indented line goes on with the one before
        name, subjects, objects, places, manners, *marks = (part.strip() for part in line.split("|"))
        flags = " ".join(marks).split()
        actions[name] = Action(
            subjects=tuple(subjects.split()),
            objects=tuple(objects.split()),
            recipients="recipient" in flags,
            places=places if places not in ("to", "from") else "",
            direction=places if places in ("to", "from") else "",
            manners=tuple(manners.split()),
            stative="stative" in flags,
            definite="definite" in flags,
            lasting="lasting" in flags,
        )
    return actions


VERBS = _actions(
    """
read | person kin | text | read | slowly quickly quietly attentively |
write | person kin | written | read | slowly quickly |
buy | person kin | goods clothes vehicle thing gift furniture | shop | |
sell | person | goods vehicle furniture computer phone camera guitar violin | shop | |
find | person kin | small pet | about | |
lose | person kin | small | out | |
bring | person kin | food gift text umbrella camera guitar | | quickly |
wash | person kin | cup plate knife window floor car | | quickly carefully | definite
cook | cook mother grandmother father aunt woman nurse | dish | | quickly |
eat | person kin | food | meal | slowly quickly |
drink | person kin | drink | meal | slowly quickly |
draw | artist child boy girl student student_f son daughter |
    animal house tree flower portrait map | room | quickly carefully |
paint | carpenter gardener father grandfather man son old_man | wall door fence roof | | slowly carefully | definite
repair | mechanic carpenter engineer father grandfather uncle man driver neighbour |
    car bicycle clock roof computer lamp boat motorcycle phone chair | | quickly slowly carefully | definite
open | person kin | window door box bag letter | | slowly quickly quietly | definite
close | person kin | window door box | | slowly quickly quietly | definite
hide | child boy girl old_man woman man son daughter | key letter ticket photograph book | | quickly | definite
clean | woman man mother father sister brother son daughter nurse girl boy |
    room kitchen yard | | quickly slowly | definite
build | engineer carpenter farmer man father grandfather | house school bridge church boat fence | | |
sing | singer actress actor musician girl mother grandmother child | song | room | quietly loudly |
listen | person kin | song music radio | room | quietly attentively | lasting definite
watch | person kin | film | | attentively |
look_for | person kin | small pet | | | lasting definite
wait_for | person kin | transport person letter answer | | | lasting definite
help | person kin | person kin | | | person definite
thank | person kin | person kin | | politely | definite
invite | person kin | person | | politely | definite
meet | person kin | friend friend_f neighbour neighbour_f teacher teacher_f doctor | out | |
see | person kin | person animal vehicle house church | out | | stative
know | person kin | teacher teacher_f doctor artist writer journalist musician actor actress singer student
    student_f soldier man woman child | | | stative definite lasting
love | person kin | kin pet music | | | stative definite lasting
remember | person kin | person song poem rule | | | stative definite lasting
understand | person kin | question problem rule poem word | | | stative definite
forget | person kin | word rule question umbrella key | | | definite
give | person kin | gift food book magazine newspaper umbrella phone camera cup bag map | | | recipient
show | person kin | art book letter newspaper map phone camera guitar violin toy | | | recipient
send | person kin | letter photograph book | | | recipient
tell | person kin | story fairy_tale | | quietly slowly | recipient
explain | teacher teacher_f student engineer doctor father mother brother |
    rule problem exercise | | slowly patiently | recipient definite
learn | student student_f child boy girl son daughter | rule poem word song | |  | definite
visit | tourist student student_f journalist artist grandmother woman man friend |
    museum theatre church school hospital | | | definite
sleep | person kin pet | | sleep | | lasting
work | person kin | | work | | lasting
rest | person kin | | rest | | lasting
laugh | person kin | | room | loudly quietly | lasting
cry | child girl boy woman actress daughter | | room | loudly quietly | lasting
dance | person kin | | dance | | lasting
swim | person kin duck | | water | slowly quickly | lasting
walk | person kin | | out | slowly | lasting
run | child boy girl dog horse puppy kitten | | out | quickly | lasting
live | person kin | | home | | lasting stative
play | child boy girl son daughter kitten puppy | | out | quietly | lasting
go | person kin | | to | slowly |
come | person kin | | to | |
remain | person kin | | | |
return | person kin | | from | |
talk | person kin | person kin | out | quietly loudly | lasting
dream | person kin | house car dog bicycle boat guitar | | | lasting
"""
)
"""The verbs: who | what | where | how | marks."""

TIMES = {"present": ("now", "today"), "past": ("yesterday", "today", "in_the_morning", "in_the_evening"),
         "future": ("tomorrow", "today", "in_the_evening")}  # fmt: skip
FREQUENCIES = ("often", "always", "sometimes", "rarely")


@functools.cache
def concepts(group: Sequence[str]) -> tuple[str, ...]:
    """The nouns of some classes, or nouns named themselves."""
    found: dict[str, None] = {}
    for name in group:
        found.update(dict.fromkeys(CLASSES.get(name, (name,))))
    return tuple(found)


@functools.cache
def fitting_adjectives(noun: str) -> tuple[str, ...]:
    """The adjectives that go with a noun."""
    if noun in _OWN_ADJECTIVES:
        return _list(_OWN_ADJECTIVES[noun])
    for name, members in CLASSES.items():
        if noun in members and name in ADJECTIVES:
            return ADJECTIVES[name]
    return ()


_BECAUSE = """
person kin | go>shop,market | want.buy:goods,clothes,gift
person kin | go>library | want.read:book,novel,magazine,newspaper
person kin | go>park,forest,garden | want.walk
child boy girl son daughter | go>park,garden,yard,beach | want.play
person kin | go>river,lake,beach | want.swim
person kin | go>station | want.meet:~friend,friend_f
person kin | go>church,theatre | want.listen:music
person kin | go>restaurant,kitchen | be:hungry
person kin | go>kitchen | want.drink:drink
person kin | eat:apple,pear,cake,sandwich,pie,egg | be:hungry
person kin | sleep | be:tired
person kin | rest | be:tired
person kin | not.work | be:tired,ill
person kin | not.go>office,market,theatre,park,museum | be:tired,ill
person kin | not.dance | be:tired,ill
child girl boy daughter | cry | lose:~toy,ball,key,kitten,puppy@had
child girl boy | cry | be:hungry
person kin | not.can.open:door,box | lose:key@had
person kin | close:window,door | weather:cold
person kin | open:window | weather:hot
person kin | not.go>park,beach,river,forest,lake | weather:cold,late,dark
person kin | return>park,beach,forest,river | weather:cold,late,dark
person kin | drink:water,juice | weather:hot
person kin | drink:tea,coffee | weather:cold
person kin | not.buy:coat,dress,car,bicycle,phone,camera,sofa | it.be:expensive
person kin | not.read:book,novel,magazine,story | it.be:boring,long,sad
person kin | read:book,novel,story,letter | it.be:interesting
person kin | not.eat:soup,fish | it.be:cold
person kin | like:book,novel,film,story | it.be:interesting,good
person kin | like:dress,hat,flower,picture,song,bird | it.be:beautiful
person kin | like:soup,cake,pie,apple,pear | it.be:tasty
person kin | like:coat,sweater,jacket,scarf | it.be:warm
person kin | not.like:film,novel,book | it.be:boring,sad
person kin | like:sofa,chair,bed | it.be:comfortable
person kin | not.understand:problem,rule,exercise,question | it.be:difficult
mechanic father carpenter uncle grandfather | repair:car,bicycle,motorcycle,boat | it.be:old
person kin | sell:~car,bicycle,boat,sofa | it.be:old
person kin | work | want.buy:car,house,boat,computer
person kin | learn:song,poem | like:=
student student_f boy girl | not.go>school,library | be:tired,ill
student student_f boy girl | return>school | be:ill
student student_f boy girl son daughter | learn:rule,word | it.be:important
person kin | help:grandmother,grandfather,mother,aunt | love:=
person kin | cook:dinner,lunch,soup,cake | wait_for:guest,friend,friend_f
person kin | clean:room,kitchen | wait_for:guest
"""
"""Who | does what | because of what. A clause reads [not.][old.][want.|can.|must.|begin.]verb[:objects][>places]
[@tense]. "old." makes the object an old one, "=" is the object of the clause before, "it" is that object as a subject;
otherwise the subject stays the same."""

_SO = """
person kin | be:hungry | eat:food
person kin | be:hungry | go>restaurant,kitchen
person kin | be:tired | not.go>office,theatre,market
person kin | be:tired | go>home
person kin | be:ill | remain>home
person kin | be:ill | not.go>office
person kin | lose:key@past | not.can.open:door,car
person kin | lose:~ticket@past | not.can.go>theatre,museum
person kin | love:music | buy:guitar,violin,radio
person kin | want.buy:car,boat | sell:~motorcycle,bicycle
person kin | want.buy:house | sell:~car,boat
"""

_BUT = """
person kin | look_for:key,ticket | not.find:=
person kin | look_for:~phone,bag,umbrella | not.find:=
person kin | look_for:~cat,dog,kitten,puppy | not.find:=
person kin | be:tired | clean:room,kitchen
person kin | be:tired | help:neighbour,grandmother,friend,mother
person kin | want.go>beach,theatre,museum,park | be:ill
person kin | read:novel,story,poem,letter | not.understand:=
person kin | buy:coat,dress,sweater,hat | not.like:=
person kin | wait_for:bus,train | other.not.come
person kin | invite:friend,friend_f,neighbour,neighbour_f>theatre,museum,restaurant | other.not.come
"""

_THEN = """
person kin | come>kitchen | cook:dish
person kin | come>library | begin.read:book,newspaper,magazine
person kin | go>shop,market | buy:goods,clothes,gift
person kin | return>shop,office,park,market | cook:dish
person kin | return>shop,market | clean:kitchen,room
person kin | buy:apple,sandwich,cake,pie,cheese | give:=
person kin | write:letter | send:=
person kin | find:key | open:door,box
person kin | find:kitten,puppy,cat | give:=
person kin | buy:toy,flower,book,cake | give:=
person kin | open:box,bag | find:key,ticket,toy,photograph,gift
mechanic father carpenter uncle | old.buy:bicycle,car,motorcycle,boat | repair:=
person kin | wash:cup,plate | clean:kitchen
person kin | eat:cake,pie,sandwich,apple | drink:tea,coffee,juice,milk
person kin | drink:drink | wash:cup
person kin | meet:friend,friend_f,neighbour | help:=
person kin | meet:friend,friend_f,neighbour,neighbour_f | invite:=>restaurant
artist | draw:portrait,flower | show:=
child boy girl | draw:dog,cat,house,tree,flower | show:=
person kin | open:letter | read:=
person kin | close:window,door | begin.work
person kin | return>shop,office,park,market | begin.cook:dinner,lunch
person kin | close:window,door | begin.read:book,letter,newspaper,magazine
person kin | open:window | begin.sing:song
"""


_STORIES = """
pf | person kin | kin | when p return>market,shop | . p cook:soup,dinner,pie | and q wash:plate,cup |
    ?because b wait_for:guest
pf | person kin | kin | . p go>shop,market | then buy:cheese,bread,fish,milk | and q cook:lunch,soup |
    ?because b be:hungry
p | person kin | kin | . p wait_for:guest | so p clean:room,kitchen | and q cook:dinner,cake,pie |
    ?then wash:window,floor
p | person kin | kin | . p wait_for:guest | so p go>shop,market | then buy:cheese,fish,juice,bread |
    and q cook:dinner,cake,pie | ?then clean:room,kitchen
p | person kin | kin friend | . p lose:key | but q find:= | then open:door
p | person kin | kin friend | . p lose:~phone,bag,umbrella,camera | but q find:= | ?so p thank:q
p | person kin | kin friend | . p lose:~phone,bag,umbrella,camera,ticket | but q find:= | then give_back:=+p
p | person kin | kin friend | . p look_for:~bag,phone,cat,dog,kitten | so q help:p | ?and p thank:q
p | person kin | kin friend | . p look_for:ticket | but p not.find:= | so p not.go>theatre,museum | ?and q remain>home
p | person kin | kin friend | . p look_for:key | but p not.find:= | so p not.can.open:door | ?and q help:p
p | person kin | kin friend | . p forget:key | so p not.can.open:door | but q help:p
p | person kin | - | although p be:tired | . p clean:room,kitchen | then cook:dinner,soup,cake |
    ?because p wait_for:guest
p | person kin | kin friend | although p be:tired | . p help:q | ?then clean:kitchen,room | ?because p love:q
p | person kin | kin friend | although p be:busy,tired | . p help:q | ?and q thank:p
p | person kin | kin | although p be:tired | . p go>shop,market | then buy:fish,bread,cheese |
    ?and q cook:dinner,soup
p | student student_f | - | although p be:tired | . p learn:poem,rule | then write:letter
p | person kin | kin friend | . p not.eat:soup,fish,pie | because it.be:cold | ?but q eat:=
p | person kin | - | . p be:hungry | but p not.eat:soup,fish | because it.be:cold
p | person kin | kin | . p want.cook:soup,pie,cake | but p be:tired,ill,busy | so q cook:==
pf | person kin | kin | when p come>kitchen | . p drink:tea,coffee,juice | then eat:cake,sandwich,apple |
    ?and q wash:plate,cup
pf | student student_f teacher engineer doctor | kin | when p return>school,office,shop |
    . q cook:lunch,dinner,soup | ?because p be:hungry,tired
pf | child boy girl daughter son | kin | when p return>school,park,beach | . q cook:lunch,soup+p | ?because p be:hungry
pf | child boy girl daughter son | grandmother grandfather aunt uncle | when p come>village | . q tell:fairy_tale+p
pf | person kin | kin friend | when p come>village,city | . q show:portrait,photograph+p
p | person kin | kin friend | when p find:kitten,puppy | . p give:=+q | ?and q thank:p
pf | artist child boy girl | kin friend | when p draw:dog,cat,house,flower,portrait | . p show:=+q
pf | mechanic father carpenter uncle | - | . p old.buy:car,boat,bicycle,motorcycle | then repair:= |
    ?because p want.sell:=
f | girl teacher_f student_f friend_f actress singer nurse grandmother mother aunt sister |
    father grandfather uncle brother friend | if p old.buy:bicycle,car,boat,motorcycle |
    . q repair:=
f | person kin | - | if p find:key | . p open:door,box
f | person kin | kin | if p be:ill | . p remain>home | and q cook:lunch,soup+p
f | person kin | kin friend | if p be:ill,busy | . q go>shop,market | then buy:fish,bread,milk | ?then cook:soup,lunch
f | person kin | kin | if p be:hungry | . q cook:soup,pie,dinner+p | ?then wash:plate,cup
f | person kin | - | if p cook:cake,pie,soup | . p invite:friend,neighbour
f | person kin | kin | if p buy:apple | . q cook:pie,cake | ?then wash:plate,cup
f | person kin | - | if p sell:~car,boat,motorcycle | . p buy:computer,bicycle,guitar
f | person kin | - | if p sell:~boat,motorcycle,house | . p buy:car
f | person kin | kin friend | if p help:q | . q cook:cake,pie,lunch+p
f | person kin | kin friend | if p write:letter | . q read:=
f | person kin | kin | if p go>shop,market | . p buy:bread,milk,fish | and q cook:soup,dinner | ?then wash:plate,cup
p | person kin | kin friend | . p be:ill,busy | so q go>shop,market | then buy:fish,bread,milk | ?then cook:soup,lunch+p
p | person kin | kin friend | . p be:ill | so q bring:soup,apple,pear,juice+p | ?and p thank:q
p | person kin | kin | . p want.buy:car,boat | but it.be:expensive | so p sell:~bicycle,motorcycle
f | person kin | kin | if p be:tired | . p go>home | and q cook:dinner,soup+p | ?then wash:plate,cup
p | person kin | kin | . p want.go>theatre,museum,park,restaurant | but p be:ill | so p remain>home |
    ?and q cook:soup,dinner+p
p | person kin | kin | . p want.go>park,beach,forest,lake | but weather:cold,late | so p remain>home |
    ?then begin.read:book,magazine,newspaper | ?and q cook:dinner,soup+p | ?then wash:plate,cup
p | person kin | kin friend | . p invite:q>theatre,museum,restaurant | but q not.come | because q be:ill,busy
p | person kin | friend friend_f brother sister | . p invite:q>theatre,museum,restaurant | but q be:ill,busy |
    so p remain>home | ?then begin.read:book,magazine,newspaper
p | person kin | kin friend | . p want.open:door | but p lose:key@had | so q help:p | ?and p thank:q
p | person kin | kin | . p not.can.repair:~bicycle,car,computer,phone | so q help:p
pf | person kin | kin friend | . p write:letter,poem | then send:=+q | ?because p love:q
pf | person kin | kin friend | . p buy:flower,gift,cake | then give:=+q | ?because p love:q | ?and q thank:p
p | person kin | kin friend | . p cook:cake,pie | then give:=+q | because q be:hungry
pf | person kin | kin | . p open:letter | then read:= | ?because it.be:important
pf | person kin | kin | . p close:door,window | because weather:cold | and q cook:tea,coffee+p
p | person kin | kin | . p return>park,beach,river,forest | because weather:cold,late,dark |
    and q cook:dinner,tea,soup+p | ?then wash:plate,cup
p | person kin | kin friend | . p not.buy:coat,dress,car,bicycle,phone,camera,sofa | because it.be:expensive |
    ?but q buy:=
p | person kin | - | . p read:novel,poem,story,letter | but p not.understand:= | because it.be:difficult,strange
p | person kin | kin friend | . p read:poem,letter | but p not.understand:= | so q help:p | ?and p thank:q
p | student student_f boy girl daughter son | teacher teacher_f friend | . p not.understand:rule,exercise,problem |
    because it.be:difficult | but q help:p | ?and p thank:q
p | person kin | kin | . p be:hungry | so p go>kitchen | then eat:cake,sandwich,apple |
    ?and q cook:coffee,tea+p
p | person kin | - | . p be:hungry | so p go>restaurant | then eat:soup,fish,pie
p | person kin | kin | . p be:ill | so p remain>home | and q cook:soup,lunch+p
p | person kin | kin | . p be:ill | so p remain>home | and q go>shop,market | then buy:fish,milk,apple,bread |
    ?then cook:soup,lunch+p | ?then wash:plate,cup
p | person kin | kin | . p be:tired | so p not.cook:dinner,lunch | but q buy:pie,sandwich,fish
p | person kin | kin friend | . p lose:~ticket | so p not.can.go>theatre,museum | ?but q buy:ticket | ?then give:=+p
p | person kin | - | . p wait_for:bus,train | but other.not.come | so p not.go>office,theatre,museum
p | person kin | kin | . p wait_for:bus,train | but other.not.come | so p go>home | ?and q cook:dinner,soup+p |
    ?then wash:plate,cup
p | person kin | kin | when p return>office,park,market,forest | . p be:hungry | so q cook:dinner,soup,lunch+p |
    then wash:plate,cup | ?and p clean:room,kitchen | ?then wash:window,floor
p | person kin | kin | . p wait_for:guest | so p go>shop,market | then buy:cheese,fish,juice,bread |
    and q clean:room,kitchen | then cook:dinner,cake,pie | ?then wash:window,floor
p | person kin | friend friend_f neighbour neighbour_f | while p wait_for:bus,train | . p meet:q |
    then invite:q>restaurant,theatre,museum | ?but q be:busy
p | child boy girl daughter son | grandmother grandfather mother father aunt uncle | . p not.want.sleep |
    so q tell:fairy_tale+p
p | child boy girl daughter son | kin | . p cry | because p lose:~toy,ball,kitten,puppy@had | but q find:= |
    ?then give_back:=+p
p | child boy girl daughter son | grandmother grandfather mother father aunt uncle | . p cry |
    because p lose:~toy,ball@had | so q go>shop | then buy:toy,book+p
p | child boy girl daughter son | kin | . p cry | because p be:hungry | so q cook:soup,lunch+p
pf | child boy girl daughter son | kin | . p go>park,yard,garden,beach | because p want.play | and q go>shop,market |
    then buy:bread,milk,cheese
p | person kin | - | . p want.read:book,novel,magazine | so p go>library
pf | person kin | kin | . p go>shop,market | because p want.buy:bread,cheese,fish | and q clean:kitchen,room |
    ?then wash:window,floor | ?because b wait_for:guest
pf | person kin | kin | when p return>library,museum,theatre | . q cook:dinner,soup+p | ?because p be:hungry
p | person kin | kin | when p return>office,park,forest,lake | . p be:hungry | so q cook:dinner,soup,lunch+p |
    ?then wash:plate,cup
p | person kin | kin | although p be:ill,tired | . p go>shop,market | because p want.buy:bread,milk,fish |
    ?and q clean:kitchen,room | ?then wash:window,floor
p | person kin | kin | although weather:cold | . p go>park,forest,river | because p want.walk | and q remain>home |
    ?then cook:dinner,soup | ?then wash:plate,cup
pf | artist child boy girl | kin friend | . p draw:flower,dog,cat,house | then give:=+q | ?because p love:q |
    ?and q thank:p
p | person kin | kin friend | . p find:kitten,puppy | then give:=+q | ?and q thank:p
pf | person kin | friend friend_f brother sister | . p go>library | because p want.read:book,novel,magazine |
    but q not.go | because q be:busy
pf | person kin | kin | . p go>river,lake,beach | because p want.swim | and q remain>home |
    ?because q be:busy,ill
pf | person kin | kin | . p go>park,forest | because p want.walk | and q clean:room,kitchen |
    ?then cook:dinner,lunch | ?because q wait_for:guest
pf | person kin | kin | . p go>station | because p want.meet:~friend,friend_f | and q cook:dinner,lunch |
    ?then clean:room,kitchen | ?then wash:window,floor
pf | person kin | kin | . p wash:plate,cup | and q clean:kitchen,room | ?because b wait_for:guest
pf | person kin | kin | . p clean:room,kitchen | then wash:window,floor | and q cook:cake,pie,dinner |
    because b wait_for:guest
p | person kin | kin | while p read:book,newspaper,magazine,letter@going | . q cook:dinner,soup,lunch |
    ?then wash:plate,cup
p | person kin | kin | while p cook:dinner,soup,lunch@going | . q wash:plate,cup@going |
    ?because b wait_for:guest
p | person kin | kin | while p cook:dinner,lunch@going | . q go>shop,market | then buy:bread,cheese,milk,juice |
    ?because b wait_for:guest
p | person kin | kin | while p sleep | . q clean:room,kitchen | then cook:dinner,soup
p | person kin | kin | while p sleep | . q go>shop,market | then buy:bread,milk,fish | then cook:dinner,soup |
    ?then wash:plate,cup
p | person kin | - | while p wait_for:bus,train | . p read:book,newspaper,magazine@going |
    ?then drink:coffee,juice@going
p | child boy girl daughter son | kin | while p play>yard,garden,park | . q go>shop,market | then buy:fish,bread,milk |
    ?then cook:soup,lunch
p | person kin | kin | when p return>office,shop,market | . q sleep | so p cook:dinner,lunch |
    ?then wash:plate,cup
pf | mechanic father carpenter uncle grandfather | kin | . p repair:roof,car,chair,lamp |
    and q paint:door,wall,fence | ?then clean:yard,room
p | mechanic father carpenter uncle grandfather | kin | while p repair:roof,car,bicycle@going |
    . q paint:door,wall,fence@going
pf | musician singer actor actress | - | . p buy:guitar,violin | because p love:music
p | person kin | - | . p want.buy:house,boat,car | but it.be:expensive | ?so p not.buy:=
"""
"""Tenses | who (p) | who else (q; "-" for nobody) | clauses; an indented line goes on with the one before. Tenses are
p (past), f (future) or both. A clause reads [?]link role spec. A "?" says that it may be left out; "." is no link; the
role is p, q, or b for both; it is missing after "then", which goes on with the subject before, and where the spec has
its own subject. In a spec, "~" before the objects makes them the subject's own, "==" is the object before, named again,
p and q as objects are people of the story, "+q" is to whom, "@had" says that it happened before,
"@going" that it went on."""


class Beat(NamedTuple):
    """A clause of a story: its link, who is its subject ("" for none), its spec, and whether it may be left out."""

    link: str
    role: str
    spec: str
    optional: bool


class Story(NamedTuple):
    """Several clauses about one or two people that tell one situation."""

    tenses: tuple[str, ...]
    who: tuple[str, ...]
    other: tuple[str, ...]
    beats: tuple[Beat, ...]

    def told(self, tense: str) -> tuple[Beat, ...]:
        """Its clauses in a tense: nobody foretells thanks."""
        future = ("thank", "be:hungry")  # thanks, and reasons that are not so yet
        return tuple(
            beat for beat in self.beats if tense == "past" or not (beat.optional and beat.spec.startswith(future))
        )


def _beat(text: str) -> Beat:
    words = text.removeprefix("?").split()
    role = words[1] if len(words) == 3 else ""
    return Beat("" if words[0] == "." else words[0], role, words[-1], text.startswith("?"))


def _stories(table: str) -> tuple[Story, ...]:
    names = {"p": "past", "f": "future"}
    made = []
    for line in table.strip().replace("\n    ", " ").split("\n"):
        tenses, who, other, *beats = line.split(" | ")
        others = tuple(other.split()) if other != "-" else ()
        made.append(Story(tuple(names[t] for t in tenses), tuple(who.split()), others, tuple(map(_beat, beats))))
    return tuple(made)


STORIES = _stories(_STORIES)
"""What happens to one or two people, in two clauses or more."""


def _rows(table: str) -> list[list[str]]:
    return [line.split(" | ") for line in table.strip().split("\n")]


def _scripts(table: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    return tuple((tuple(who.split()), one, two) for who, one, two in _rows(table))


_NEWS = """
n | person kin | be:ill
n | person kin | be:busy
n | child boy girl daughter | cry
n | person kin | sleep
n | person kin | wait_for:guest,doctor,bus,train,letter
n | person kin | look_for:key,ticket
n | person kin | look_for:~phone,dog,cat,bag
n | person kin | not.work
n | person kin | want.buy:car,house,boat,computer
n | person kin | live>city,village
n | child boy girl son daughter | play>yard,garden,park
npf | person kin | cook:dinner,lunch,cake,soup,pie
npf | person kin | sell:~car,house,bicycle,motorcycle,boat
npf | mechanic father uncle carpenter | repair:car,bicycle,clock,roof
npf | engineer carpenter farmer father | build:house,boat,bridge
pf | person kin | buy:car,house,bicycle,motorcycle,boat,computer,guitar
pf | person kin | return>city,village,hospital
pf | person kin | go>theatre,museum,market,station,home
pf | writer journalist artist | write:novel,book,poem,story
pf | person kin | come
f | person kin | help:neighbour,grandmother,friend
p | person kin | not.come
p | person kin | lose:key
p | person kin | lose:~phone,bag,ticket,umbrella,camera
p | person kin | find:~phone,bag,umbrella
p | person kin | find:kitten,puppy
p | person kin | forget:umbrella,key
p | person kin | meet:teacher,doctor,actor,actress,singer,writer
p | person kin | bring:gift,flower,cake
pf | person kin | invite:friend,neighbour>restaurant,theatre
"""
"""What people tell one another: tenses (n is now) | who | what."""

NEWS = tuple((tenses, tuple(who.split()), what) for tenses, who, what in _rows(_NEWS))

TOLD: tuple[str, ...] = (
    "not.go",
    "cry",
    "not.can",
    "not.work",
    "not.buy",
    "sell",
    "lose",
    "look_for",
    "invite",
    "be:ill",
    "find:k",
)
TOLD += ("go>station", "go>library", "want.go", "cook")
"""How pairs of clauses begin that somebody may tell of."""

SCRIPTS = {
    "because": _scripts(_BECAUSE),
    "so": _scripts(_SO),
    "but": _scripts(_BUT),
    "then": _scripts(_THEN),
}

PUNCTUAL = frozenset(_list("find lose bring forget meet give send come begin invite hide open close thank"))
"""Verbs that nobody is in the middle of."""
SEVERAL = frozenset(
    _list(
        """flower apple pear sandwich cake plate cup window door book magazine newspaper gift toy picture photograph
        friend friend_f guest egg knife song rule exercise word dog cat"""
    )
)
"""What stories tell of more than one of."""
SINGLE = frozenset(_list("kitchen yard bus train sea music radio roof floor clock piano coat problem lunch dinner"))
"""Nouns that keep the singular here; some have no other form in Russian."""
HUMAN = frozenset(concepts(("person", "kin")))
PROFESSIONS = _list(
    """teacher doctor artist writer cook engineer fisherman gardener journalist musician actor sailor farmer driver
    soldier mechanic carpenter"""
)
THINGS_ON_TABLES = _list(
    "book letter newspaper magazine key ticket cup plate knife lamp umbrella phone bag apple box hat"
)
THINGS_ON_SEATS = _list("book newspaper magazine umbrella bag hat")
POSSESSIVES = ("my", "my", "my", "our", "our", "his", "her")
SCENE = tuple(
    name for name, action in VERBS.items() if name not in ("know", "love", "remember", "forget", "dream", "remain")
)
INTRANSITIVE = {"work": "work", "sleep": "sleep", "rest": "rest", "swim": "water", "walk": "out", "live": "home",
                 "play": "out", "dance": "dance"}  # fmt: skip
STATES_OF = {"person": "young kind clever cheerful tall", "thing": "new old small big beautiful expensive",
              "clothes": "new old warm beautiful expensive", "text": "interesting long short boring sad",
              "food": "fresh tasty", "building": "new old big small beautiful",
              "furniture": "new old comfortable beautiful",
              "abstract": "difficult simple important", "vehicle": "new old fast expensive",
              "film": "interesting boring sad",
              "animal": "small clever old hungry"}  # fmt: skip

WOMEN = frozenset(
    _list(
        """girl teacher_f student_f pupil_f neighbour_f friend_f grandmother mother sister
        daughter actress woman singer nurse
        aunt"""
    )
)
ELDERS = frozenset(_list("mother father aunt uncle grandmother grandfather"))
YOUNG = frozenset(_list("boy girl child student student_f son daughter sister brother he she i we they"))
"""Those of whose sons and daughters nobody speaks; it may be they."""
KIDS = frozenset(_list("boy girl child son daughter"))
"""Those who drink no coffee and have toys."""
AWAY = frozenset(_list("guest tourist soldier sailor"))
"""Those who have no family at hand."""
RELATED = frozenset(_list("friend friend_f neighbour neighbour_f son daughter"))
OWNED = frozenset(
    concepts(_list("clothes vehicle thing small art friend friend_f neighbour pet book letter room house"))
) - {"clock"}


GOT = {
    "read": "buy write bring find", "sell": "buy build draw", "find": "buy bring", "lose": "buy bring",
    "eat": "buy bring cook",
    "drink": "bring", "wash": "buy", "repair": "buy find", "show": "buy draw write find", "give": "buy find bring",
    "send": "write buy", "hide": "buy write find bring", "bring": "buy cook write", "open": "bring find",
    "buy": "write draw",
}  # fmt: skip
"""What can have happened before to the thing that is now read, sold, …"""


UNDENIED = frozenset(
    _list("hide draw lose bring show paint find run invite build learn explain visit cry laugh look_for")
)
"""What nobody reports not to have done, or not to be going to do."""
UNPLANNED = frozenset(_list("lose find hide cry laugh forget run look_for meet"))
"""What nobody foretells."""
MADE = frozenset(_list("write cook draw build"))
"""What makes its object: it is nobody's yet, and nobody asks for "the" one."""
SPEAKERS_KIN = {
    "grandmother": "grandfather uncle father", "grandfather": "grandmother aunt mother",
    "mother": "father brother uncle grandfather", "father": "mother sister aunt grandmother",
    "aunt": "uncle brother father grandfather", "uncle": "aunt sister mother grandmother",
    "brother": "sister mother grandmother aunt", "sister": "brother father grandfather uncle",
    "son": "daughter mother sister aunt", "daughter": "son father brother uncle",
}  # fmt: skip
"""Beside my father there is my sister: "his daughter" would be somebody else."""
VISIBLE = ("young", "old", "tall", "strange", "cheerful")
"""What one sees of somebody new."""
DRAWN = ("small", "big", "black", "white", "beautiful", "red", "old")
"""What one sees of a thing in a drawing."""
PRESENTS = frozenset(_list("gift flower toy book picture ball scarf cake guitar violin portrait"))
IDLE = frozenset(_list("boy girl child student student_f old_man guest tourist son daughter soldier sailor"))
"""Of those nobody says where they work."""
WORKPLACES = {
    "doctor": "hospital", "nurse": "hospital", "teacher": "school", "teacher_f": "school",
    "cook": "restaurant",
    "actor": "theatre", "actress": "theatre", "singer": "theatre restaurant", "musician": "theatre restaurant",
    "engineer": "office city", "journalist": "office city", "artist": "theatre museum city",
    "writer": "library village",
    "farmer": "village market", "fisherman": "market", "gardener": "park garden", "mechanic": "city village station",
    "carpenter": "village theatre city", "driver": "city hospital market",
}  # fmt: skip
"""Where people of a profession work; others work anywhere."""
NEVER_ASKED = frozenset(_list("cry laugh lose see find"))
"""What nobody must, wants to or can do."""


KINDS = ("verb", "adjective", "profession", "have", "there", "like", "inverted", "object", "nothing", "mind")
KIND_WEIGHTS = (56, 8, 4, 7, 7, 5, 6, 4, 2, 5)
