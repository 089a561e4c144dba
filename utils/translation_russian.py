"""Russian words of the translation corpus: nouns in six cases, adjectives, verbs in two aspects.

Regular forms are made by rule (hard, soft, velar and hushing stems); the tables hold what the rules cannot know: stems
with a fleeting vowel, irregular plurals, stressed endings, the present stem of verbs.
"""

from __future__ import annotations

import dataclasses
import functools

from utils.translation_lexicon import MASS
from utils.translation_meanings import (
    ADJ,
    AUX,
    CLOSING,
    COMMA,
    COMMA2,
    DET,
    END,
    FREQ,
    LINK,
    MANNER,
    MODAL,
    NEG,
    NOUN,
    OF,
    PIECE,
    PRED,
    PREP,
    REL,
    TIME,
    VERB,
    Clause,
    Phrase,
    Place,
    Sentence,
    Word,
    key,
    marks,
)

__all__ = ["CASES", "Noun", "Verb", "adjective", "determiner", "gender", "noun", "pronoun", "russian", "verb"]

CASES = ("n", "g", "d", "a", "i", "p")
"""Nominative, genitive, dative, accusative, instrumental, prepositional."""

# concept lemma[/stem] gender [a: animate] [form=...]; a form is named by its case and s or p, as in "gp"
_NOUNS = """
boy мальчик m a
girl девочка f a gp=девочек
teacher учитель m a np=учителя
teacher_f учительница f a
student студент m a
student_f студентка f a gp=студенток
pupil ученик m a
pupil_f ученица f a is=ученицей
doctor врач m a is=врачом
neighbour сосед m a np=соседи gp=соседей dp=соседям ip=соседями pp=соседях
neighbour_f соседка f a gp=соседок
friend друг m a np=друзья gp=друзей dp=друзьям ip=друзьями pp=друзьях
friend_f подруга f a
grandmother бабушка f a gp=бабушек
grandfather дедушка m a gp=дедушек
mother мать/матер f a
father отец/отц m a is=отцом gp=отцов
brother брат m a np=братья gp=братьев dp=братьям ip=братьями pp=братьях
sister сестра f a np=сёстры gp=сестёр dp=сёстрам ip=сёстрами pp=сёстрах
son сын m a np=сыновья gp=сыновей dp=сыновьям ip=сыновьями pp=сыновьях
daughter дочь/дочер f a ip=дочерьми
artist художник m a
writer писатель m a
cook повар m a np=повара
engineer инженер m a
fisherman рыбак m a
gardener садовник m a
journalist журналист m a
musician музыкант m a
actor актёр m a
actress актриса f a
child ребёнок/ребёнк m a np=дети gp=детей dp=детям ip=детьми pp=детях
woman женщина f a
man мужчина m a
guest гость m a
tourist турист m a
singer певица f a
sailor моряк m a
farmer фермер m a
driver водитель m a
soldier солдат m a gp=солдат
wife жена f a np=жёны gp=жён dp=жёнам ip=жёнами pp=жёнах
husband муж m a np=мужья gp=мужей dp=мужьям is=мужем ip=мужьями pp=мужьях
nurse медсестра f a np=медсёстры gp=медсестёр dp=медсёстрам ip=медсёстрами pp=медсёстрах
mechanic механик m a
carpenter плотник m a
aunt тётя f a gp=тёть
uncle дядя m a gp=дядей
old_man старик m a
dog собака f a
cat кошка f a gp=кошек
horse лошадь f a ip=лошадьми
cow корова f a
bird птица f a
rabbit кролик m a
goat коза f a
sheep овца f a gp=овец is=овцой
duck утка f a gp=уток
kitten котёнок/котёнк m a np=котята gp=котят dp=котятам ip=котятами pp=котятах
puppy щенок/щенк m a
book книга f
letter письмо n gp=писем
newspaper газета f
magazine журнал m
poem стихотворение n
novel роман m
story история f
fairy_tale сказка f gp=сказок
apple яблоко n np=яблоки gp=яблок
bread хлеб m
soup суп m
cheese сыр m
fish рыба f
pear груша f
cake торт m
pie пирог m
egg яйцо n gp=яиц
sandwich бутерброд m
tea чай m
coffee кофе m indeclinable
milk молоко n
water вода f as=воду
juice сок m
dinner ужин m
lunch обед m
shirt рубашка f gp=рубашек
dress платье n gp=платьев
coat пальто n indeclinable
hat шляпа f
scarf шарф m
jacket куртка f gp=курток
sweater свитер m
skirt юбка f gp=юбок
car машина f
bicycle велосипед m
boat лодка f gp=лодок
bus автобус m
train поезд m np=поезда
motorcycle мотоцикл m
house дом m np=дома
school школа f
shop магазин m
library библиотека f
museum музей m
theatre театр m
park парк m
garden сад m ls=саду
hospital больница f
station вокзал m
market рынок/рынк m
church церковь/церкв f as=церковь is=церковью dp=церквям ip=церквями pp=церквях
office офис m
restaurant ресторан m
kitchen кухня f gp=кухонь
room комната f
flat квартира f
dishes посуда f
yard двор m
forest лес m ls=лесу np=леса
field поле n
village деревня f gp=деревень
city город m np=города
street улица f
square площадь f
beach пляж m
river река f as=реку np=реки
lake озеро n np=озёра gp=озёр dp=озёрам ip=озёрами pp=озёрах
bridge мост m ls=мосту
sea море n
table стол m
chair стул m np=стулья gp=стульев dp=стульям ip=стульями pp=стульях
sofa диван m
bed кровать f
cupboard шкаф m ls=шкафу
lamp лампа f
mirror зеркало n np=зеркала gp=зеркал
shelf полка f gp=полок
wall стена f as=стену np=стены
floor пол m ls=полу
fence забор m
roof крыша f
window окно n np=окна gp=окон
door дверь f
key ключ m is=ключом
cup чашка f gp=чашек
plate тарелка f gp=тарелок
knife нож m is=ножом
spoon ложка f gp=ложек
box коробка f gp=коробок
bag сумка f gp=сумок
basket корзина f
umbrella зонт m
clock часы m plural gp=часов
phone телефон m
computer компьютер m
radio радио n indeclinable
ball мяч m is=мячом
toy игрушка f gp=игрушек
gift подарок/подарк m
flower цветок/цветк m np=цветы gp=цветов dp=цветам ip=цветами pp=цветах
tree дерево n np=деревья gp=деревьев dp=деревьям ip=деревьями pp=деревьях
picture картина f
photograph фотография f
ticket билет m
camera фотоаппарат m
guitar гитара f
violin скрипка f gp=скрипок
portrait портрет m
map карта f
question вопрос m
problem задача f
music музыка f
song песня f gp=песен
film фильм m
rule правило n np=правила gp=правил
word слово n np=слова gp=слов
answer ответ m
exercise упражнение n
"""

