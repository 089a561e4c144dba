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
    "COUNTED",
    "ELDERS",
    "FREQUENCIES",
    "GOT",
    "HABITS",
    "HABITUAL",
    "HUMAN",
    "IDLE",
    "INTRANSITIVE",
    "KIDS",
    "KINDS",
    "KIND_WEIGHTS",
    "LISTENERS",
    "LOOKS",
    "MADE",
    "MASS",
    "MODALS",
    "NEAR",
    "NEVER_ASKED",
    "NEVER_DONE",
    "NEWS",
    "ONLY_REFUSED",
    "OWNED",
    "PEOPLE",
    "PLACES",
    "PLAIN_LOOKS",
    "POSSESSIVES",
    "PRESENTS",
    "PROFESSIONS",
    "PUNCTUAL",
    "RELATED",
    "SCENE",
    "SCRIPTS",
    "SEPARATE",
    "SEVERAL",
    "SINGLE",
    "SPEAKERS_KIN",
    "STATES_OF",
    "STAYING",
    "STORIES",
    "TELLERS",
    "THINGS_ON_SEATS",
    "THINGS_ON_TABLES",
    "TIMELESS",
    "TIMES",
    "TOLD",
    "UNDENIED",
    "UNPLANNED",
    "VERBS",
    "VISIBLE",
    "WANTED",
    "WOMEN",
    "WORKPLACES",
    "YOUNG",
    "Action",
    "Among",
    "Beat",
    "Fit",
    "Story",
    "concepts",
    "fits",
    "fitting_adjectives",
    "may_look",
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
    "spouse": _list("wife husband"),
    "adult": _list(
        """grandmother grandfather mother father brother sister aunt uncle neighbour neighbour_f friend friend_f
        woman man teacher teacher_f doctor artist writer engineer journalist musician actor actress singer nurse
        driver mechanic carpenter gardener"""
    ),
    "worker": _list("engineer journalist mother father aunt uncle neighbour neighbour_f woman man writer"),
    "employee": _list(
        """father mother brother sister aunt uncle neighbour neighbour_f doctor nurse teacher teacher_f driver mechanic
        gardener farmer engineer journalist"""
    ),
    "youth": _list("child boy girl son daughter"),
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
    "home": _list("flat dishes"),
    "abstract": _list("question problem rule exercise answer word"),
    "song": _list("song"),
    "film": _list("film"),
}
"""Kinds of nouns; what a verb takes and what an adjective fits is said in these names."""

MASS = frozenset(_list("bread soup cheese fish tea coffee milk water juice dinner lunch dishes"))
"""Never counted here: no plural, no "a"."""

# Adjectives by the classes they fit.
ADJECTIVES: dict[str, tuple[str, ...]] = {
    "person": _list("young old kind clever cheerful tired tall strange polite"),
    "animal": _list("small big black white old clever"),
    "text": _list("interesting new old long short boring sad good"),
    "food": _list("fresh tasty"),
    "drink": _list("hot cold fresh"),
    "clothes": _list("new old warm beautiful red blue white black expensive"),
    "vehicle": _list("new old red blue white black expensive"),
    "thing": _list("new old expensive"),
    "furniture": _list("new old beautiful comfortable"),
    "art": _list("beautiful old strange good new"),
    "building": _list("new old big small beautiful"),
    "abstract": _list("difficult simple important"),
    "song": _list("beautiful sad old new cheerful"),
    "film": _list("interesting boring new old sad good"),
    "gift": _list("beautiful small expensive"),
}

_OWN_ADJECTIVES = {
    "apple": "red", "pear": "", "cake": "big tasty", "pie": "tasty",
    "egg": "fresh", "sandwich": "tasty", "bread": "fresh white black", "soup": "hot",
    "cheese": "fresh", "fish": "fresh", "dinner": "", "lunch": "", "map": "old new",
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
    "newspaper": "", "magazine": "interesting", "fairy_tale": "interesting long",
    "letter": "long sad",
    "flower": "red white beautiful", "key": "old small", "ticket": "expensive", "photograph": "old beautiful",
    "gift": "beautiful expensive small", "word": "difficult new", "grandmother": "kind", "grandfather": "kind",
    "student": "young clever polite tall", "student_f": "young clever polite tall",
}  # fmt: skip
"""Nouns that take adjectives of their own, not those of their class."""

