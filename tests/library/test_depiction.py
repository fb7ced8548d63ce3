"""Words of which nothing is known are asked of the user's own embedders; made-up ones find nothing."""

from __future__ import annotations

import random
import string
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.library.handmade import Handmade, seen
from tests.nets.tiny import add, image_embedder, text_embedder, unigram_file
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.depiction import Depiction, made_up
from veduta.library.search import matching, search
from veduta.nets.store import ModelStore
from veduta.see.finding import Finding
from veduta.see.recognizer import open_recognizer

SIZE = 128
SPACE = "embedding-clip@1"


def unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class Clip:
    """A world shaped like CLIP's: texts and pictures lie apart, cosines of what belongs together are about 0.29,
    of all else 0.2 and 0.015 to either side.
    """

    topics = ("kayak", "sunset")

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        basis = np.linalg.qr(self._dice.standard_normal((SIZE, SIZE)))[0].T
        self._shared, self._textual, *rest = basis
        self._topics = dict(zip(self.topics, rest, strict=False))

    def _any(self) -> np.ndarray:
        return unit(self._dice.standard_normal(SIZE))

    def picture(self, topic: str | None) -> np.ndarray:
        of_topic = 0.3 * self._topics[topic] if topic else 0.0
        return unit(0.5 * self._shared + of_topic + 0.81 * self._any())

    def embed(self, texts: list[str]) -> np.ndarray:
        rows = []
        for text in texts:
            topic = self._topics.get(text.split()[-1])
            of_topic = 0.0 if topic is None else 0.3 * topic
            rows.append(unit(0.4 * self._shared + 0.85 * self._textual + of_topic + 0.2 * self._any()))
        return np.stack(rows)


@pytest.mark.parametrize("seed", range(3))
def test_a_text_finds_what_it_stands_out_for(tmp_path: Path, seed: int) -> None:
    clip = Clip(seed)
    made = Handmade(tmp_path / "library")
    topics = ["kayak" if n % 10 == 0 else "sunset" if n % 10 == 1 else None for n in range(300)]
    ids: dict[str | None, list[int]] = {}
    for number, topic in enumerate(topics):
        finding = Finding("likeness", "embedding-clip", 1, "embedding-clip", "1", vector=clip.picture(topic))
        ids.setdefault(topic, []).append(made.photo(f"p{number}", [finding]))
    depiction = Depiction(SPACE, clip)  # type: ignore[arg-type]
    with made.catalog.session() as session:
        for topic in clip.topics:
            found = depiction.find(made.catalog, session, topic)
            wanted = set(ids[topic])
            assert len(wanted & set(found)) >= 0.6 * len(wanted)
            assert len(set(found) - wanted) <= 0.25 * len(found)
            assert all(0.5 <= score < 1 for score in found.values())
        dice = random.Random(seed)
        nonsense = ["".join(dice.choices(string.ascii_lowercase, k=7)) for _ in range(100)]
        wrong = sum(bool(depiction.find(made.catalog, session, word)) for word in nonsense)
        assert wrong <= 3
    made.catalog.close()


def test_made_up_words_are_many_and_the_same_each_time() -> None:
    assert made_up(40) == made_up(40) and len(set(made_up(40))) == 40


PIECES = [("<unk>", 0.0), ("▁", -9.0), *((c, -9.0) for c in string.ascii_lowercase)]
PIECES += [("▁scarlet", -1.0), ("▁emerald", -1.0), ("▁a", -1.0), ("▁photo", -1.0), ("▁of", -1.0)]


@pytest.fixture
def colors(catalog: Catalog, empty_store: ModelStore, tmp_path: Path) -> Catalog:
    """A library of photos of plain colors, and a pair of embedders that knows two of them by name."""
    dice = np.random.default_rng(5)
    space = np.linalg.qr(dice.standard_normal((16, 16)))[0].astype(np.float32)
    table = 0.1 * dice.standard_normal((len(PIECES), 16)).astype(np.float32)
    table -= table.mean(axis=0)
    table[-5], table[-4] = 3 * (space[0] - 0.5 * space[1] - 0.5 * space[2]), 3 * (space[1] - space[0])
    table[-3:] = space[3]
    image = image_embedder(tmp_path / "image.onnx", space[:3])
    add(empty_store, image, "image-embedder", name="eye", family="clip", mean=(90.0,) * 3)
    tokenizer = unigram_file(tmp_path / "tokenizer.json", PIECES)
    text = text_embedder(tmp_path / "text.onnx", table)
    add(empty_store, text, "text-embedder", [tokenizer], name="word", family="clip")
    folder = tmp_path / "photos"
    folder.mkdir()
    plain = {
        "red": (240, 0, 0),
        "green": (0, 240, 0),
        "blue": (0, 0, 240),
        "gray": (120, 120, 120),
        "dark": (9, 9, 9),
    }
    for number, color in enumerate(plain.values()):
        cv2.imwrite(str(folder / f"p{number}.png"), np.full((64, 80, 3), color[::-1], np.uint8))
    add_photos(catalog, [folder], [open_recognizer("embedding-eye")])
    return catalog


def test_words_without_a_match_are_asked_of_the_embedders(colors: Catalog) -> None:
    for word, name in (("scarlet", "p0.png"), ("emerald", "p1.png")):
        result = search(colors, word)
        (hit,) = result.hits
        assert Path(hit.path).name == name and result.total == 1
        assert hit.why == [f"looks like: {word} ({hit.score:.2f})"]
    assert [Path(hit.path).name for hit in search(colors, "scarlet OR emerald").hits].count("p1.png") == 1
    for nonsense in ("qwrtzp", "blorf", "vexatu nilk", '"scarlet"', "object:scarlet"):
        assert search(colors, nonsense).total == 0
    assert search(colors, "-scarlet").total == 5


def test_known_words_and_looks_together(colors: Catalog, empty_store: ModelStore) -> None:
    made = Handmade.__new__(Handmade)
    made.catalog = colors
    first = int(search(colors, "scarlet").hits[0].photo_id)
    made.see_again(first, [seen("object", "car", 0.9)])
    (hit,) = search(colors, "scarlet car").hits
    assert hit.why[0] == "object: car (0.90)" and hit.why[1].startswith("looks like: scarlet (")
    assert search(colors, "emerald car").total == 0
    assert matching(colors, "car").tolist() == [first]
    empty_store.remove("word")
    assert search(colors, "scarlet").total == 0
    assert search(colors, "car").total == 1