# concept: imperfective / perfective ("-" where there is none); "inf" alone: -аю, -ает, -ают; otherwise
# inf,1sg,3sg,3pl; p= masculine and feminine past; w= first and second person plural; "~" before the words: reflexive
_VERBS = """
read: читать / прочитать
read_while: читать / почитать
write: писать,пишу,пишет,пишут / написать,напишу,напишет,напишут
buy: покупать / купить,куплю,купит,купят
sell: продавать,продаю,продаёт,продают / продать,продам,продаст,продадут,w=продадим
find: находить,нахожу,находит,находят / найти,найду,найдёт,найдут,p=нашёл;нашла
lose: терять / потерять
bring: приносить,приношу,приносит,приносят / принести,принесу,принесёт,принесут,p=принёс;принесла
wash: мыть,мою,моет,моют / вымыть,вымою,вымоет,вымоют
cook: готовить,готовлю,готовит,готовят / приготовить,приготовлю,приготовит,приготовят
bake: печь,пеку,печёт,пекут,p=пёк;пекла / испечь,испеку,испечёт,испекут,p=испёк;испекла
eat: есть,ем,ест,едят,w=едим,p=ел;ела / съесть,съем,съест,съедят,w=съедим,p=съел;съела
drink: пить,пью,пьёт,пьют / выпить,выпью,выпьет,выпьют
draw: рисовать,рисую,рисует,рисуют / нарисовать,нарисую,нарисует,нарисуют
paint: красить,крашу,красит,красят / покрасить,покрашу,покрасит,покрасят
repair: чинить,чиню,чинит,чинят / починить,починю,починит,починят
open: открывать / открыть,открою,откроет,откроют
close: закрывать / закрыть,закрою,закроет,закроют
hide: прятать,прячу,прячет,прячут / спрятать,спрячу,спрячет,спрячут
clean: убирать / убрать,уберу,уберёт,уберут
build: строить,строю,строит,строят / построить,построю,построит,построят
sing: петь,пою,поёт,поют / спеть,спою,споёт,споют
listen: слушать / -
watch: смотреть,смотрю,смотрит,смотрят / посмотреть,посмотрю,посмотрит,посмотрят
look_for: искать,ищу,ищет,ищут / -
wait_for: ждать,жду,ждёт,ждут / -
help: помогать / помочь,помогу,поможет,помогут,p=помог;помогла
thank: благодарить,благодарю,благодарит,благодарят / поблагодарить,поблагодарю,поблагодарит,поблагодарят
invite: приглашать / пригласить,приглашу,пригласит,пригласят
meet: встречать / встретить,встречу,встретит,встретят
see: видеть,вижу,видит,видят / увидеть,увижу,увидит,увидят
know: знать / -
love: любить,люблю,любит,любят / -
remember: помнить,помню,помнит,помнят / -
understand: понимать / понять,пойму,поймёт,поймут
forget: забывать / забыть,забуду,забудет,забудут
give: давать,даю,даёт,дают / дать,дам,даст,дадут,w=дадим
present: дарить,дарю,дарит,дарят / подарить,подарю,подарит,подарят
hand: отдавать,отдаю,отдаёт,отдают / отдать,отдам,отдаст,отдадут,w=отдадим
show: показывать / показать,покажу,покажет,покажут
send: отправлять / отправить,отправлю,отправит,отправят
tell: рассказывать / рассказать,расскажу,расскажет,расскажут
explain: объяснять / объяснить,объясню,объяснит,объяснят
sleep: спать,сплю,спит,спят / -
work: работать / -
rest: отдыхать / -
laugh: ~смеять,смею,смеёт,смеют / -
cry: плакать,плачу,плачет,плачут / -
dance: танцевать,танцую,танцует,танцуют / -
swim: плавать / -
walk: гулять / -
run: бегать / -
live: жить,живу,живёт,живут / -
play: играть / -
go: идти,иду,идёт,идут,p=шёл;шла / пойти,пойду,пойдёт,пойдут,p=пошёл;пошла
walk_there: ходить,хожу,ходит,ходят / -
come: приходить,прихожу,приходит,приходят / прийти,приду,придёт,придут,p=пришёл;пришла
return: ~возвращать / ~вернуть,верну,вернёт,вернут
give_back: возвращать / вернуть,верну,вернёт,вернут
arrive: приезжать / приехать,приеду,приедет,приедут
remain: ~оставать,остаю,остаёт,остают / ~остать,остану,останет,останут
talk: разговаривать / -
think: думать / -
dream: мечтать / -
say: говорить,говорю,говорит,говорят / сказать,скажу,скажет,скажут
know_that: знать / -
want: хотеть,хочу,хочет,хотят,w=хотим / -
begin: начинать / начать,начну,начнёт,начнут
like: ~нравить,нравлю,нравит,нравят / ~понравить,понравлю,понравит,понравят
learn: учить,учу,учит,учат / выучить,выучу,выучит,выучат
visit: посещать / посетить,посещу,посетит,посетят
lie: лежать,лежу,лежит,лежат / -
stand: стоять,стою,стоит,стоят / -
hungry: ~голодать / ~проголодать
ill: болеть,болею,болеет,болеют / заболеть,заболею,заболеет,заболеют
tired: уставать,устаю,устаёт,устают / устать,устану,устанет,устанут
hang: висеть,вишу,висит,висят / -
"""