PLACES: dict[str, tuple[str, ...]] = {
    "work": _list("office school shop library museum theatre hospital station restaurant market village city"),
    "out": _list("park forest beach street square"),
    "walk": _list("park garden forest beach"),
    "play": _list("park garden yard street beach"),
    "run": _list("park yard street field beach"),
    "come": _list("school library museum hospital village city station"),
    "meet": _list("park street square station"),
    "kitchen": ("kitchen",),
    "room": _list("room yard garden"),
    "meal": _list("kitchen garden"),
    "goal": _list(
        "school shop library museum theatre park hospital station market church office restaurant forest village city"
    ),
    "home": _list("village city house"),
    "water": _list("river lake sea"),
    "shop": _list("shop market city"),
    "read": _list("library room garden park"),
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
read | person kin | text | read | quietly attentively |
write | person kin | letter letter poem story novel | read | |
buy | person kin | goods clothes vehicle umbrella phone computer camera guitar violin bag lamp clock table sofa chair
    flower book scarf | shop | |
sell | adult | car bicycle boat motorcycle house computer camera guitar violin | | | definite
find | person kin | key ticket umbrella phone bag photograph pet | about | |
lose | person kin | key ticket umbrella phone bag camera | out | |
bring | person kin | apple pear cake pie bread gift flower book newspaper umbrella | | |
wash | adult boy girl son daughter | dishes dishes window floor car | | quickly carefully | definite
cook | cook mother grandmother father aunt uncle woman nurse sister | dish | | quickly |
eat | person kin | food | meal | slowly quickly |
drink | person kin | drink | meal | |
draw | artist youth student student_f |
    dog cat horse bird house tree flower portrait | room | carefully |
paint | carpenter gardener father grandfather man son old_man | wall door fence roof | | slowly carefully | definite
repair | mechanic carpenter engineer father grandfather uncle man driver neighbour |
    car bicycle clock roof computer lamp boat motorcycle phone chair | | quickly slowly carefully | definite
open | person kin | window door box letter | | slowly quietly | definite
close | person kin | window door | | quietly | definite
hide | youth old_man woman man | key letter ticket photograph toy | | quickly | definite
clean | adult boy girl son daughter | flat kitchen yard | | quickly | definite
build | engineer carpenter farmer man father grandfather | house bridge boat fence | | |
sing | singer actress actor musician girl mother grandmother child | song | room | quietly loudly |
listen | person kin | song music radio | room | quietly attentively | lasting definite
watch | person kin | film | | attentively |
look_for | person kin | key ticket umbrella phone bag pet | | | lasting definite
wait_for | person kin | transport friend friend_f guest teacher teacher_f doctor letter answer | | | lasting definite
help | person kin | kin neighbour neighbour_f friend friend_f old_man child teacher teacher_f | | | person definite
thank | person kin | kin neighbour neighbour_f friend friend_f teacher teacher_f doctor nurse driver |
    | | definite
invite | adult student student_f | friend friend_f neighbour neighbour_f sister brother mother aunt |
    | | definite
meet | person kin | friend friend_f neighbour neighbour_f | meet | |
see | person kin | horse cow bird rabbit sheep goat duck dog cat boat church actor actress singer writer bus |
    out | | stative
know | person kin | teacher teacher_f doctor artist writer journalist musician actor actress singer
    | | | stative definite lasting
love | person kin | kin pet music | | | stative definite lasting
remember | person kin | teacher teacher_f doctor neighbour neighbour_f friend friend_f artist singer song poem
    | | | stative definite lasting
understand | person kin | question problem rule poem word | | | stative definite
forget | person kin | word rule question umbrella key ticket | | | definite
give | person kin | flower book gift apple | | | recipient
show | person kin | picture photograph letter | | | recipient
send | person kin | letter photograph book | | | recipient
tell | grandmother grandfather mother father aunt uncle teacher teacher_f woman writer |
    story fairy_tale | | quietly slowly | recipient
explain | teacher teacher_f student engineer father mother brother |
    rule problem exercise | | slowly patiently | recipient definite
learn | student student_f youth | rule poem word song | |  | definite
visit | tourist student student_f journalist artist grandmother woman man friend |
    museum | | | definite
sleep | person kin pet | | sleep | | lasting
work | employee | | work | | lasting
rest | person kin | | rest | | lasting
laugh | person kin | | room | loudly quietly | lasting
cry | child girl boy woman daughter son | | room | loudly quietly | lasting
dance | youth brother sister friend friend_f woman man actor actress singer student student_f | | dance | | lasting
swim | person kin duck | | water | slowly quickly | lasting
walk | person kin | | walk | slowly | lasting
run | child boy girl dog horse puppy kitten | | run | quickly | lasting
live | person kin | | home | | lasting stative
play | youth kitten puppy | | play | quietly | lasting
go | person kin | | to | slowly |
come | person kin | | to | |
remain | person kin | | | |
return | person kin | | from | |
talk | adult student student_f | kin neighbour neighbour_f friend friend_f |
    about | quietly | lasting
dream | person kin | house car dog bicycle boat guitar | | | lasting
"""
)
"""The verbs: who | what | where | how | marks."""

TIMES = {"present": ("now", "today"), "past": ("yesterday", "today", "in_the_morning", "in_the_evening"),
         "future": ("tomorrow", "today", "in_the_evening")}  # fmt: skip
FREQUENCIES = ("often", "often", "always", "sometimes", "rarely")


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
adult youth | eat:apple,pear,cake,sandwich,pie,egg | be:hungry
person kin | sleep | be:tired
person kin | rest | be:tired
person kin | not.work | be:tired,ill
worker | not.go>office | be:tired,ill
person kin | not.go>market,theatre,park,museum | be:tired,ill,busy
person kin | not.dance | be:tired,ill
youth | cry | lose:~toy,ball,key,kitten,puppy@had
child girl boy | cry | be:hungry
person kin | not.can.open:door,box | lose:key@had
person kin | close:window,door | weather:cold
person kin | open:window | weather:hot
person kin | not.go>park,beach,river,forest,lake | weather:cold,late,dark
person kin | return>park,beach,forest,river | weather:cold,late
person kin | drink:water,juice | weather:hot
person kin | drink:tea,coffee | weather:cold
adult | not.buy:coat,dress,car,bicycle,phone,camera,sofa | it.be:too_expensive
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
adult | sell:~car,bicycle,boat,sofa | it.be:old
adult | work | want.buy:car,house,boat,computer
student student_f youth | learn:song,poem | like:=
student student_f boy girl | not.go>school,library | be:tired,ill
student student_f boy girl | return>school | be:ill
student student_f boy girl son daughter | learn:rule,word | it.be:important
youth brother sister | help:~grandmother,grandfather,mother,aunt | love:=
adult | cook:dinner,lunch,soup,cake | wait_for:guest
adult | clean:flat,kitchen | wait_for:guest
adult | go>shop,market | wait_for:guest
"""
"""Who | does what | because of what. A clause reads [not.][old.][want.|can.|must.|begin.]verb[:objects][>places]
[@tense]. "old." makes the object an old one, "=" is the object of the clause before, "it" is that object as a subject;
otherwise the subject stays the same."""

_SO = """
person kin | be:hungry | eat:food
adult student student_f | be:hungry | go>restaurant,kitchen
worker | be:tired | not.go>office
person kin | be:tired | not.go>theatre,market,museum
person kin | be:tired | go>home
person kin | be:ill | remain>home
worker | be:ill | not.go>office
boy girl student student_f | be:ill | not.go>school
person kin | lose:key@past | not.can.open:door,car
adult student student_f | lose:~ticket@past | not.can.go>theatre,museum
adult | love:music | buy:guitar,violin,radio
adult | want.buy:car,boat | sell:~motorcycle
adult | want.buy:house | sell:~car,boat
"""

_BUT = """
person kin | look_for:key,ticket | not.find:=
person kin | look_for:~phone,bag,umbrella | not.find:=
person kin | look_for:~cat,dog,kitten,puppy | not.find:=
adult | be:tired | clean:flat,kitchen
adult | be:tired | help:~neighbour,grandmother,friend,mother
person kin | want.go>beach,theatre,museum,park | be:ill
person kin | read:novel,story,poem,letter | not.understand:=
person kin | buy:coat,dress,sweater,hat | not.like:=
person kin | wait_for:bus,train | other.not.come
adult | invite:~friend,friend_f,neighbour,neighbour_f>theatre,museum,restaurant | other.not.come
"""

_TO = """
person kin | go>shop,market | to.buy:apple,pear,egg,bread,cheese,fish,milk,juice
person kin | go>shop | to.buy:clothes
person kin | go>shop | to.buy:flower,scarf,toy,book
person kin | go>library | to.read_while:book,newspaper,magazine
person kin | go>park,forest,beach | to.walk
person kin | go>park,forest | to.walk
youth | go>park,garden,yard,beach | to.play
person kin | go>river,lake,beach | to.swim
person kin | go>station | to.meet:friend,friend_f
person kin | go>kitchen | to.drink:drink
adult | go>kitchen | to.cook:dinner,lunch,soup,cake
"""

_THEN = """
adult | come>kitchen | cook:dish
person kin | come>library | begin.read:book,newspaper,magazine
adult | return>shop,office,park,market | cook:dish
adult | return>office,market | begin.cook:dinner,lunch
person kin | write:letter | send:=
person kin | find:key | open:door,box
person kin | find:kitten,puppy | bring:=>home
person kin | open:box,bag | find:key,ticket,toy,photograph,gift
mechanic father carpenter uncle | old.buy:bicycle,car,motorcycle,boat | repair:=
adult | wash:dishes | clean:kitchen
person kin | eat:cake,pie,sandwich,apple | drink:tea,coffee,juice,milk
adult | meet:friend,friend_f,neighbour,neighbour_f | invite:=>restaurant
artist | draw:portrait,flower | show:=
youth | draw:dog,cat,house,tree,flower | show:=
person kin | open:letter | read:=
adult | close:window,door | begin.work
person kin | close:window,door | begin.read:book,letter,newspaper,magazine
adult | clean:flat,kitchen | wash:window,floor
adult | clean:flat,kitchen | cook:dinner,lunch
"""


_STORIES = """
p | adult | kin | . p wait_for:guest | so p clean:flat,kitchen | ?then wash:window,floor | and q cook:dinner,cake,pie
p | adult | kin | . p wait_for:guest | so p go>shop,market | then buy:cheese,fish,juice,bread |
    and q cook:dinner,cake,pie
p | adult | kin | . p wait_for:guest | so p go>shop,market | then buy:cheese,fish,juice,bread |
    and q clean:flat,kitchen | ?then wash:window,floor | then cook:dinner,cake,pie
p | adult | kin | . p wait_for:guest | so p clean:flat,kitchen | then wash:window,floor | and q go>shop,market |
    then buy:cheese,fish,juice,bread | ?then cook:dinner,cake,pie
pf | adult | kin | . p clean:flat,kitchen | then wash:window,floor | and q cook:cake,pie,dinner
pf | adult | kin | . p go>shop,market | to to.buy:cheese,fish,bread | and q clean:flat,kitchen |
    ?then cook:dinner,cake,pie
p | adult | kin | while p cook:dinner,cake,pie@going | . q clean:flat,kitchen | ?then wash:window,floor |
    because b wait_for:guest
p | adult | kin | while p cook:dinner,cake,pie@going | . q go>shop,market | to to.buy:juice,cheese,bread
p | adult | kin | when g arrive | . p cook:dinner,pie,cake@going | and q clean:flat,kitchen@going
p | adult youth | kin | . p be:ill | so p remain>home | and q cook:soup,lunch+p
p | adult youth | kin | . p be:ill | so p remain>home | and q go>market,shop | then buy:fish,milk,apple,bread |
    ?then cook:soup,lunch+p | ?and p thank:q
p | adult student student_f | friend friend_f neighbour neighbour_f | . p be:ill | so q bring:apple,pear,juice,soup+p |
    ?and p thank:q
p | adult | kin | . p be:ill,busy | so q go>shop,market | then buy:fish,bread,milk | ?then cook:soup,lunch,dinner
f | adult youth | kin | if p be:ill | . p remain>home | and q cook:lunch,soup+p
f | adult | kin | if p be:busy | . q go>shop,market | to to.buy:bread,milk,cheese
f | adult | kin | if p be:busy,tired | . q cook:dinner,lunch,soup
f | adult youth | kin | if p be:hungry | . q cook:soup,lunch,dinner+p
f | adult youth | - | if weather:cold | . p remain>home | then read_while:book,newspaper,magazine
f | adult youth | - | if weather:hot | . p go>river,lake,beach | to to.swim
f | adult youth | - | if weather:cold | . p remain>home | ?then read_while:book,magazine | but_if weather:hot |
    . p go>river,lake,beach | to to.swim
f | adult youth | - | if weather:cold | . p remain>home | ?then listen:music | but_if weather:hot |
    . p go>park,forest | to to.walk
f | adult youth | - | if weather:hot | . p go>river,lake,beach | to to.swim | but_if weather:cold |
    . p remain>home | then read_while:book,magazine
f | adult | kin | if weather:hot | . p go>river,lake,beach | to to.swim | but q remain>home | ?because q be:busy,ill
p | adult youth | - | . p want.go>park,beach,forest,lake | but weather:cold,late | so p remain>home |
    ?then read_while:book,magazine,newspaper
p | adult | kin | . p want.go>park,beach,forest,lake | but weather:cold | so p remain>home |
    then read_while:book,magazine,newspaper | while q cook:dinner,soup,lunch@going
p | adult | kin | . p want.go>theatre,museum,park | but p be:ill | so p remain>home |
    then read_while:book,magazine,newspaper | while q cook:dinner,soup,lunch@going
p | adult youth | - | . p want.go>theatre,museum,park,restaurant | but p be:ill | so p remain>home |
    ?then read_while:book,magazine,newspaper
p | adult youth | kin | . p want.go>theatre,museum,park | but p be:ill | so p remain>home | ?and q cook:soup,tea+p
p | adult youth | kin | although weather:cold | . p go>park,forest | to to.walk | and q remain>home |
    ?then read_while:book,newspaper,magazine
p | adult | kin | although weather:cold | . p go>park,forest | to to.walk | and q remain>home |
    ?because q be:tired,busy,ill
pf | adult youth | kin | . p go>river,lake,beach | to to.swim | but q remain>home | ?because q be:busy,ill,tired
p | adult | kin | although weather:cold | . p go>park,forest | to to.walk | and q remain>home |
    then cook:dinner,cake,pie
pf | adult | kin | . p go>park,forest | to to.walk | and q remain>home | ?then cook:dinner,lunch
pf | adult | kin | . p go>park,forest@in_the_morning | to to.walk | and q remain>home | then clean:flat,kitchen |
    ?then wash:window,floor
pf | adult | kin | . p go>river,lake@in_the_morning | to to.swim | and q remain>home | then clean:flat,kitchen |
    then cook:lunch,cake,pie
pf | adult | kin | . p go>park,forest | to to.walk | but q remain>home | because q be:busy,ill,tired
pf | adult | - | . p go>shop,market@in_the_morning | to to.buy:fish,bread,cheese |
    and p cook:dinner,soup@in_the_evening
pf | adult | kin | . p clean:flat,kitchen@in_the_morning | ?then wash:window,floor |
    and q cook:cake,pie,dinner@in_the_evening
pf | adult student student_f | - | . p go>river,lake,beach@in_the_morning | to to.swim |
    and p go>theatre,museum,restaurant@in_the_evening
pf | adult | kin | . p go>shop,market@in_the_morning | to to.buy:fish,cheese,bread | and q remain>home |
    then clean:flat,kitchen | ?then wash:window,floor
pf | mechanic father carpenter uncle grandfather | - | . p repair:roof,car,bicycle@in_the_morning |
    and p paint:door,wall,fence@in_the_evening
p | mechanic father carpenter uncle grandfather | kin | . p repair:roof,car,bicycle@in_the_morning |
    and p paint:door,wall,fence@in_the_evening | while q cook:dinner,soup@going
pf | youth student student_f | kin | . p go>park,garden@in_the_morning | to to.walk |
    and p go>library@in_the_evening | to to.read_while:book,magazine
pf | adult | kin | when p return>park,market,forest | . q cook:dinner,soup,lunch+p | ?because p be:hungry
p | worker | kin | when p return>office | . p be:hungry | so q cook:dinner,soup,lunch+p
p | youth student student_f | kin | when p return>school,park,beach | . p be:hungry | so q cook:lunch,soup,dinner+p
p | worker | kin | when p return>office | . q sleep | so p cook:dinner,lunch | ?then wash:dishes
p | worker | kin | when p return>office | . q cook:dinner,pie,cake@going | so p help:q
p | worker | kin | when p return>office | . q cook:dinner,pie,cake@going | so p clean:flat,kitchen |
    then wash:window,floor
p | adult | kin | while p sleep | . q clean:flat,kitchen | then wash:floor,window | ?then cook:dinner,lunch
p | adult | kin | while p sleep | . q go>shop,market | then buy:fish,bread | then cook:lunch,dinner
p | adult | kin | while p cook:dinner,soup,lunch@going | . q clean:flat,kitchen@going
p | adult | kin | while p cook:dinner,soup,lunch@going | . q read:book,newspaper,magazine@going
p | adult | kin | . p read:book,newspaper,magazine@going | while q cook:dinner,soup,lunch@going
p | adult | kin | . p rest>garden,park | while q cook:dinner,soup,lunch@going
p | adult | kin | . p go>shop,market | to to.buy:fish,bread,milk | while q clean:kitchen,flat@going
p | adult | kin | . p go>park,forest | to to.walk | while q cook:dinner,lunch,soup@going
p | youth | kin | while p play>yard,garden,park | . q go>shop,market | then buy:fish,bread,milk | ?then cook:soup,lunch
p | youth | mother father grandmother grandfather aunt uncle | while p play>yard,garden,park |
    . q clean:flat,kitchen | then cook:lunch,dinner
p | adult | - | while p wait_for:bus,train | . p read:book,newspaper,magazine@going | ?then drink:coffee,juice@going
p | adult | friend friend_f neighbour neighbour_f | while p wait_for:bus,train | . p meet:q |
    then invite:q>restaurant,theatre,museum | ?but q be:busy
p | adult youth | kin friend friend_f | . p lose:key | but q find:= | then open:door
p | adult youth | kin friend friend_f | . p lose:~phone,bag,umbrella,camera | but q find:= | then give_back:=+p |
    ?and p thank:q
p | adult youth | kin friend friend_f | . p look_for:~bag,phone,cat,dog,kitten | but p not.find:= | and q help:p |
    ?and p thank:q
p | adult student student_f | - | . p look_for:ticket | but p not.find:= | so p not.go>theatre,museum
p | adult | kin friend | . p forget:key | so p not.can.open:door | but q help:p | ?and p thank:q
p | adult | kin friend | . p want.open:door | but p lose:key@had | so q help:p | ?and p thank:q
p | youth | kin | . p cry | because p lose:~toy,ball,kitten,puppy@had | but q find:= |
    ?then give_back:=+p | ?and p thank:q
p | youth | grandmother grandfather mother father aunt uncle | . p cry |
    because p lose:~toy,ball@had | so q go>shop | then buy:toy,book+p
p | youth | mother father grandmother grandfather | . p cry | because p be:hungry | so q cook:soup,lunch+p
p | youth | grandmother grandfather mother father aunt uncle | . p not.want.sleep | so q tell:fairy_tale+p
p | adult | - | . p want.buy:house,boat,car | but it.be:too_expensive | ?so p not.buy:=
p | adult | kin | . p want.cook:soup,pie,cake | but p be:tired,ill,busy | so q cook:=
p | adult student student_f | friend neighbour brother father | . p not.can.repair:~bicycle,car,computer | so q help:p |
    ?and p thank:q
p | adult | kin | . p be:tired | so q cook:dinner,lunch | ?then wash:dishes
p | adult youth | - | . p be:hungry | so p go>kitchen | then eat:cake,sandwich,apple | ?then drink:tea,juice,milk
p | adult | - | . p be:hungry | so p go>restaurant | then eat:soup,fish,pie
p | adult | - | although p be:tired | . p clean:flat,kitchen | then cook:dinner,soup,cake | ?because p wait_for:guest
p | adult | kin friend | although p be:busy,tired | . p help:q | ?and q thank:p
p | adult | - | although p be:tired,ill | . p go>shop,market | to to.buy:bread,milk,fish
p | student student_f | - | although p be:tired | . p learn:poem,rule
p | adult youth | kin friend | . p not.eat:soup,fish,pie | because it.be:cold | ?but q eat:=
p | adult youth | - | . p be:hungry | but p not.eat:soup,fish | because it.be:cold
pf | youth | grandmother grandfather aunt uncle | when p come>village | . q tell:fairy_tale+p
pf | youth | grandmother grandfather aunt uncle | when p come>village | . q cook:pie,soup+p | then tell:fairy_tale+p
pf | adult | friend friend_f brother sister | when p come>city | . q invite:p>restaurant,theatre,museum
pf | adult youth | kin friend friend_f | . p buy:flower,gift+q | because p love:q
p | adult youth | kin friend friend_f | . p buy:flower,gift+q | and q thank:p
p | adult | friend friend_f neighbour neighbour_f | . p cook:cake,pie+q | and q thank:p
p | adult student student_f | kin friend friend_f | . p write:letter | then send:=+q
p | adult youth | - | . p find:kitten,puppy | then bring:=>home
p | artist youth | kin friend friend_f | . p draw:dog,cat,house,flower | then show:=+q
p | mechanic father carpenter uncle | - | . p old.buy:car,boat,bicycle,motorcycle | then repair:= |
    ?because p want.sell:=
f | girl teacher_f student_f friend_f actress singer nurse grandmother mother aunt sister |
    father grandfather uncle brother friend | if p old.buy:bicycle,car,boat,motorcycle |
    . q repair:=
f | adult youth | - | if p find:key | . p open:door,box
f | adult | - | if p cook:cake,pie | . p invite:friend,neighbour
f | adult youth | mother grandmother aunt sister father | if p buy:apple | . q cook:pie
f | adult | - | if p sell:~boat,motorcycle,house | . p buy:car
p | adult student student_f | friend friend_f brother sister | . p invite:q>theatre,museum,restaurant | but q not.come |
    because q be:ill,busy
p | adult | friend friend_f brother sister | . p invite:q>theatre,museum,restaurant | but q be:ill,busy |
    so p remain>home | ?then read_while:book,magazine,newspaper
p | adult youth | - | . p open:letter | then read:=
p | adult | kin | . p close:door,window | because weather:cold | and q cook:tea,coffee+p
p | adult | kin | . p return>park,beach,river,forest | because weather:cold,late | and q cook:tea+p
p | adult | kin friend | . p not.buy:coat,dress,car,bicycle,phone,camera,sofa | because it.be:too_expensive |
    ?but q buy:=
p | adult student student_f | - | . p read:novel,poem | but p not.understand:= |
    because it.be:difficult,strange
p | adult student student_f | kin friend | . p read:poem,letter | but p not.understand:= | so q help:p | ?and p thank:q
p | student student_f boy girl daughter son | teacher teacher_f friend | . p not.understand:rule,exercise,problem |
    because it.be:difficult | but q help:p | ?and p thank:q
p | worker | - | . p wait_for:bus,train | but other.not.come | so p not.go>office
p | adult student student_f | - | . p wait_for:bus,train | but other.not.come | so p not.go>theatre,museum
p | adult student student_f | - | . p wait_for:bus,train | but other.not.come | so p go>home
pf | adult student student_f | friend friend_f brother sister | . p go>library | to to.read_while:book,magazine |
    but q not.go | because q be:busy
pf | adult | kin | . p go>station | to to.meet:friend,friend_f | and q cook:dinner,lunch
pf | adult | kin | . p go>station | to to.meet:friend,friend_f | and q clean:flat,kitchen | then cook:dinner,lunch
pf | youth | kin | . p go>park,yard,garden,beach | to to.play | and q go>shop,market |
    to to.buy:bread,milk,cheese
pf | mechanic father carpenter uncle grandfather | kin | . p repair:roof,car,chair,lamp |
    and q paint:door,wall,fence
p | mechanic father carpenter uncle grandfather | kin | while p repair:roof,car,bicycle@going |
    . q paint:door,wall,fence@going
pf | adult | kin | . p go>market,shop@in_the_morning | to to.buy:fish,bread,cheese | and q remain>home |
    then clean:flat,kitchen | ?then wash:window,floor | and b watch:film@in_the_evening
pf | adult | kin | . p clean:flat,kitchen@in_the_morning | then wash:window,floor | and q go>market,shop |
    to to.buy:fish,bread,milk | and b go>theatre,museum,restaurant@in_the_evening
pf | mechanic father carpenter uncle grandfather | kin | . p repair:car,bicycle,roof@in_the_morning |
    and q clean:flat,kitchen | ?then cook:lunch | and b go>theatre,restaurant,museum@in_the_evening
pf | adult | kin | . p go>park,forest,lake@in_the_morning | to to.walk | and q clean:flat,kitchen |
    ?then wash:floor,window | and b cook:dinner@in_the_evening
p | worker | kin | when p return>office | . p be:tired,hungry | so q cook:dinner,soup+p | ?then wash:dishes |
    ?and p thank:q
p | adult | kin | . p want.go>theatre,museum,park | but p be:ill | so p remain>home | and q go>market,shop |
    then buy:fish,milk,bread | then cook:soup,lunch+p
p | adult | kin | . p be:ill,busy | so q go>shop,market | then buy:fish,bread,milk | then cook:soup,lunch,dinner |
    and p thank:q
p | adult student student_f | - | . p wait_for:bus,train | but other.not.come | so p go>home |
    then read_while:book,newspaper,magazine
p | adult | - | . p want.go>theatre,museum | but p lose:~ticket@had | so p remain>home |
    then read_while:book,newspaper,magazine
f | adult | - | if weather:cold | . p remain>home | then clean:flat,kitchen |
    but_if weather:hot | . p go>park,forest | to to.walk
f | adult youth | - | if weather:hot | . p go>park,forest | to to.walk | but_if weather:cold |
    . p go>library | to to.read_while:book,magazine
f | adult | kin | if weather:cold | . p remain>home | then cook:soup,pie,cake | but_if weather:hot |
    . p go>river,lake,beach | to to.swim
p | adult youth | kin | . p want.go>park,lake,beach | but weather:cold | so p go>library |
    to to.read_while:book,magazine | and q remain>home | then listen:music
pf | student student_f boy girl | kin | . p go>library | to to.read_while:book,magazine | and q go>market,shop |
    to to.buy:bread,fish,milk | then cook:dinner,lunch
pf | adult | kin | . p go>market,shop@in_the_morning | to to.buy:flower | and q cook:cake,pie | then clean:flat,kitchen
pf | mechanic father carpenter uncle grandfather | kin | . p repair:car,bicycle,roof@in_the_morning |
    then paint:door,fence,wall | and q go>market,shop | to to.buy:fish,bread,milk | ?then cook:lunch,soup
p | youth | grandmother grandfather aunt uncle | when p come>village | . q cook:pie,soup+p | then tell:fairy_tale+p |
    ?and p thank:q
p | adult | kin | . p be:tired | so p remain>home | then listen:music | while q go>shop,market@going |
    to to.buy:bread,milk,fish
p | adult student student_f | friend friend_f neighbour neighbour_f | . p want.go>theatre,museum | but p be:ill |
    so p remain>home | and q bring:apple,pear,book+p | ?and p thank:q
p | worker | kin | when p return>office | . q cook:dinner,pie,soup@going | so p go>shop,market |
    then buy:bread,milk,juice
"""
"""Tenses | who (p) | who else (q; "-" for nobody) | clauses; an indented line goes on with the one before. Tenses are
p (past), f (future) or both. A clause reads [?]link role spec. A "?" says that it may be left out; "." is no link; the
role is p, q, or b for both; it is missing after "then", which goes on with the subject before, and where the spec has
its own subject. In a spec, "~" before the objects makes them the subject's own, "==" is the object before, named again,
p and q as objects are people of the story, "+q" is to whom, "@had" says that it happened before,
"@going" that it went on, "@in_the_evening" when; g are guests, and "to" is what for: "to to.buy:bread"."""


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
n | adult | be:busy
n | youth | cry
n | person kin | sleep
n | adult | wait_for:guest,doctor,bus,train,letter
n | person kin | look_for:key,ticket
n | person kin | look_for:~phone,dog,cat,bag
n | person kin | not.work
n | adult | want.buy:car,house,boat,computer
n | person kin | live>city,village
n | youth | play>yard,garden,park
npf | adult | cook:dinner,lunch,cake,soup,pie
npf | adult | sell:~car,house,bicycle,motorcycle,boat
npf | mechanic father uncle carpenter | repair:car,bicycle,clock,roof
npf | engineer carpenter farmer father | build:house,boat,bridge
pf | adult | buy:car,house,bicycle,motorcycle,boat,computer,guitar
pf | adult | return>city,village,hospital
pf | person kin | go>theatre,museum,market,station,home
pf | writer journalist | write:novel,book
pf | person kin | come
f | person kin | help:~neighbour,grandmother,friend
p | person kin | not.come
p | person kin | lose:key
p | person kin | lose:~phone,bag,ticket,umbrella,camera
p | person kin | find:~phone,bag,umbrella
p | person kin | find:kitten,puppy
p | person kin | forget:umbrella,key
p | person kin | meet:teacher,doctor,actor,actress,singer,writer
p | person kin | bring:gift,flower,cake
pf | adult | invite:~friend,neighbour>restaurant,theatre
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
    "go>",
)
"""How pairs of clauses begin that somebody may tell of."""

