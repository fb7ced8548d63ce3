"""Words: how they are split, stemmed and compared, and which mean the same or something broader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from veduta.see.objects_names import NAMES
from veduta.see.taxonomy import read_table

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")

STOP_WORDS = frozenset(
    """
    a an the of at in on to with and for from by my our your his her their its this that these those is
    are was were be some any all me us i we you it photo photos picture pictures pic pics image images
    showing show find
    """.split()  # noqa: SIM905
)
"""Words that say nothing about a photo; ignored in a search unless there is nothing else."""

# Words for the same thing; the first of each line is the name that recognizers use most.
_SAME = """
car, automobile, auto, motorcar
airplane, aeroplane, plane, aircraft, airliner, jet
bicycle, bike, cycle
motorcycle, motorbike
television, tv, telly, monitor
microwave, microwave oven
cell phone, cellphone, mobile phone, mobile, smartphone, phone
couch, sofa
dining table, table
potted plant, houseplant
person, people, human, man, woman, men, women
child, kid
dog, puppy, doggy
cat, kitty, kitten
horse, pony, foal
cow, cattle, bull, calf
sheep, lamb
hot dog, hotdog
donut, doughnut
refrigerator, fridge
traffic light, stoplight
truck, lorry
laptop, notebook computer
hair drier, hair dryer, hairdryer
teddy bear, teddy
wine glass, wineglass
backpack, rucksack
suitcase, luggage
ball, sports ball
beach, seaside, seashore, seacoast, shore
ocean, sea
forest, wood, woods, woodland
mountain, mountains, peak
street, road
river, stream, creek
lake, pond
sunset, sundown, dusk
church, chapel, cathedral
castle, fortress, chateau
bridge, footbridge
shop, store
restaurant, diner
train, railway
boat, ship, vessel
document, paperwork
screenshot, screen shot, screen capture
movie theater, cinema
soccer, football
snow, snowy
"""

# What things are kinds of, beyond what a recognizer's own hierarchy says: COCO's classes and common scenes.
_KINDS = """
vehicle: car, truck, bus, train, motorcycle, bicycle, airplane, boat
animal: dog, cat, horse, sheep, cow, elephant, bear, zebra, giraffe, bird, fish, insect, reptile, monkey
animal: amphibian
pet: dog, cat
mammal: dog, cat, horse, sheep, cow, elephant, bear, zebra, giraffe, monkey
food: banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake
fruit: banana, apple, orange
vegetable: broccoli, carrot
furniture: chair, couch, bed, dining table, bench
electronics: television, tv, laptop, mouse, remote, keyboard, cell phone
appliance: microwave, oven, toaster, refrigerator, hair drier
kitchenware: bottle, wine glass, cup, fork, knife, spoon, bowl
cutlery: fork, knife, spoon
sport: frisbee, skis, snowboard, sports ball, baseball bat, baseball glove, skateboard, surfboard
sport: tennis racket
plant: potted plant, tree, flower
bag: backpack, handbag, suitcase
nature: beach, coast, forest, mountain, lake, river, waterfall, desert, field, valley, canyon, island, ocean
nature: garden
water: beach, coast, lake, river, waterfall, ocean, harbor, swimming pool
building: church, castle, house, skyscraper, tower, mosque, palace, temple, abbey, hospital, barn, lighthouse
room: bedroom, bathroom, kitchen, living room, dining room, classroom, office, conference room
indoor: bedroom, bathroom, kitchen, living room, dining room, classroom, office, conference room, library
indoor: museum
city: street, skyscraper, downtown, plaza, alley, crosswalk, bridge, highway
"""

# Compounds of which the last word does not say what the thing is.
_NOT_BY_LAST_WORD = frozenset(
    name.strip()
    for name in """
    hot dog, prairie dog, sea lion, guinea pig, teddy bear, sea cow, sea horse, fire hydrant, parking meter,
    baseball bat, baseball glove, ice cream, hair drier, sea urchin, sea cucumber, coral reef, book jacket,
    web site, traffic light, horseshoe crab, baby bed, swimming cap, bathing cap, shower cap, house finch
    """.split(",")  # noqa: SIM905
)


def plain(text: str) -> str:
    """Text in lower case without accents, spaces single: what two spellings are compared by."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Folding and decomposing can each make work for the other (a mathematical "A"): until nothing changes.
    before = ""
    while text != before:
        before = text
        folded = unicodedata.normalize("NFKD", text.casefold())
        text = " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())
    return text


def tokens(text: str) -> Iterator[str]:
    """The words of a text, plain; runs of Chinese, Japanese and Korean characters as overlapping pairs."""
    for match in _WORD.finditer(plain(text)):
        word = match.group()
        if not _CJK.search(word):
            yield word
            continue
        position = 0
        for run in _CJK.finditer(word):
            if run.start() > position:
                yield word[position : run.start()]
            characters = run.group()
            if len(characters) == 1:
                yield characters
            yield from (characters[i : i + 2] for i in range(len(characters) - 1))
            position = run.end()
        if position < len(word):
            yield word[position:]


def characters(text: str) -> set[str]:
    """The single Chinese, Japanese and Korean characters of a text: each can be searched by itself."""
    return {character for run in _CJK.findall(text) for character in run}


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a plain word: "invoices" and "invoice" share one; words with digits stay as they are."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    found: str = _stemmer().stemWord(word)
    return found


def stems(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    return [stem(word) for word in tokens(text)]


def key(name: str) -> str:
    """What names are compared by: plain, stemmed ("Sports cars" and "sports car" share one)."""
    return " ".join(stems(name))


@cache
def _same() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _SAME.strip().splitlines():
        group = [word.strip() for word in line.split(",")]
        for word in group:
            found.setdefault(key(word), []).extend(other for other in group if key(other) != key(word))
    return {word: tuple(dict.fromkeys(others)) for word, others in found.items()}


def synonyms(name: str) -> tuple[str, ...]:
    """Other words for the same thing; none when there are none."""
    return _same().get(key(name), ())


@cache
def _broader() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _KINDS.strip().splitlines():
        broad, narrow = line.split(":")
        for word in narrow.split(","):
            found.setdefault(key(word), []).append(broad.strip())
    return {word: tuple(broads) for word, broads in found.items()}


@cache
def _common() -> frozenset[str]:
    names = [*_same(), *_broader(), *(key(broad) for broads in _broader().values() for broad in broads)]
    names += [key(name) for name in NAMES.values()]
    for table in ("imagenet.tsv", "groups.tsv", "scenes.tsv"):
        names += [key(row[0]) for row in read_table(table)]
    return frozenset(word for name in names for word in (name, *name.split()))


def is_common(word: str) -> bool:
    """Whether a word names something that recognizers know: then it is no misspelling, even if no photo
    shows it.
    """
    return key(word) in _common()


@lru_cache(maxsize=20_000)
def broader(name: str, parents: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What a thing is a kind of: `parents`, the last word of its name, and what those are kinds of."""
    found: dict[str, None] = {}
    todo = [*parents]
    head = plain(name).replace("_", " ")
    if " " in head and head not in _NOT_BY_LAST_WORD:
        todo.append(head.rsplit(" ", 1)[1])
    todo.extend(_broader().get(key(name), ()))
    while todo:
        word = plain(todo.pop(0)).replace("_", " ")
        if word in found or key(word) == key(name):
            continue
        found[word] = None
        todo.extend(_broader().get(key(word), ()))
    return tuple(found)