_HUSHING, _VELAR = "жчшщ", "кгх"


@dataclasses.dataclass(frozen=True)
class Noun:
    """A noun: its forms by case and number ("gp" is the genitive plural), its gender, whether it is alive."""

    forms: dict[str, str]
    gender: str
    animate: bool
    only_plural: bool = False


def _decline(lemma: str, stem: str, gender: str) -> dict[str, str]:
    """The regular forms, but not the accusative of masculines and plurals, which asks whether they are alive.

    Args:
        lemma: the nominative.
        stem: what endings are joined to, if it differs from the lemma by more than its last letter.
        gender: "m", "f" or "n".
    """
    last = lemma[-1]
    base = stem if stem != lemma else stem[:-1] if last in "аяоеьй" else stem
    end = base[-1]
    i = "и" if end in _HUSHING + _VELAR else "ы"
    accusative = lemma
    if last == "а":
        singular, plural = (i, "е", "ей" if end in _HUSHING + "ц" else "ой", "е"), (i, "", "ам", "ами", "ах")
        accusative = base + "у"
    elif last == "я":
        e, none = ("и", "й") if end == "и" else ("е", "ь")
        singular, plural = ("и", e, "ей", e), ("и", none, "ям", "ями", "ях")
        accusative = base + "ю"
    elif gender == "f":  # -ь
        singular, plural = ("и", "и", "ью", "и"), ("и", "ей", "ям", "ями", "ях")
    elif last == "о":
        singular, plural = ("а", "у", "ом", "е"), ("а", "", "ам", "ами", "ах")
    elif last == "е":
        e, none = ("и", "й") if end == "и" else ("е", "ей")
        singular, plural = ("я", "ю", "ем", e), ("я", none, "ям", "ями", "ях")
    elif last in "ьй":
        singular, plural = ("я", "ю", "ем", "е"), ("и", "ей" if last == "ь" else "ев", "ям", "ями", "ях")
    else:
        many = "ей" if end in _HUSHING else "ев" if end == "ц" else "ов"
        singular, plural = ("а", "у", "ем" if end in _HUSHING + "ц" else "ом", "е"), (i, many, "ам", "ами", "ах")
    made = {"ns": lemma} | {case + "s": base + ending for case, ending in zip("gdip", singular, strict=True)}
    if gender != "m" or last in "ая":
        made["as"] = accusative
    return made | {case + "p": base + ending for case, ending in zip("ngdip", plural, strict=True)}


@functools.cache
def _noun_table() -> dict[str, Noun]:
    table = {}
    for line in _NOUNS.split("\n"):
        if not line:
            continue
        concept, word, gender, *marks = line.split()
        lemma, _, stem = word.partition("/")
        animate = "a" in marks
        given = dict(mark.split("=") for mark in marks if "=" in mark)
        if "indeclinable" in marks:
            made = {case + number: lemma for case in "ngdaip" for number in "sp"}
        elif "plural" in marks:  # часы: plural forms for one clock
            made = {
                "n": lemma,
                "g": given["gp"],
                "d": lemma[:-1] + "ам",
                "i": lemma[:-1] + "ами",
                "p": lemma[:-1] + "ах",
            }
            made["a"] = lemma
            made = {case + number: form for case, form in made.items() for number in "sp"}
        else:
            made = _decline(lemma, stem or lemma, gender)
            made |= given
            if "as" not in made:
                made["as"] = made["gs"] if animate else made["ns"]
            made["ap"] = made["gp"] if animate else made["np"]
        made.setdefault("ls", made["ps"])
        made.setdefault("lp", made["pp"])
        table[concept] = Noun(made, gender, animate, "plural" in marks)
    return table


def noun(concept: str) -> Noun:
    """The forms of a noun; the extra form "ls" is the place with в and на ("в саду")."""
    return _noun_table()[concept]


