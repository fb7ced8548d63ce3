"""Duplicates: found in every orientation, and nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.library.handmade import Handmade, seen, unit
from veduta.image.hashes import perceptual_hash, perceptual_variants
from veduta.image.looks import CLOSE, bits_apart, hash_pairs, oriented
from veduta.library.duplicates import duplicates
from veduta.library.schema import FileRow


def signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_orientations_of_many_hashes_are_those_of_each(hashes: list[int]) -> None:
    every = oriented(np.array(hashes, np.uint64))
    for row, value in enumerate(hashes):
        assert tuple(int(one[row]) for one in every) == perceptual_variants(value)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40))
def test_pairs_are_all_that_a_comparison_of_all_finds(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    hashes = [int(rng.integers(0, 2**64, dtype=np.uint64))]
    while len(hashes) < count:  # turned and damaged copies of earlier ones
        value = perceptual_variants(hashes[int(rng.integers(len(hashes)))])[int(rng.integers(8))]
        for bit in rng.permutation(64)[: rng.integers(0, 10)]:
            value ^= 1 << int(bit)
        hashes.append(value)
    truth = {}
    for b in range(count):
        for a in range(b):
            apart = min(bits_apart(hashes[a], variant) for variant in perceptual_variants(hashes[b]))
            if apart <= CLOSE:
                truth[a, b] = apart
    found = {(pair.a, pair.b): pair.distance for pair in hash_pairs(np.array(hashes, np.uint64))}
    assert found == truth


def test_copies_of_photographs_in_any_state(tmp_path: Path, photographs: Path) -> None:
    made = Handmade(tmp_path)
    truth: dict[int, str] = {}
    for name in ("astronaut.png", "chelsea.png", "coffee.png"):
        pixels = cv2.cvtColor(cv2.imread(str(photographs / name)), cv2.COLOR_BGR2RGB)
        states = {
            "whole": pixels,
            "small": cv2.resize(pixels, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
            "mirrored": np.ascontiguousarray(pixels[:, ::-1]),
            "turned": np.ascontiguousarray(np.rot90(pixels)),
            "saved": cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1),
        }
        for state, look in states.items():
            height, width = look.shape[:2]
            size = {"width": width, "height": height, "bytes": width * height}
            photo = made.photo(f"{name}-{state}", phash=signed(perceptual_hash(look)), **size)
            truth[photo] = name
    groups = duplicates(made.catalog)
    assert sorted(sorted(truth[m.photo_id] for m in g.members) for g in groups) == [
        [name] * 5 for name in ("astronaut.png", "chelsea.png", "coffee.png")
    ]
    for group in groups:
        assert group.kind == "near"
        assert group.members[0].photo_id == group.best
        assert "small" not in group.members[0].path
        assert any("mirrored" in member.why for member in group.members)


def test_plain_pictures_need_a_second_witness(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    for number in range(4):  # the hash of a picture of nothing
        vector = unit(1, 0, 0) if number < 2 else unit(0, number - 2, 3 - number)
        made.photo(f"p{number}", [seen("likeness", "likeness", vector=vector)], phash=0)
    groups = duplicates(made.catalog)
    assert [sorted(m.photo_id for m in g.members) for g in groups] == [[1, 2]]


def test_files_with_the_same_bytes(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    photo = made.photo("original")
    with made.catalog.write() as session:
        session.add(FileRow(photo_id=photo, folder_id=1, path="/photos/copy.jpg", bytes=1000, mtime_ns=9))
    (group,) = duplicates(made.catalog)
    assert (group.kind, group.best, group.reason) == ("exact", photo, "oldest file")
    assert [member.path for member in group.members] == ["/photos/original.jpg", "/photos/copy.jpg"]


def test_bursts_and_their_sharpest(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    look = 0x5A5AF00FA5A50FF0
    for number in range(4):
        made.photo(
            f"burst{number}",
            [seen("quality", "sharpness", [0.5, 0.9, 0.6, 0.4][number])],
            f"2023-05-03T10:00:0{number}",
            camera="Canon",
            phash=signed(look ^ (0x3FF << (10 * number))),
        )
    made.photo("later", taken="2023-05-03T10:00:30", camera="Canon", phash=signed(look ^ 0x3FF))
    made.photo("other", taken="2023-05-03T10:00:02", camera="Nikon", phash=signed(look ^ 0x3FF00000))
    (group,) = duplicates(made.catalog, ["burst"])
    assert sorted(Path(m.path).stem for m in group.members) == [f"burst{n}" for n in range(4)]
    assert (Path(group.members[0].path).stem, group.reason) == ("burst1", "sharpest")
    assert duplicates(made.catalog, ["exact"]) == []


@pytest.mark.parametrize(
    ("better", "reason"),
    [
        ({"favorite": True}, "favorite"),
        ({"rating": 5}, "highest rating"),
        ({"width": 4000, "height": 3000}, "largest (4000 x 3000)"),
        ({"bytes": 9_000_000}, "most detail kept"),
    ],
)
def test_the_best_of_a_group_and_why(tmp_path: Path, better: dict[str, object], reason: str) -> None:
    made = Handmade(tmp_path)
    look = signed(0x5A5AF00FA5A50FF0)
    made.photo("a", taken="2020-01-01T00:00", phash=look)
    best = made.photo("b", taken="2020-01-01T00:00", **{"phash": look, **better})
    (group,) = duplicates(made.catalog, ["near"])
    assert (group.best, group.reason) == (best, reason)