SCRIPTS = {
    "because": _scripts(_BECAUSE),
    "so": _scripts(_SO),
    "but": _scripts(_BUT),
    "then": _scripts(_THEN),
    "to": _scripts(_TO),
}

PUNCTUAL = frozenset(_list("find lose bring forget meet give send come begin invite hide open close thank visit"))
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
HUMAN = frozenset(concepts(("person", "kin", "spouse")))
HABITUAL = _list("play play play read read walk help buy cook eat drink listen watch sing swim clean wash")
"""Of these several sentences are told as habits."""
PEOPLE = frozenset(("person", "kin", "adult", "employee", "worker", "youth"))
"""Classes of people, any of whom may be spoken of by a pronoun."""
TELLERS = _list("kin neighbour neighbour_f friend friend_f")
"""Those who tell of others what they do at home."""
HABITS = frozenset(
    _list(
        """read write buy wash cook eat drink draw clean sing listen watch help invite meet visit work rest laugh
        cry dance swim walk run play tell talk show send explain bring"""
    )
)
"""What people do often or rarely."""
PLAIN_LOOKS = ("young", "old", "little", "small", "black", "white", "big", "famous")
"""What tells a subject from others, whatever the verb is."""
LOOKS = {
    "laugh": "cheerful", "sing": "cheerful", "dance": "cheerful tall", "play": "cheerful", "talk": "cheerful polite",
    "help": "kind polite", "thank": "polite", "give": "kind", "bring": "kind", "tell": "kind clever",
    "explain": "clever kind", "understand": "clever", "learn": "clever", "read": "clever", "sleep": "tired hungry",
    "rest": "tired", "cry": "hungry tired", "return": "tired", "eat": "hungry", "come": "strange",
    "look_for": "strange", "invite": "polite", "swim": "tall", "run": "hungry cheerful",
}  # fmt: skip
"""What a subject may be like beside that, by the verb in which it plays a role."""
PROFESSIONS = _list(
    """teacher doctor artist writer cook engineer fisherman gardener journalist musician actor sailor farmer driver
    soldier mechanic carpenter"""
)
THINGS_ON_TABLES = _list(
    "book letter newspaper magazine key ticket cup plate knife spoon basket lamp umbrella phone bag apple box hat"
)
THINGS_ON_SEATS = _list("book newspaper magazine umbrella bag hat")
POSSESSIVES = ("my", "my", "my", "our", "our", "his", "her")
SCENE = tuple(
    name for name, action in VERBS.items() if name not in ("know", "love", "remember", "forget", "dream", "remain")
)
INTRANSITIVE = {"work": "work", "sleep": "sleep", "rest": "rest", "swim": "water", "walk": "walk", "live": "home",
                 "play": "play", "dance": "dance"}  # fmt: skip