_HARD = {
    "m": ("ый", "ого", "ому", "ым", "ом"),
    "n": ("ое", "ого", "ому", "ым", "ом"),
    "f": ("ая", "ой", "ой", "ой", "ой"),
    "p": ("ые", "ых", "ым", "ыми", "ых"),
}


@functools.cache
def adjective(lemma: str, gender: str, case: str, animate: bool) -> str:
    """A form of an adjective.

    Args:
        lemma: the masculine nominative, such as "новый", "большой", "синий".
        gender: "m", "f", "n", or "p" for the plural of all three.
        case: one of `CASES`.
        animate: whether its noun is alive, which decides the accusative.
    """
    if case == "a":
        if gender == "f":
            soft = lemma.endswith("ний")
            return lemma[:-2] + ("юю" if soft else "ую")
        case = "g" if animate and gender in ("m", "p") else "n"
    ending = _HARD[gender]["ngdip".index(case)]
    stem, end = lemma[:-2], lemma[-3]
    if gender == "m" and case == "n":
        return lemma
    if lemma.endswith("ний"):  # soft: синий
        swap = {"ы": "и", "о": "е", "а": "я"}
        return stem + swap[ending[0]] + ending[1:].replace("ая", "яя").replace("я", "я")
    if end in _HUSHING + _VELAR and ending[0] == "ы":
        return stem + "и" + ending[1:]
    if end in _HUSHING and lemma.endswith("ий") and ending[0] == "о":
        return stem + "е" + ending[1:]
    return stem + ending


@dataclasses.dataclass(frozen=True)
class Verb:
    """The forms of one aspect of a verb.

    Args:
        infinitive: its dictionary form.
        person: present of an imperfective, future of a perfective verb, by "1s", "3s", "1p", "2p", "3p".
        past: by "m", "f", "n", "p".
    """

    infinitive: str
    person: dict[str, str]
    past: dict[str, str]


def _conjugate(entry: str) -> Verb | None:
    if entry == "-":
        return None
    reflexive = entry.startswith("~")
    infinitive, *forms = entry.removeprefix("~").split(",")
    marks = dict(form.split("=") for form in forms if "=" in form)
    forms = [form for form in forms if "=" not in form]
    if not forms:
        forms = [infinitive[:-2] + ending for ending in ("ю", "ет", "ют")]
    first, third, they = forms
    we = marks.get("w") or third[:-1] + "м"
    you = marks["w"][:-1] + "те" if "w" in marks else third[:-1] + "те"
    person = {"1s": first, "3s": third, "1p": we, "2p": you, "3p": they}
    stem = infinitive[:-2]
    masculine, feminine = marks["p"].split(";") if "p" in marks else (stem + "л", stem + "ла")
    past = {"m": masculine, "f": feminine, "n": feminine[:-1] + "о", "p": feminine[:-1] + "и"}
    if reflexive:
        infinitive += "ся"
        person, past = ({key: _reflexive(form) for key, form in table.items()} for table in (person, past))
    return Verb(infinitive, person, past)


def _reflexive(form: str) -> str:
    return form + ("сь" if form[-1] in "аеёиоуыэюя" else "ся")


@functools.cache
def _verb_table() -> dict[str, tuple[Verb, Verb | None]]:
    table = {}
    for line in _VERBS.strip().split("\n"):
        concept, entry = line.split(": ")
        one, two = (_conjugate(part) for part in entry.split(" / "))
        assert one is not None
        table[concept] = (one, two)
    return table


def verb(concept: str) -> tuple[Verb, Verb | None]:
    """The imperfective verb, and the perfective one if there is one."""
    return _verb_table()[concept]


_PRONOUNS = {
    "i": "я меня мне меня мной мне",
    "we": "мы нас нам нас нами нас",
    "you": "вы вас вам вас вами вас",
    "he": "он его ему его им нём",
    "she": "она её ей её ей ней",
    "they": "они их им их ими них",
}


def pronoun(concept: str, case: str) -> str:
    """A personal pronoun without preposition."""
    return _PRONOUNS[concept].split()[CASES.index(case)]


# ------------------------------------------------------------------------------------------ how Russian says a meaning

_ADJECTIVES = {
    "young": "молодой", "old": "старый", "kind": "добрый", "clever": "умный", "cheerful": "весёлый", "tired": "усталый",
    "famous": "известный", "tall": "высокий", "strange": "странный", "polite": "вежливый", "small": "маленький",
    "little": "маленький",
    "big": "большой", "black": "чёрный", "white": "белый", "hungry": "голодный", "interesting": "интересный",
    "new": "новый", "long": "длинный", "short": "короткий", "boring": "скучный", "sad": "грустный", "good": "хороший",
    "fresh": "свежий", "tasty": "вкусный", "hot": "горячий", "cold": "холодный", "warm": "тёплый",
    "beautiful": "красивый", "red": "красный", "blue": "синий", "expensive": "дорогой", "fast": "быстрый",
    "comfortable": "удобный", "difficult": "трудный", "simple": "простой", "important": "важный",
}  # fmt: skip
_SHORT = {"busy": "занят занята занято заняты",
          "hungry": "голоден голодна голодно голодны",
          "tired": "устал устала устало устали"}  # fmt: skip
