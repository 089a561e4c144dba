"""Portuguese (as in Brazil) of the translation corpus: words, their forms, and how a meaning is said.

Regular nouns, adjectives and verbs are inflected by rule; the tables hold the rest. Articles and prepositions contract
(em + a = na), pronouns stand before the verb or hang on the infinitive (encontrá-lo), and a subject that is clear
from the verb or the clause before is left out.
"""

from __future__ import annotations

import dataclasses
import functools

from utils.translation_lexicon import CLASSES, MASS
from utils.translation_meanings import (
    ADJ,
    AUX,
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

__all__ = ["Verb", "adjective", "gender", "noun", "portuguese", "verb"]

# concept=lemma,gender[,plural]
_NOUNS = """
boy=menino,m girl=menina,f teacher=professor,m teacher_f=professora,f student=aluno,m student_f=aluna,f
doctor=médico,m neighbour=vizinho,m neighbour_f=vizinha,f friend=amigo,m friend_f=amiga,f grandmother=avó,f
grandfather=avô,m mother=mãe,f father=pai,m brother=irmão,m,irmãos sister=irmã,f son=filho,m daughter=filha,f
artist=artista,m writer=escritor,m cook=cozinheiro,m engineer=engenheiro,m fisherman=pescador,m gardener=jardineiro,m
journalist=jornalista,m musician=músico,m actor=ator,m actress=atriz,f child=criança,f woman=mulher,f
man=homem,m,homens guest=convidado,m tourist=turista,m singer=cantora,f sailor=marinheiro,m farmer=fazendeiro,m
driver=motorista,m soldier=soldado,m nurse=enfermeira,f mechanic=mecânico,m carpenter=carpinteiro,m aunt=tia,f
uncle=tio,m wife=esposa,f husband=marido,m
old_man=velho,m dog=cachorro,m cat=gato,m horse=cavalo,m cow=vaca,f bird=pássaro,m rabbit=coelho,m
goat=cabra,f sheep=ovelha,f duck=pato,m kitten=gatinho,m puppy=cachorrinho,m book=livro,m letter=carta,f
newspaper=jornal,m magazine=revista,f poem=poema,m novel=romance,m story=história,f
fairy_tale=conto_de_fadas,m,contos_de_fadas
apple=maçã,f bread=pão,m,pães soup=sopa,f cheese=queijo,m fish=peixe,m pear=pera,f cake=bolo,m pie=torta,f egg=ovo,m
sandwich=sanduíche,m tea=chá,m coffee=café,m milk=leite,m water=água,f juice=suco,m dinner=jantar,m lunch=almoço,m
shirt=camisa,f dress=vestido,m coat=casaco,m hat=chapéu,m scarf=cachecol,m jacket=jaqueta,f sweater=suéter,m
skirt=saia,f car=carro,m bicycle=bicicleta,f boat=barco,m bus=ônibus,m,ônibus train=trem,m motorcycle=moto,f
house=casa,f school=escola,f shop=loja,f library=biblioteca,f museum=museu,m theatre=teatro,m park=parque,m
garden=jardim,m hospital=hospital,m station=estação,f,estações market=mercado,m church=igreja,f office=escritório,m
dishes=louça,f flat=apartamento,m
restaurant=restaurante,m kitchen=cozinha,f room=quarto,m yard=quintal,m forest=floresta,f field=campo,m
village=vila,f city=cidade,f street=rua,f square=praça,f beach=praia,f river=rio,m lake=lago,m bridge=ponte,f
sea=mar,m table=mesa,f chair=cadeira,f sofa=sofá,m bed=cama,f cupboard=armário,m
lamp=luminária,f mirror=espelho,m shelf=prateleira,f wall=parede,f floor=chão,m fence=cerca,f roof=telhado,m
window=janela,f door=porta,f key=chave,f cup=xícara,f plate=prato,m knife=faca,f spoon=colher,f box=caixa,f
bag=bolsa,f basket=cesta,f umbrella=guarda-chuva,m clock=relógio,m phone=telefone,m computer=computador,m
radio=rádio,m ball=bola,f toy=brinquedo,m gift=presente,m flower=flor,f tree=árvore,f picture=quadro,m
photograph=fotografia,f ticket=ingresso,m camera=câmera,f guitar=violão,m,violões violin=violino,m portrait=retrato,m
map=mapa,m question=pergunta,f problem=problema,m song=canção,f,canções music=música,f film=filme,m rule=regra,f
word=palavra,f answer=resposta,f exercise=exercício,m
"""

_ADJECTIVES = {
    "young": "jovem", "old": "velho", "kind": "bondoso", "clever": "inteligente", "cheerful": "alegre",
    "tired": "cansado", "famous": "famoso", "tall": "alto", "strange": "estranho", "polite": "educado",
    "small": "pequeno", "little": "pequeno", "big": "grande", "black": "preto", "white": "branco", "hungry": "faminto",
    "interesting": "interessante", "new": "novo", "long": "longo", "short": "curto", "boring": "chato", "sad": "triste",
    "good": "bom", "fresh": "fresco", "tasty": "gostoso", "hot": "quente", "cold": "frio", "warm": "quente",
    "beautiful": "bonito", "red": "vermelho", "blue": "azul", "expensive": "caro", "fast": "rápido",
    "comfortable": "confortável", "difficult": "difícil", "simple": "simples", "important": "importante",
    "late": "tarde", "dark": "escuro", "ill": "doente", "busy": "ocupado",
}  # fmt: skip
_BEFORE = frozenset({"good"})
"""Adjectives that stand before their noun."""
_ANTIQUE = frozenset((*CLASSES["song"], *CLASSES["film"], *CLASSES["art"], *CLASSES["text"], "map", "church", "bridge"))
"""What is not worn out when it is old, but "antigo"."""
_STATES = frozenset({"tired", "hungry", "hot", "cold", "ill", "dark", "busy"})
"""What somebody is for a while: with "estar"."""

_ADVERBS = {
    "slowly": "devagar", "quickly": "depressa", "quietly": "em_silêncio", "loudly": "em_voz_alta",
    "attentively": "com_atenção", "carefully": "com_cuidado", "politely": "educadamente", "patiently": "com_paciência",
    "often": "muitas_vezes", "always": "sempre", "sometimes": "às_vezes", "rarely": "raramente", "now": "agora",
    "today": "hoje", "yesterday": "ontem", "tomorrow": "amanhã", "in_the_morning": "de_manhã",
    "in_the_evening": "à_noite", "never": "nunca",
}  # fmt: skip

# concept: infinitive [g= gerund] [c= participle] [p= present, 4 persons] [t= preterite] [i= imperfect, 1st person]
_VERBS = """
read: ler p=leio,lê,lemos,leem
read_while: ler p=leio,lê,lemos,leem
write: escrever c=escrito
buy: comprar
sell: vender
find: encontrar
lose: perder p=perco,perde,perdemos,perdem
bring: trazer p=trago,traz,trazemos,trazem t=trouxe,trouxe,trouxemos,trouxeram
wash: lavar
cook: fazer p=faço,faz,fazemos,fazem t=fiz,fez,fizemos,fizeram c=feito
eat: comer
drink: beber
draw: desenhar
paint: pintar
repair: consertar
open: abrir c=aberto
close: fechar
hide: esconder
clean: limpar
build: construir p=construo,constrói,construímos,constroem t=construí,construiu,construímos,construíram
    c=construído i=construía
sing: cantar
listen: ouvir p=ouço,ouve,ouvimos,ouvem
watch: assistir
look_for: procurar
wait_for: esperar
help: ajudar
thank: agradecer
invite: convidar
meet: encontrar
see: ver p=vejo,vê,vemos,veem t=vi,viu,vimos,viram c=visto
know: conhecer
love: gostar
remember: lembrar
understand: entender
forget: esquecer
give: dar p=dou,dá,damos,dão t=dei,deu,demos,deram
present: dar p=dou,dá,damos,dão t=dei,deu,demos,deram
hand: dar p=dou,dá,damos,dão t=dei,deu,demos,deram
give_back: devolver
remain: ficar
take_soup: tomar
manage: conseguir p=consigo,consegue,conseguimos,conseguem
show: mostrar
send: mandar
tell: contar
explain: explicar
learn: aprender
visit: visitar
sleep: dormir p=durmo,dorme,dormimos,dormem
work: trabalhar
rest: descansar
laugh: rir p=rio,ri,rimos,riem t=ri,riu,rimos,riram
cry: chorar
dance: dançar
swim: nadar
walk: caminhar
run: correr
live: morar
play: brincar
go: ir p=vou,vai,vamos,vão t=fui,foi,fomos,foram i=ia
enter: entrar
arrive: chegar
come: vir p=venho,vem,vimos,vêm t=vim,veio,viemos,vieram i=vinha c=vindo g=vindo
return: voltar
talk: conversar
dream: sonhar
say: dizer p=digo,diz,dizemos,dizem t=disse,disse,dissemos,disseram c=dito
think: achar
know_that: saber p=sei,sabe,sabemos,sabem t=soube,soube,soubemos,souberam
want: querer p=quero,quer,queremos,querem t=quis,quis,quisemos,quiseram
can: poder p=posso,pode,podemos,podem t=pude,pôde,pudemos,puderam
begin: começar
like: gostar
have: ter p=tenho,tem,temos,têm t=tive,teve,tivemos,tiveram i=tinha
be: ser p=sou,é,somos,são t=fui,foi,fomos,foram i=era
stay: estar p=estou,está,estamos,estão t=estive,esteve,estivemos,estiveram
"""

_GOVERNS = {"watch": "a", "thank": "a", "like": "de", "remember": "de", "talk": "com", "dream": "com", "love": "de",
            "forget": ""}  # fmt: skip
"""The preposition that a verb takes before its object."""

PERSONS = ("1s", "3s", "1p", "3p")


@dataclasses.dataclass(frozen=True)
class Verb:
    """The forms of a verb; each tense by person: "1s", "3s", "1p", "3p"."""

    infinitive: str
    gerund: str
    participle: str
    present: dict[str, str]
    preterite: dict[str, str]
    imperfect: dict[str, str]

    @property
    def future_subjunctive(self) -> dict[str, str]:
        """After "quando" and "se": chegar, chegar, chegarmos, chegarem, from the stem of the preterite."""
        stem = self.preterite["3p"].removesuffix("am")
        return dict(zip(PERSONS, (stem, stem, stem + "mos", stem + "em"), strict=True))


def _respell(stem: str, ending: str) -> str:
    """A stem before an ending, with the same sound: explic + ei = expliquei."""
    if ending[0] in "eé":
        for old, new in (("c", "qu"), ("g", "gu"), ("ç", "c")):
            if stem.endswith(old):
                return stem[: -len(old)] + new
    if ending[0] in "oa" and stem.endswith("ec"):  # agradecer, conhecer: agradeço
        return stem[:-1] + "ç"
    return stem


def _by_person(forms: list[str]) -> dict[str, str]:
    return dict(zip(PERSONS, forms, strict=True))


def _conjugate(entry: str) -> Verb:
    infinitive, *given = entry.split()
    table = dict(one.split("=") for one in given)
    stem, vowel = infinitive[:-2], infinitive[-2]
    endings = {
        "a": ("o a amos am", "ei ou amos aram", "ava ava ávamos avam", "ado"),
        "e": ("o e emos em", "i eu emos eram", "ia ia íamos iam", "ido"),
        "i": ("o e imos em", "i iu imos iram", "ia ia íamos iam", "ido"),
    }[vowel]
    made = []
    for name, row in zip("pt", endings[:2], strict=True):
        own = table.get(name)
        joined = [(_respell(stem, e) if vowel == "a" or e[0] == "o" else stem) + e for e in row.split()]
        made.append(_by_person(own.split(",") if own else joined))
    if "i" in table:
        first = table["i"]
        accents = {"ia": "íamos", "ía": "íamos", "era": "éramos", "inha": "ínhamos"}
        end = next(end for end in accents if first.endswith(end))
        imperfect = [first, first, first.removesuffix(end) + accents[end], first + "m"]
    else:
        imperfect = [stem + ending for ending in endings[2].split()]
    gerund = table.get("g", infinitive[:-1] + "ndo")
    present, preterite = made
    return Verb(infinitive, gerund, table.get("c", stem + endings[3]), present, preterite, _by_person(imperfect))


@functools.cache
def _verb_table() -> dict[str, Verb]:
    rows = _VERBS.strip().replace("\n    ", " ").split("\n")  # an indented line goes on with the one before
    return {line.split(": ")[0]: _conjugate(line.split(": ")[1]) for line in rows}


def verb(concept: str) -> Verb:
    """The forms of a verb."""
    return _verb_table()[concept]


def _plural(word: str) -> str:
    if word[-1] in "rz":
        return word + "es"
    for end, plural in (("m", "ns"), ("ável", "áveis"), ("ível", "íveis"), ("ícil", "íceis")):
        if word.endswith(end):
            return word.removesuffix(end) + plural
    if word.endswith(("al", "el", "ol", "ul")):
        return word[:-1] + "is" if word.endswith(("al", "ul")) else word[:-2] + {"e": "éis", "o": "óis"}[word[-2]]
    return word if word.endswith("s") else word + "s"


@functools.cache
def _noun_table() -> dict[str, tuple[str, str, str]]:
    table = {}
    for entry in _NOUNS.split():
        concept, forms = entry.split("=")
        lemma, sex, *plural = forms.split(",")
        table[concept] = (lemma, sex, plural[0] if plural else _plural(lemma))
    return table


def noun(concept: str, number: str) -> tuple[str, ...]:
    """The words of a noun, "sg" or "pl"."""
    lemma, _, plural = _noun_table()[concept]
    return tuple((plural if number == "pl" else lemma).split("_"))


def gender(concept: str) -> str:
    """The gender of a noun, "m" or "f"."""
    return _noun_table()[concept][1]


@functools.cache
def adjective(lemma: str, sex: str, number: str) -> str:
    """A form of an adjective: bonito, bonita, bonitos, bonitas.

    Args:
        lemma: the masculine singular.
        sex: "m" or "f".
        number: "sg" or "pl".
    """
    form = lemma
    if sex == "f":
        form = "boa" if lemma == "bom" else lemma[:-1] + "a" if lemma.endswith("o") else lemma
    return _plural(form) if number == "pl" else form


_DETERMINERS = {
    "the": "o a os as", "a": "um uma - -", "this": "este esta estes estas", "that": "aquele aquela aqueles aquelas",
    "my": "meu minha meus minhas", "our": "nosso nossa nossos nossas", "own": "seu sua seus suas",
    "another": "outro outra - -", "two": "- - dois duas", "three": "- - três três", "five": "- - cinco cinco",
}  # fmt: skip
_AFTER = {"his": "dele", "her": "dela", "their": "deles"}
"""Possessives that stand after the noun, because "seu" would be the subject's own."""
_SUBJECTS = {"i": "eu eu", "we": "nós nós", "you": "vocês vocês", "he": "ele ele", "she": "ela ela",
             "they": "eles elas", "it": "ele ela"}  # fmt: skip
_CLITICS = {"i": "me", "we": "nos"}


def _number(phrase: Phrase) -> str:
    return "pl" if phrase.number == "pl" or phrase.noun in ("we", "you", "they") else "sg"


def _sex(phrase: Phrase) -> str:
    if phrase.is_pronoun:
        return {"he": "m", "she": "f"}.get(phrase.noun, phrase.gender)
    return gender(phrase.noun)


def _determiner(name: str, sex: str, number: str) -> str:
    return _DETERMINERS[name].split()[(sex == "f") + 2 * (number == "pl")]


_CONTRACT = {"em": "n", "de": "d"}


def _contract(preposition: str, keys: tuple[int, ...], words: list[Word]) -> list[Word]:
    """A preposition before a phrase: em + a = na, a + o = ao, de + este = deste."""
    first = words[0]
    fused = ""
    article = first.form in ("o", "a", "os", "as")
    possessive = first.form.startswith(("meu", "minha", "noss", "seu", "sua"))
    if preposition == "de" and possessive:  # gosta do meu pai
        ending = ("a" if first.form.rstrip("s").endswith("a") else "o") + ("s" if first.form[-1] == "s" else "")
        return [Word("d" + ending, keys), *words]
    if preposition in _CONTRACT and (article or first.form.startswith(("este", "esta", "aquel", "ele", "ela"))):
        fused = _CONTRACT[preposition] + first.form
    elif preposition == "a" and first.form in ("o", "os"):
        fused = "a" + first.form
    elif preposition == "a" and (article or first.form.startswith("aquel")):
        fused = "à" + first.form[1:]
    if fused:
        return [Word(fused, keys + first.keys), *words[1:]]
    if preposition == "com" and first.form in ("eu", "nós"):
        return [Word({"eu": "comigo", "nós": "conosco"}[first.form], keys + first.keys)]
    return [Word(preposition, keys), *words]


def _phrase(phrase: Phrase, subject: Phrase | None = None, bare: bool = False) -> list[Word]:
    """A noun phrase; `subject` is the subject of its clause, for "own"; `bare`: without "um"."""
    node = phrase.id
    sex, number = _sex(phrase), _number(phrase)
    if phrase.is_pronoun:
        form = _SUBJECTS[phrase.noun].split()[sex == "f"]
        if phrase.noun == "it" and number == "pl":
            form += "s"
        return [Word(form, key(node, NOUN))]
    words = [Word(form, key(node, NOUN)) for form in noun(phrase.noun, phrase.number)]
    if phrase.adjective:
        lemma = _ADJECTIVES[phrase.adjective]
        if lemma == "velho" and phrase.noun in CLASSES["person"]:
            lemma = "idoso"
        elif lemma == "velho" and phrase.noun in _ANTIQUE:
            lemma = "antigo"
        word = Word(adjective(lemma, sex, number), key(node, ADJ))
        person = phrase.noun in CLASSES["person"]
        before = phrase.adjective in _BEFORE or (person and phrase.adjective in ("young", "new"))
        words = [word, *words] if before else [*words, word]
    name = "the" if phrase.bare else phrase.determiner
    if name == "own" and subject is not None and _number(subject) == "pl" and subject.noun not in ("we", "you"):
        name = "the"  # venderam a moto
    if name == "own" and subject is not None and subject.noun in ("i", "we"):
        name = {"i": "my", "we": "our"}[subject.noun]
    if name == "own" and phrase.noun in (*CLASSES["kin"], *CLASSES["spouse"]):  # ajudou a avó: his own, whose else
        name = "the"
    if phrase.owner is not None:
        shown = name in ("this", "that")
        form = _determiner(name if shown else "the", sex, number)
        words.insert(0, Word(form, key(node, DET) if shown else ()))
        words += _contract("de", key(phrase.owner.id, OF), _phrase(phrase.owner))
    elif name in _AFTER:
        words.insert(0, Word(_determiner("the", sex, number)))
        words.append(Word(_AFTER[name], key(node, DET)))
    elif name == "piece":
        words = [
            Word("um", key(node, DET)),
            Word("pedaço", key(node, PIECE)),
            Word("de", key(node, OF)),
            *words,
        ]
    elif name in ("a", "any") and phrase.noun in ("dinner", "lunch"):
        words.insert(0, Word("o"))
    elif name in ("a", "any"):
        if number == "sg" and phrase.noun not in MASS and not bare:
            words.insert(0, Word(_determiner("a", sex, number), key(node, DET)))
    elif name and phrase.noun != "music":
        words.insert(0, Word(_determiner(name, sex, number), key(node, DET)))
    if phrase.relative is not None:
        words += [Word("que", key(node, REL)), *_clause(phrase.relative, head=phrase)]
    return words


def _person(subject: Phrase) -> str:
    if subject.noun in ("i", "we"):
        return {"i": "1s", "we": "1p"}[subject.noun]
    return "3p" if _number(subject) == "pl" else "3s"


def _finite(concept: str, clause: Clause, person: str, shift: str, main: int, support: int) -> list[Word]:
    """The finite verb, with the auxiliary that its tense asks for.

    Args:
        concept: which verb.
        clause: its tense and aspect.
        person: one of `PERSONS`.
        shift: what the clause before does to the tense.
        main, support: keys of the verb and of its auxiliary.
    """
    forms = verb(concept)
    both = (main, support)
    tense = clause.tense
    refuses = concept == "go" and tense == "present"  # vai, não vai: is going
    still = (
        clause.progressive and concept not in ("dream", "remain") and not refuses
    )  # sonha com um carro: a wish, nobody is asleep
    failed = concept in ("can", "manage") and clause.negation == "not" and tense == "past" and not shift  # não pôde ir
    steady = clause.kind in ("adjective", "profession", "have", "there", "weather") or concept in _STEADY
    if shift == "condition" and tense == "future":
        return [Word(forms.future_subjunctive[person], both)]
    if shift in ("lasting", "going"):  # enquanto esperava o ônibus, lia …, e bebia …
        return [Word(forms.imperfect[person], both)]
    if tense == "future" and shift == "bare":  # vai voltar e descansar
        return [Word(forms.infinitive, both)]
    if tense == "future" and shift == "said":  # disse que iria, faria
        ending = {"1s": "ia", "3s": "ia", "1p": "íamos", "3p": "iam"}[person]
        return [Word(_SHORTENED.get(forms.infinitive, forms.infinitive) + ending, both)]
    if tense == "future":
        will = verb("go").present[person]
        if concept == "go":  # vai ao mercado: nobody says "vai ir"
            return [Word(will, both)]
        return [Word(will, (support,)), Word(forms.infinitive, (main,))]
    if still:
        stay = verb("stay").imperfect if tense == "past" or shift == "said" else verb("stay").present
        return [Word(stay[person], (support,)), Word(forms.gerund, (main,))]
    if shift == "said":
        if tense == "present" or steady:
            return [Word(forms.imperfect[person], both)]
        return [Word(verb("have").imperfect[person], (support,)), Word(forms.participle, (main,))]
    if tense == "present":
        return [Word(forms.present[person], both)]
    table = forms.imperfect if steady and not failed else forms.preterite
    return [Word(table[person], both)]


_SHORTENED = {"fazer": "far", "trazer": "trar", "dizer": "dir"}
"""The stems of faria, traria, diria."""
_STEADY = frozenset({"know", "love", "live", "want", "can", "manage", "remember", "know_that", "dream"})
"""Verbs whose past is told as a state: sabia, queria."""


def _hang(infinitive: Word, pronoun: Word) -> Word:
    """A pronoun that hangs on an infinitive: encontrar + o = encontrá-lo."""
    stem, vowel = infinitive.form[:-2], infinitive.form[-2]
    vowel = {"a": "á", "e": "ê"}.get(vowel, vowel)
    if infinitive.form.endswith("ruir"):
        vowel = "í"
    return Word(f"{stem}{vowel}-l{pronoun.form}", infinitive.keys + pronoun.keys)


def _verb_group(clause: Clause, person: str, shift: str) -> list[Word]:
    main, support, modal = key(clause.id, VERB)[0], key(clause.id, AUX)[0], key(clause.id, MODAL)[0]
    if not clause.modal:
        concept = clause.verb
        if clause.kind == "adjective":
            turns = shift == "condition" and clause.adjective in ("hungry", "ill", "tired")  # se ficar com fome
            concept = "remain" if turns else "stay" if clause.adjective in _STATES else "be"
        elif clause.kind == "weather":
            concept = "be" if clause.adjective == "late" else "stay"
        elif clause.kind == "profession":
            concept = "be"
        return _finite(concept, clause, person, shift, main, support)
    if clause.modal == "to":  # foi ao mercado comprar pão
        return [Word(verb(clause.verb).infinitive, (main,))]
    if clause.modal == "must":  # tem que ler
        words = _finite("have", clause, person, shift, modal, modal)
        return [*words, Word("que", (modal,)), Word(verb(clause.verb).infinitive, (main,))]
    concept = clause.modal
    if concept == "can" and clause.negation == "not" and clause.verb in ("open", "close", "read", "repair", "find"):
        concept = "manage"
    words = _finite(concept, clause, person, shift, modal, modal)
    if clause.modal == "begin":
        words.append(Word("a", (main,)))
    return [*words, Word(verb(clause.verb).infinitive, (main,))]


def _adverb(concept: str, keys: tuple[int, ...]) -> list[Word]:
    return [Word(form, keys) for form in _ADVERBS[concept].split("_")]


def _place(place: Place, subject: Phrase | None, verb_: str) -> list[Word]:
    node = place.phrase.id
    if place.phrase.noun == "home":
        return [Word("para" if place.relation == "to" else "em", key(node, PREP)), Word("casa", key(node, NOUN))]
    preposition = {"in": "em", "to": "em" if verb_ == "enter" else "a", "from": "de"}[place.relation]
    where = _contract(preposition, key(node, PREP), _phrase(place.phrase, subject))
    if place.relation == "to" and verb_ == "invite":
        where = [Word("para", key(node, PREP)), Word("ir", key(node, PREP)), *where]
    return where


_NO_CLITIC = frozenset({"give", "present", "hand", "eat", "take_soup", "drink"})
"""Before these nobody in Brazil says "o" and "a" of a thing."""
_HAVE_PLACE = {"present": "há", "past": "havia"}
_WHERE = {"where": "onde", "what": "o que", "who": "quem", "why": "por que"}


def _clause(clause: Clause, shift: str = "", head: Phrase | None = None) -> list[Word]:
    node = clause.id
    whose = clause.subject if clause.subject is not None else head
    where = [] if clause.place is None else _place(clause.place, whose, clause.verb)
    when = [] if not clause.time else _adverb(clause.time, key(node, TIME))
    not_ = [Word("não", key(node, NEG))] if clause.negation in ("not", "nothing") else []
    if clause.kind == "there":
        assert clause.object is not None
        there = Word(_HAVE_PLACE[clause.tense], key(node, VERB) + key(node, AUX))
        thing = [*not_, there, *_phrase(clause.object)]
        return [*where, *thing] if clause.order == "inverted" else [*thing, *where]
    subject = clause.subject if clause.subject is not None else head
    assert subject is not None or clause.kind == "weather"
    person = _person(subject) if subject is not None else "3s"
    group = _verb_group(clause, person, shift)
    who = [] if clause.subject is None else _phrase(clause.subject)
    if clause.subject is not None and _left_out(clause.subject, clause, shift, group[0]):
        group[0] = Word(group[0].form, group[0].keys + who[0].keys)
        who = []
    if clause.negation == "nobody":
        assert subject is not None
        who = [Word("ninguém", key(node, NEG) + key(subject.id, NOUN))]
    before = not_
    if clause.negation == "never":
        before = [Word("nunca", key(node, NEG) + key(node, FREQ))]
    if clause.frequency:
        before = _adverb(clause.frequency, key(node, FREQ))
    what: list[Word] = []
    if clause.question == "what" or clause.object is None:
        pass
    elif clause.object.is_pronoun and (
        clause.verb not in _GOVERNS
        or (clause.verb == "thank" and (clause.object.noun in _CLITICS or clause.object.dropped))
    ):
        infinitive = bool(clause.modal) or (clause.tense == "future" and shift not in ("condition", "said"))
        if clause.verb in _NO_CLITIC or (
            clause.verb == "thank" and clause.object.dropped
        ):  # comprou uma flor e deu para a tia; a irmã dele comeu
            group = [*group[:-1], Word(group[-1].form, group[-1].keys + key(clause.object.id, NOUN))]
        else:
            group, before, what = _with_pronoun(clause.object, group, before, infinitive)
        if clause.verb == "present":
            what += [Word(form, key(node, VERB)) for form in ("de", "presente")]
    elif clause.kind == "profession":
        what = [Word(form, key(clause.object.id, NOUN)) for form in noun(clause.object.noun, clause.object.number)]
    else:
        what = _phrase(clause.object, subject, clause.kind == "have" and clause.negation == "not")  # não tem carro
        preposition = _GOVERNS.get(clause.verb, "")
        if preposition:
            own = preposition == "com"  # English has a preposition here too
            what = _contract(preposition, key(node, PREP) if own else key(node, VERB), what)
        if clause.verb == "love":
            what.insert(0, Word("muito", key(node, VERB)))
    if clause.negation == "nothing":
        what = [Word("nada", key(node, NOUN))]
    if clause.adjective:
        assert clause.kind == "weather" or subject is not None
        sex, number = ("m", "sg") if subject is None else (_sex(subject), _number(subject))
        form = _ADJECTIVES[clause.adjective.removeprefix("too_")]
        if clause.kind == "weather" and clause.adjective == "hot":  # está calor; "está quente" would be a thing
            form = "calor"
        what = [Word(form if clause.kind == "weather" else adjective(form, sex, number), key(node, PRED))]
        if clause.adjective == "hungry":  # está com fome; "está faminto" would be starving
            what = [Word("com", key(node, PRED)), Word("fome", key(node, PRED))]
        if clause.adjective.startswith("too_"):  # caro demais
            what.append(Word("demais", key(node, MANNER)))
    whom: list[Word] = []
    if clause.recipient is not None:
        two = clause.object is not None and clause.object.is_pronoun  # o deu para mim: not two clitics
        if (two or clause.verb == "cook") and clause.recipient.noun in _CLITICS:
            form = {"i": "mim", "we": "nós"}[clause.recipient.noun]
            slot = NOUN if clause.verb == "cook" else PREP
            whom = [Word("para", key(clause.recipient.id, slot)), Word(form, key(clause.recipient.id, NOUN))]
        elif clause.recipient.noun in _CLITICS:
            late = clause.verb == "explain" or (clause.object is not None and clause.object.is_pronoun)
            to = key(clause.recipient.id, PREP) if late else ()  # English says "to us" there
            group, before, _ = _with_pronoun(clause.recipient, group, before, to=to)
        else:
            late = clause.verb == "explain" or (clause.object is not None and clause.object.is_pronoun)
            keys = key(clause.recipient.id, PREP if late else NOUN)
            whom = _contract("para", keys, _phrase(clause.recipient, subject))
    how = [] if not clause.manner else _adverb(clause.manner, key(node, MANNER))
    asked = [] if clause.question in ("", "yes") else [Word(w, key(node, DET)) for w in _WHERE[clause.question].split()]
    if clause.question == "who":
        who = []
    first, last = (when, []) if clause.time_first else ([], when)
    if clause.order == "inverted":
        return [*asked, *when, *where, *before, *group, *who]
    return [*asked, *first, *who, *before, *group, *what, *whom, *how, *where, *last]


def _left_out(subject: Phrase, clause: Clause, shift: str, finite: Word) -> bool:
    """Whether the subject is left out: disse may be "I said" or "he said", so there it stays."""
    if subject.dropped != "if clear" or subject.noun != "i":
        return bool(subject.dropped)
    if shift:
        return False
    forms = verb(clause.verb) if clause.verb and not clause.modal and clause.tense == "past" else None
    return clause.tense != "past" or (
        forms is not None and finite.form == forms.preterite["1s"] != forms.preterite["3s"]
    )


def _with_pronoun(
    phrase: Phrase, group: list[Word], before: list[Word], infinitive: bool = False, to: tuple[int, ...] = ()
) -> tuple[list[Word], list[Word], list[Word]]:
    """Sets an object pronoun in its place: (verb group, what stands before it, what stands after it)."""
    keys = key(phrase.id, NOUN) + to
    if phrase.noun in _CLITICS:  # está me ajudando, vai me ajudar, me ajudou
        word = Word(_CLITICS[phrase.noun], keys)
        return [*group[:-1], word, group[-1]], before, []
    if phrase.noun == "you":
        return group, before, [Word("vocês", keys)]
    form = ("o" if _sex(phrase) == "m" else "a") + ("s" if _number(phrase) == "pl" else "")
    word = Word(form, keys)
    if infinitive:
        return [*group[:-1], _hang(group[-1], word)], before, []
    return group, [*before, word], []


_LINKS = {"and": ", e", "then": "e", "to": "", "but": ", mas", "but_if": ", mas se",
          "because": "porque", "when": "quando", "if": "se", "that": "que",
          "so": ", por isso", "although": "embora", "while": "enquanto"}  # fmt: skip
_SUBJUNCTIVE = {"present": {"1s": "esteja", "3s": "esteja", "1p": "estejamos", "3p": "estejam"},
                "past": {"1s": "estivesse", "3s": "estivesse", "1p": "estivéssemos", "3p": "estivessem"}}  # fmt: skip


def portuguese(sentence: Sentence) -> list[Word]:
    """A sentence in Portuguese."""
    words: list[Word] = []
    opened = 0
    told = ""  # the shift of a clause before in the future
    goes: str | None = None  # that of a clause before with "go"
    for number, part in enumerate(sentence.parts):
        if opened:
            words.append(Word(",", key(opened, COMMA2)))
            opened = 0
        node = part.clause.id
        shift = part.shift
        if shift == "bare":  # disse que limparia … e faria; vai ao mercado e vai fazer
            shift = "said" if told == "said" else goes if goes is not None else shift
        if sentence.listed(number):  # foi ao mercado, comprou peixe e fez sopa
            words.append(Word(",", key(node, LINK)))
        elif part.link:
            for form in _LINKS[part.link].split():
                words.append(Word(form, key(node, COMMA if form == "," else LINK)))
            opened = node if not number or part.link == "but_if" else 0
        made = _clause(part.clause, shift, part.head)
        goes = part.shift if part.clause.verb == "go" else goes if part.clause.modal == "to" else None
        told = shift if part.clause.tense == "future" else ""
        if part.link == "although":  # embora asks for the subjunctive; only states follow it here
            subject = part.clause.subject
            form = _SUBJUNCTIVE[part.clause.tense]["3s" if subject is None else _person(subject)]
            made = [Word(form, w.keys) if key(node, AUX)[0] in w.keys else w for w in made]
        words += made
    words.append(Word("?" if sentence.question else ".", key(0, END)))
    return marks(words)