STATES_OF = {"person": "young kind clever cheerful tall", "thing": "new old expensive",
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
        aunt wife"""
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
SEPARATE = frozenset(concepts(_list("text small clothes thing")))
"""What five drivers do not have in common: each has his own."""

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
NEVER_DONE = frozenset(_list("go dance sing help wash clean cook swim"))
"""What one says of somebody that he never does."""
ONLY_REFUSED = frozenset(_list("walk swim play dance rest"))
"""What nobody reports not to have done, only not to be going to do."""
TIMELESS = frozenset(_list("build learn see live"))
"""What takes too long, or happens too often, to say when."""
COUNTED = frozenset(_list("buy find draw read write bring wash"))
"""What one does to two things, or three."""
NEAR = _list("kin friend friend_f neighbour neighbour_f child boy girl")
LISTENERS = {
    "explain": _list("child boy girl student student_f"),
    "tell": _list("child boy girl"),
    "send": _list("kin friend friend_f"),
}
"""To whom one gives and shows things (`NEAR`), and to whom in their place one explains, tells and sends them."""
WANTED = frozenset(_list("new big beautiful fresh interesting"))
"""What a thing is like that somebody in a story wants."""
STAYING = frozenset(_list("play live remain rest"))
"""What one does in a place; with other verbs of stories one goes or brings something there."""
MADE = frozenset(_list("write cook draw build"))
"""What makes its object: it is nobody's yet, and nobody asks for "the" one."""
SPEAKERS_KIN = {
    "grandmother": "grandfather uncle father", "grandfather": "grandmother aunt mother",
    "mother": "father brother uncle grandfather", "father": "mother sister aunt grandmother",
    "aunt": "uncle brother father grandfather", "uncle": "aunt sister mother grandmother",
    "brother": "sister mother grandmother aunt", "sister": "brother father grandfather uncle",
}  # fmt: skip
"""Beside my father there is my sister: "his daughter" would be somebody else."""
VISIBLE = ("young", "old", "tall", "strange", "cheerful")
"""What one sees of somebody new."""
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
NEVER_ASKED = frozenset(_list("cry laugh lose see find look_for wait_for hide"))
"""What nobody must, wants to or can do."""
MODALS = {
    "can": frozenset(_list("open close repair help explain read bring meet play walk rest swim invite come")),
    "must": frozenset(
        _list(
            "work wash clean repair buy write read learn help sleep paint thank explain send rest cook build go return"
        )
    ),
}
"""What people say that they can or must do."""

KINDS = ("verb", "adjective", "profession", "have", "there", "like", "inverted", "object", "nothing", "mind", "habit")
KIND_WEIGHTS = (50, 7, 4, 7, 7, 5, 6, 4, 2, 5, 20)


# ------------------------------------------------------------------------------------ what its verb makes of an object


@dataclasses.dataclass(frozen=True)
class Among:
    """Some words, or all but these (`others`)."""

    words: frozenset[str]
    others: bool

    def __contains__(self, word: str) -> bool:
        return (word in self.words) is not self.others


def _among(text: str) -> Among:
    """ "a b" is these words, "but a b" all others, "" all there are, "-" none of them."""
    words = _list(text.removeprefix("but").removeprefix("-"))
    return Among(frozenset(words), not text or text.startswith("but"))


_OBJECT_LOOKS = """
bring give show eat clean open close | -
sell wash paint repair | old
watch | new
dream | new big red
write | interesting long
learn | difficult simple important
draw | small big black white beautiful red
build | but old new
cook | but hot cold
buy | but long short boring sad good old hot cold
read_while | but long short boring sad good
read | but boring
know remember | but tired hungry
"""
"""Verbs | the adjectives that may stand with their objects: "-" for none, "but" for all others. Verbs that are not here
take any."""

_LOOKS_BY_VERB = {verb: _among(looks) for verbs, looks in _rows(_OBJECT_LOOKS) for verb in verbs.split()}


def may_look(verb: str, adjective: str) -> bool:
    """Whether the object of a verb may be like this: nobody buys a boring book."""
    return verb not in _LOOKS_BY_VERB or adjective in _LOOKS_BY_VERB[verb]


_FITS = """
remember | friend friend_f neighbour neighbour_f | | my sg | remembers my neighbour
remember | song poem | the | sg |
bring | cake pie newspaper | | one | two cakes are bought, one is brought
| | often owned | a pl unowned | often reads books: nobody's in particular
draw build | | | one |
| | often this that | new pl | often washes windows
but read buy wash repair like close open watch understand learn | | this that | new | only things at hand are pointed at
| skirt dress | owned | the unowned | who wears another one's?
| person kin spouse | a | sg | talks with a doctor
open close know repair | | | sg |
watch | | once | sg |
wait_for | but guest answer | | sg |
wait_for | guest | | a pl plain | waits for guests
wait_for | transport | | plain | waits for the bus, whatever it is like
meet wait_for | friend friend_f | affirmed | a sg | met a friend
meet wait_for | friend friend_f | denied | my sg | did not meet my friend
invite | friend friend_f neighbour neighbour_f | the a any | own | whose friend?
help thank | friend friend_f neighbour neighbour_f son daughter | the any | own |
learn | song poem | affirmed | a |
learn | word | affirmed | a pl | learns words
dream | | | a sg unowned | dreams of a house
sell | | | own sg unowned | sells his car
buy | vehicle furniture house | | one | nobody buys three sofas
buy | flower | a | pl plain | buys flowers
buy | clothes | several a | pl | five people do not share a hat
buy bring | apple pear egg | a | pl |
give | but flower apple pear | | sg |
write draw build cook | | own | new | what is only being made is nobody's yet
write draw build cook give bring eat send show | | owned | new unowned |
write draw build cook give bring eat send show | | this that my our his her their | new |
write cook | but letter | once any | the | did not cook the soup
write cook | but letter | once | one | wrote a novel
eat | apple pear egg sandwich | several a | pl | several people eat several eggs
eat | cake pie | once a | piece sg plain | nobody eats a whole cake
wash | window | a the | the pl plain | washes the windows
find | pet | | sg | found a kitten
find | small | | own sg unowned plain | found his key
find | small | unclear | the |
lose forget look_for | but abstract | | own sg unowned plain | nobody describes what is lost
lose forget look_for | but abstract | unclear | the |
"""
"""Verbs | their objects | where that is so | what becomes of the object | why, or for example. Where no verbs or no
objects are given it holds for any; "but" means all others. The order counts: a line sees what those above it changed.

Where: "often" is a habit, "once" is none; "denied" has a negation, "affirmed" none; "several" people do it; "owned" has
an owner ("the teacher's book"); with "unclear" nobody could tell whose "own" is; other words are the determiners of
which the object has one. What becomes of it: "new" is "a", but "the" where a negation or the verb asks for it; "pl" is
the plural where there is one, "one" the singular, without a numeral; "plain" is without adjective, "unowned" without
owner."""

_STATES = frozenset(_list("often once denied affirmed several owned unclear"))
_DETERMINERS = frozenset(_list("the a any own this that my our his her their piece new"))
_NUMBERS = frozenset(_list("sg pl one"))


class Fit(NamedTuple):
    """A line of the table; the last four fields say what changes: nothing where they are empty."""

    verbs: Among
    objects: Among
    states: frozenset[str]
    determiners: frozenset[str]
    number: str
    determiner: str
    plain: bool
    unowned: bool


def _fit(line: str) -> Fit:
    verbs, objects, where, becomes, _ = (part.strip() for part in line.split("|"))
    named = _among(objects)
    asked, marks = frozenset(where.split()), frozenset(becomes.split())
    unknown = (asked - _STATES | marks - _NUMBERS - {"plain", "unowned"}) - _DETERMINERS
    if unknown:
        raise ValueError(f"The line {line!r} has words that the table does not know: {', '.join(sorted(unknown))}.")
    return Fit(
        _among(verbs),
        Among(frozenset(concepts(tuple(named.words))), named.others),
        states=asked & _STATES,
        determiners=asked & _DETERMINERS,
        number="".join(marks & _NUMBERS),
        determiner="".join(marks & _DETERMINERS),
        plain="plain" in marks,
        unowned="unowned" in marks,
    )


_FITTING = tuple(map(_fit, _FITS.strip().split("\n")))


@functools.cache
def fits(verb: str) -> tuple[Fit, ...]:
    """The lines that hold for the objects of a verb, in order."""
    return tuple(fit for fit in _FITTING if verb in fit.verbs)