"""States of people are said with short forms, which have no case; "устал" is a past tense of its own."""
_BEGINS = frozenset({"hungry", "ill", "tired"})
"""States that have a verb for how they begin."""
_WEATHER = {"cold": "холодно", "hot": "жарко", "dark": "темно", "late": "поздно"}
_ADVERBS = {
    "slowly": "медленно", "quickly": "быстро", "quietly": "тихо", "loudly": "громко", "attentively": "внимательно",
    "carefully": "осторожно", "politely": "вежливо", "patiently": "терпеливо", "often": "часто", "always": "всегда",
    "sometimes": "иногда", "rarely": "редко", "now": "сейчас", "today": "сегодня", "yesterday": "вчера",
    "tomorrow": "завтра", "in_the_morning": "утром", "in_the_evening": "вечером",
}  # fmt: skip
_DETERMINERS = {
    "this": ("m этот этого этому - этим этом", "f эта этой этой эту этой этой", "n это этого этому это этим этом",
             "p эти этих этим - этими этих"),
    "that": ("m тот того тому - тем том", "f та той той ту той той", "n то того тому то тем том",
             "p те тех тем - теми тех"),
    "my": ("m мой моего моему - моим моём", "f моя моей моей мою моей моей", "n моё моего моему моё моим моём",
           "p мои моих моим - моими моих"),
    "own": ("m свой своего своему - своим своём", "f своя своей своей свою своей своей",
            "n своё своего своему своё своим своём", "p свои своих своим - своими своих"),
    "our": ("m наш нашего нашему - нашим нашем", "f наша нашей нашей нашу нашей нашей",
            "n наше нашего нашему наше нашим нашем", "p наши наших нашим - нашими наших"),
    "your": ("m ваш вашего вашему - вашим вашем", "f ваша вашей вашей вашу вашей вашей",
             "n ваше вашего вашему ваше вашим вашем", "p ваши ваших вашим - вашими ваших"),
}  # fmt: skip
_INVARIANT = {"his": "его", "her": "её", "their": "их"}
_COUNTS = {"two": "два две", "three": "три три", "five": "пять пять"}
_NA = frozenset(
    {"station", "market", "beach", "table", "chair", "shelf", "floor", "wall", "roof", "street", "square", "kitchen"}
    | {"sofa", "bridge", "bed"}
)
_SHORES = frozenset({"river", "lake", "sea"})
"""На реку, but в реке: one goes to the water and swims in it."""
_FRONT = {"in": ("в", "на"), "to": ("в", "на"), "from": ("из", "с")}
_CASES = {"in": "p", "to": "a", "from": "g"}
_GOVERNS = {"help": "d"}
_PREPOSITIONS = {"talk": ("с", "i"), "dream": ("о", "p")}
_MASCULINE_IN_A = frozenset({"grandfather", "man", "uncle"})


@functools.cache
def determiner(name: str, gender: str, case: str, animate: bool) -> str:
    """A form of a demonstrative or possessive; its arguments are those of `adjective`."""
    if name in _INVARIANT:
        return _INVARIANT[name]
    forms = next(row.split()[1:] for row in _DETERMINERS[name] if row[0] == gender)
    if case == "a" and gender in "mp":
        case = "g" if animate else "n"
    return forms[CASES.index(case)]


_VOWELS = "аеёиоуыэюя"


def _preposition(form: str, following: str) -> str:
    """The shape of a preposition before what follows: со, во, об."""
    cluster = len(following) > 1 and following[1] not in _VOWELS
    if form == "с" and (following == "мной" or (following[0] in "сзшж" and cluster)):
        return "со"
    if form == "в" and ((following[0] in "вф" and cluster) or following.startswith("двор")):
        return "во"
    if form == "о" and following[0] in "аиоуэ":
        return "об"
    return form


def gender(phrase: Phrase) -> str:
    """What agrees with a phrase agrees with this: "m", "f", "n" or "p"."""
    if phrase.noun in ("we", "you", "they") or phrase.number == "pl":
        return "p"
    if phrase.is_pronoun:
        return {"he": "m", "she": "f"}.get(phrase.noun, phrase.gender)
    found = noun(phrase.noun)
    if found.only_plural:
        return "p"
    return "m" if phrase.noun in _MASCULINE_IN_A else found.gender


