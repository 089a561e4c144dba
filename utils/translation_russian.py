"""Russian words of the translation corpus: nouns in six cases, adjectives, verbs in two aspects.

Regular forms are made by rule (hard, soft, velar and hushing stems); the tables hold what the rules cannot know: stems
with a fleeting vowel, irregular plurals, stressed endings, the present stem of verbs.
"""

from __future__ import annotations

import dataclasses
import functools

__all__ = ["CASES", "Noun", "Verb", "adjective", "noun", "pronoun", "verb"]

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
story рассказ m
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
island остров m np=острова
sea море n
mountain гора f as=гору np=горы
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
piano пианино n indeclinable
violin скрипка f gp=скрипок
portrait портрет m
map карта f
question вопрос m
problem проблема f
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
write: писать,пишу,пишет,пишут / написать,напишу,напишет,напишут
buy: покупать / купить,куплю,купит,купят
sell: продавать,продаю,продаёт,продают / продать,продам,продаст,продадут,w=продадим
find: находить,нахожу,находит,находят / найти,найду,найдёт,найдут,p=нашёл;нашла
lose: терять / потерять
bring: приносить,приношу,приносит,приносят / принести,принесу,принесёт,принесут,p=принёс;принесла
wash: мыть,мою,моет,моют / вымыть,вымою,вымоет,вымоют
cook: готовить,готовлю,готовит,готовят / приготовить,приготовлю,приготовит,приготовят
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
sit: сидеть,сижу,сидит,сидят / -
play: играть / -
travel: путешествовать,путешествую,путешествует,путешествуют / -
go: идти,иду,идёт,идут,p=шёл;шла / пойти,пойду,пойдёт,пойдут,p=пошёл;пошла
come: приходить,прихожу,приходит,приходят / прийти,приду,придёт,придут,p=пришёл;пришла
return: ~возвращать / ~вернуть,верну,вернёт,вернут
talk: разговаривать / -
think: думать / -
dream: мечтать / -
say: говорить,говорю,говорит,говорят / сказать,скажу,скажет,скажут
want: хотеть,хочу,хочет,хотят,w=хотим / -
begin: начинать / начать,начну,начнёт,начнут
like: ~нравить,нравлю,нравит,нравят / ~понравить,понравлю,понравит,понравят
play_on: играть / -
ask: спрашивать / спросить,спрошу,спросит,спросят
answer: отвечать / ответить,отвечу,ответит,ответят
study: учить,учу,учит,учат / выучить,выучу,выучит,выучат
visit: посещать / посетить,посещу,посетит,посетят
call: звонить,звоню,звонит,звонят / позвонить,позвоню,позвонит,позвонят
hope: ~надеять,надею,надеет,надеют / -
decide: решать / решить,решу,решит,решат
lie: лежать,лежу,лежит,лежат / -
stand: стоять,стою,стоит,стоят / -
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
    """The regular forms, without the accusative of masculines and plurals."""
    last, base = lemma[-1], stem
    if last in "ая":
        base = stem[:-1] if stem == lemma else stem
        end = base[-1]
        if last == "а":
            i = "и" if end in _HUSHING + _VELAR else "ы"
            oj = "ей" if end in _HUSHING + "ц" else "ой"
            singular, plural = (i, "е", "у", oj, "е"), (i, "", "ам", "ами", "ах")
        else:
            ie = "и" if end == "и" else "е"
            singular, plural = ("и", ie, "ю", "ей", ie), ("и", "й" if end == "и" else "ь", "ям", "ями", "ях")
        g, d, a, i_, p = singular
        made = {"ns": lemma, "gs": base + g, "ds": base + d, "as": base + a, "is": base + i_, "ps": base + p}
    elif gender == "f":  # -ь
        base = stem[:-1] if stem == lemma else stem
        made = {"ns": lemma, "gs": base + "и", "ds": base + "и", "as": lemma, "is": base + "ью", "ps": base + "и"}
        plural = (
            "и",
            "ей",
            "ам" if base[-1] == "в" else "ям",
            "ами" if base[-1] == "в" else "ями",
            "ах" if base[-1] == "в" else "ях",
        )
    elif gender == "n":
        base = stem[:-1]
        if last == "о":
            singular, plural = ("а", "у", "ом", "е"), ("а", "", "ам", "ами", "ах")
        else:
            ie, ij = ("и", "й") if base[-1] == "и" else ("е", "ей")
            singular, plural = ("я", "ю", "ем", ie), ("я", ij, "ям", "ями", "ях")
        g, d, i_, p = singular
        made = {"ns": lemma, "gs": base + g, "ds": base + d, "as": lemma, "is": base + i_, "ps": base + p}
    else:
        if last in "ьй":
            base = stem[:-1] if stem == lemma else stem
            singular, plural = ("я", "ю", "ем", "е"), ("и", "ей" if last == "ь" else "ев", "ям", "ями", "ях")
        else:
            end = base[-1]
            i = "и" if end in _HUSHING + _VELAR else "ы"
            om = "ем" if end in _HUSHING + "ц" else "ом"
            singular = ("а", "у", om, "е")
            plural = (i, "ей" if end in _HUSHING else ("ев" if end == "ц" else "ов"), "ам", "ами", "ах")
        g, d, i_, p = singular
        made = {"ns": lemma, "gs": base + g, "ds": base + d, "is": base + i_, "ps": base + p}
    for case, ending in zip("ngdip", plural, strict=True):
        made[case + "p"] = base + ending
    return made


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