def _phrase(phrase: Phrase, case: str, local: bool = False, prepositional: bool = False) -> list[Word]:
    """A noun phrase in a case; `local`: after в and на of place; `prepositional`: after any preposition (него)."""
    node = phrase.id
    agrees = gender(phrase)
    if phrase.is_pronoun:
        name = {"m": "he", "n": "he", "f": "she", "p": "they"}[agrees] if phrase.noun == "it" else phrase.noun
        form = "оно" if phrase.noun == "it" and agrees == "n" and case == "n" else pronoun(name, case)
        if prepositional and name in ("he", "she", "they") and form[0] != "н":
            form = "н" + form
        return [Word(form, key(node, NOUN))]
    found = noun(phrase.noun)
    number = "p" if phrase.number == "pl" else "s"
    words: list[Word] = []
    unsaid = key(node, DET) if phrase.bare else ()
    if phrase.bare:
        pass
    elif phrase.determiner in _DETERMINERS or phrase.determiner in _INVARIANT:
        words.append(Word(determiner(phrase.determiner, agrees, case, found.animate), key(node, DET)))
    if phrase.determiner == "any" and phrase.number == "pl" and case == "g":
        words.append(Word("никаких", key(node, DET)))
    form = found.forms[("l" if local and case == "p" else case) + number]
    if phrase.determiner in _COUNTS:  # две книги, пять книг: the numeral decides the case
        count = _COUNTS[phrase.determiner].split()[found.gender == "f"]
        words.append(Word(count, key(node, DET)))
        form = found.forms["gp" if phrase.determiner == "five" else "gs"]
    if phrase.adjective:
        words.append(Word(adjective(_ADJECTIVES[phrase.adjective], agrees, case, found.animate), key(node, ADJ)))
    words.append(Word(form, key(node, NOUN) + unsaid))
    if phrase.determiner == "piece":  # кусок вкусного торта
        rest = _phrase(dataclasses.replace(phrase, determiner=""), "g")
        rest = [Word(w.form, w.keys + key(node, OF)) if _is_noun(w, phrase) else w for w in rest]
        return [Word("кусок", key(node, DET) + key(node, PIECE)), *rest]
    if phrase.owner is not None:
        owner = _phrase(phrase.owner, "g")
        words += [Word(w.form, w.keys + key(phrase.owner.id, OF)) if _is_noun(w, phrase.owner) else w for w in owner]
    clause = phrase.relative
    if clause is not None:
        role_case = "n" if phrase.relative_role == "subject" else _object_case(clause)
        form = adjective("который", agrees, role_case, found.animate)
        words += [CLOSING, Word(form, key(node, REL)), *_clause(clause, head=phrase), CLOSING]
    return words


def _is_noun(word: Word, phrase: Phrase) -> bool:
    return key(phrase.id, NOUN)[0] in word.keys


def _person(phrase: Phrase) -> str:
    person = {"i": "1s", "we": "1p", "you": "2p", "they": "3p"}.get(phrase.noun)
    return person or ("3p" if gender(phrase) == "p" else "3s")


def _object_case(clause: Clause) -> str:
    if clause.verb in _PREPOSITIONS:
        return _PREPOSITIONS[clause.verb][1]
    return _GOVERNS.get(clause.verb, "a")


_WILL = {"1s": "буду", "3s": "будет", "1p": "будем", "2p": "будете", "3p": "будут"}
_CAN = {"1s": "могу", "3s": "может", "1p": "можем", "2p": "можете", "3p": "могут"}
_A_WHILE = {"walk": "погулять", "swim": "поплавать", "play": "поиграть", "listen": "послушать"}
"""What one wants to do for a while."""
_MANAGED = {"m": "смог", "f": "смогла", "n": "смогло", "p": "смогли"}
_COULD = {"m": "мог", "f": "могла", "n": "могло", "p": "могли"}
_MUST = {"m": "должен", "f": "должна", "n": "должно", "p": "должны"}
_WAS = {"m": "был", "f": "была", "n": "было", "p": "были"}


def _finite(
    concept: str, clause: Clause, subject: Phrase, main: tuple[int, ...], support: tuple[int, ...]
) -> list[Word]:
    if concept == "go" and clause.negation == "never":  # никогда не ходил
        concept = "walk_there"
    imperfective, perfective = verb(concept)
    lasting = perfective is None or bool(clause.frequency) or clause.progressive or clause.negation == "never"
    lasting = lasting or (clause.negation == "nothing" and concept in ("eat", "drink"))  # ничего не ел
    lasting = lasting or (clause.question == "what" and concept in ("eat", "drink"))  # что пили гости
    both = main + support
    if clause.tense == "present":
        return [Word(imperfective.person[_person(subject)], both)]
    if clause.tense == "past" and clause.negation == "not" and concept in ("eat", "drink"):  # не стал есть суп
        whole = clause.object is not None and clause.object.determiner == "the"
        began = Word({"m": "стал", "f": "стала", "n": "стало", "p": "стали"}[gender(subject)], support)
        return (
            [began, Word(imperfective.infinitive, main)] if whole else [Word(imperfective.past[gender(subject)], both)]
        )
    if clause.tense == "past":
        chosen = imperfective if lasting or perfective is None else perfective
        return [Word(chosen.past[gender(subject)], both)]
    if lasting or perfective is None:
        return [Word(_WILL[_person(subject)], support), Word(imperfective.infinitive, main)]
    return [Word(perfective.person[_person(subject)], both)]


def _verb_group(clause: Clause, subject: Phrase) -> list[Word]:
    """The verb with its modal, or what says of the subject what it is like."""
    main, support, modal = key(clause.id, VERB), key(clause.id, AUX), key(clause.id, MODAL)
    both = main + support
    if clause.kind in ("adjective", "weather", "profession"):
        copula: list[Word] = []
        agrees = "n" if clause.kind == "weather" else gender(subject)
        person = "3s" if clause.kind == "weather" else _person(subject)
        if clause.kind == "adjective" and clause.adjective in _BEGINS and clause.tense == "future":
            begins = verb(clause.adjective)[1]  # если он заболеет
            assert begins is not None
            return [Word(begins.person[person], both + key(clause.id, PRED))]
        if clause.adjective == "ill":  # болеет, болел
            form = verb("ill")[0].past[agrees] if clause.tense == "past" else verb("ill")[0].person[person]
            return [Word(form, both + key(clause.id, PRED))]
        if clause.adjective == "tired":
            return [Word(_SHORT["tired"].split()["mfnp".index(agrees)], both + key(clause.id, PRED))]
        if clause.tense == "past":
            copula = [Word(_WAS[agrees], both)]
        elif clause.tense == "future":
            copula = [Word(_WILL[person], both)]
        if clause.kind == "profession":
            assert clause.object is not None
            case = "i" if copula else "n"
            return [*(copula or [Word("—", both)]), *_phrase(clause.object, case)]
        if clause.kind == "weather":
            form = _WEATHER[clause.adjective]
        elif clause.adjective in _SHORT:
            form = _SHORT[clause.adjective].split()["mfnp".index(agrees)]
        elif clause.adjective == "too_expensive":  # слишком дорогой
            copula.append(Word("слишком", key(clause.id, MANNER)))
            form = adjective(_ADJECTIVES["expensive"], agrees, "i" if len(copula) > 1 else "n", False)
        else:
            form = adjective(_ADJECTIVES[clause.adjective], agrees, "i" if copula else "n", False)
        return [*copula, Word(form, key(clause.id, PRED))]
    if not clause.modal:
        return _finite(clause.verb, clause, subject, main, support)
    imperfective, perfective = verb(clause.verb)
    infinitive = imperfective if perfective is None or clause.modal == "begin" else perfective
    form = _A_WHILE.get(clause.verb, infinitive.infinitive) if clause.modal in ("want", "to") else infinitive.infinitive
    word = Word(form, main)
    if clause.modal == "to":
        return [word]
    if clause.modal == "can" and clause.verb == "find" and clause.negation == "not":  # искал, но не нашёл
        return _finite("find", clause, subject, main + modal, support)
    if clause.modal == "must":
        was = [Word(_WAS[gender(subject)], modal)] if clause.tense == "past" else []
        return [Word(_MUST[gender(subject)], modal), *was, word]
    if clause.modal == "can":
        could = _MANAGED if clause.negation == "not" else _COULD  # не смог открыть дверь
        form = could[gender(subject)] if clause.tense == "past" else _CAN[_person(subject)]
        return [Word(form, modal), word]
    return [*_finite(clause.modal, clause, subject, modal, modal), word]


def _place(place: Place) -> list[Word]:
    if place.phrase.noun == "home":
        form = "домой" if place.relation == "to" else "дома"
        return [Word(form, key(place.phrase.id, PREP) + key(place.phrase.id, NOUN))]
    na = place.phrase.noun in _NA or (place.relation != "in" and place.phrase.noun in _SHORES)
    words = _phrase(place.phrase, _CASES[place.relation], local=place.relation == "in", prepositional=True)
    form = _preposition(_FRONT[place.relation][na], words[0].form)
    return [Word(form, key(place.phrase.id, PREP)), *words]


_STANDS = frozenset(
    {"table", "chair", "sofa", "bed", "cupboard", "lamp", "mirror", "house", "cup", "plate", "box", "basket", "bicycle"}
    | {"car", "motorcycle", "tree", "church", "school"}
)
_HANGS = frozenset({"picture", "portrait", "map"})


def _there(clause: Clause, where: list[Word]) -> list[Word]:
    """На столе лежит книга, книга лежит на столе: what there is, and where."""
    thing = clause.object
    assert thing is not None
    concept = "stand" if thing.noun in _STANDS else "hang" if thing.noun in _HANGS else "lie"
    both = key(clause.id, VERB) + key(clause.id, AUX)
    return [*where, *_finite(concept, clause, thing, both, ()), *_phrase(thing, "n")]


def _have(clause: Clause, subject: Phrase) -> list[Word]:
    """У мальчика есть собака, у мальчика нет собаки."""
    both, thing = key(clause.id, VERB) + key(clause.id, AUX), clause.object
    assert thing is not None
    whose = [Word("у", key(clause.id, VERB)), *_phrase(subject, "g", prepositional=True)]
    if clause.negation:
        nothing = both + key(clause.id, NEG)
        none = (
            [Word("не", key(clause.id, NEG)), Word("было", both)] if clause.tense == "past" else [Word("нет", nothing)]
        )
        return [*whose, *none, *_phrase(thing, "g")]
    if clause.tense == "future":
        return [*whose, Word(_WILL[_person(thing)], both), *_phrase(thing, "n")]
    form = "есть" if clause.tense == "present" else _WAS[gender(thing)]
    return [*whose, Word(form, both), *_phrase(thing, "n")]


def _like(clause: Clause, subject: Phrase) -> list[Word]:
    """Мальчику нравится книга: who likes is in the dative, what is liked is the subject."""
    thing = clause.object
    assert thing is not None
    words = _finite("like", clause, thing, key(clause.id, VERB), key(clause.id, AUX))
    not_ = [Word("не", key(clause.id, NEG))] if clause.negation else []
    if thing.is_pronoun:  # он ему не понравился
        return [*_phrase(thing, "n"), *_phrase(subject, "d"), *not_, *words]
    return [*_phrase(subject, "d"), *not_, *words, *_phrase(thing, "n")]


_ASKED = {"who": "кто", "what": "что", "where": "где", "why": "почему"}


def _clause(clause: Clause, head: Phrase | None = None) -> list[Word]:
    """A clause; `head` is a subject that stands outside: in a relative clause, or left out."""
    node = clause.id
    where = [] if clause.place is None else _place(clause.place)
    when = [] if not clause.time else [Word(_ADVERBS[clause.time], key(node, TIME))]
    if clause.kind == "there":
        return _there(clause, where)
    subject = clause.subject if clause.subject is not None else head
    if subject is None:
        subject = Phrase(0, "it", gender="n")
    if clause.kind == "have":
        return [*when, *_have(clause, subject)]
    if clause.kind == "like":
        return [*when, *_like(clause, subject)]
    who = [] if clause.subject is None else _phrase(clause.subject, "n")
    if clause.negation == "nobody":
        who = [Word("никто", key(node, NEG) + key(subject.id, NOUN))]
    if clause.question == "who":
        who = []
    before: list[Word] = []
    if clause.frequency:
        before.append(Word(_ADVERBS[clause.frequency], key(node, FREQ)))
    if clause.negation == "never":
        before.append(Word("никогда", key(node, FREQ)))
    if clause.negation == "nothing":
        before.append(Word("ничего", key(node, NOUN)))
    if clause.manner:
        before.append(Word(_ADVERBS[clause.manner], key(node, MANNER)))
    if clause.negation:
        before.append(Word("не", key(node, NEG)))
    group = _verb_group(clause, subject)
    what: list[Word] = []
    if clause.object is not None and clause.kind != "profession" and clause.question != "what":
        case = _object_case(clause)
        if case == "a" and clause.object.determiner == "any" and clause.object.number == "pl":
            case = "g"
        if clause.verb == "drink" and clause.modal in ("want", "to") and clause.object.determiner == "a":
            case = "g"  # хочет выпить воды
        what = _phrase(clause.object, case, prepositional=clause.verb in _PREPOSITIONS)
        if clause.verb in _PREPOSITIONS:
            form = _preposition(_PREPOSITIONS[clause.verb][0], what[0].form)
            what.insert(0, Word(form, key(node, PREP)))
        if clause.modal == "to" and clause.verb == "buy" and clause.object.noun in MASS:  # пошёл на рынок за хлебом
            return [Word("за", group[0].keys), *_phrase(clause.object, "i")]
    whom = [] if clause.recipient is None else _phrase(clause.recipient, "d")
    late = clause.object is not None and clause.object.is_pronoun
    if late and len(who) > 1 and who[0].form == what[-1].form:  # сестра её нашла, not: её сестра её нашла
        who = [Word(who[1].form, who[0].keys + who[1].keys), *who[2:]]
    if clause.recipient is not None and (late or clause.verb == "explain"):
        whom = [
            Word(w.form, w.keys + key(clause.recipient.id, PREP)) if _is_noun(w, clause.recipient) else w for w in whom
        ]
    asked = [Word(_ASKED[clause.question], key(node, DET))] if clause.question not in ("", "yes") else []
    if late and clause.recipient is not None and clause.recipient.is_pronoun and clause.order != "pronoun":
        last = group[-1]  # нашёл игрушку и отдал ей: two pronouns would pile up
        group = [*group[:-1], Word(last.form, last.keys + what[-1].keys)]
        what = []
    if what and clause.object is not None and clause.object.dropped:  # искал ключ, но не нашёл
        group, what = [*group[:-1], Word(group[-1].form, group[-1].keys + what[-1].keys)], []
    if who and clause.subject is not None and clause.subject.dropped:  # потому что хотел
        group, who = [Word(group[0].form, group[0].keys + who[0].keys), *group[1:]], []
    if late:  # отправил его соседу
        whom, what = what, whom
    if clause.order == "inverted":
        return [*asked, *when, *where, *before, *group, *whom, *who]
    if clause.order == "object":
        return [*what, *when, *before, *group, *whom, *who, *where]
    if clause.order == "pronoun":  # он меня видит, он мне помог
        return [*asked, *when, *who, *what, *whom, *before, *group, *where]
    if clause.time_first:
        return [*asked, *when, *who, *before, *group, *whom, *what, *where]
    return [*asked, *who, *when, *before, *group, *whom, *what, *where]


_LINKS = {"and": ", а", "then": "и", "to": "", "but": ", но", "but_if": ", а если",
          "because": ", потому что", "when": "когда", "if": "если",
          "although": "хотя", "while": "пока", "that": ", что", "so": ", поэтому"}  # fmt: skip


def russian(sentence: Sentence) -> list[Word]:
    """A sentence in Russian."""
    words: list[Word] = []
    opened = 0
    for number, part in enumerate(sentence.parts):
        if opened:
            words.append(Word(",", key(opened, COMMA2)))
            opened = 0
        node = part.clause.id
        if sentence.listed(number):  # пошёл на рынок, купил рыбу и приготовил суп
            words.append(Word(",", key(node, LINK)))
        elif part.link:
            text = _LINKS[part.link]
            if part.link == "and" and (
                part.clause.verb in ("thank", "drink", "invite", "eat", "help")
                or part.clause.order == "object"
                or part.clause.recipient is not None
            ):
                # no contrast, but what follows from it
                text = ", и"
            if part.link == "but" and part.clause.verb == "remain":  # а сестра осталась дома
                text = ", а"
            if number and part.link in ("when", "if", "although", "while"):
                text = ", " + text
            for form in text.split():
                words.append(Word(form, key(node, COMMA if form == "," else LINK)))
            opened = node if not number or part.link == "but_if" else 0
        words += _clause(part.clause, part.head)
    words.append(Word("?" if sentence.question else ".", key(0, END)))
    return marks(words)
