"""What landmarks are measured with: variants of an atlas differ in one part, the rival finds the nearest corners."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.landmarks_delf import LocalBank, Side
from benchmarks.landmarks_parts import WHOLE, Asked, _variants, table
from benchmarks.readme import ablation

from tests.landmarks.made_atlas import material, photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.compact import whole
from veduta.see.keypoints import Keypoints


def test_variants_differ_in_one_part(tmp_path: Path) -> None:
    made = material()
    count = len(made.vectors)
    corners = {2 * row: (np.zeros((5 + row, 68), np.uint8), (640, 480)) for row in (0, 2)}
    twice = replace(
        made,
        vectors=np.repeat(made.vectors, 2, axis=0),
        owners=np.repeat(made.owners, 2),
        first=np.tile([True, False], count),
        references=np.repeat(made.references, 2),
        corners=corners,
    )
    atlases = {name: Atlas.open(make(out=tmp_path / name)) for name, make in _variants(twice).items()}
    complete = atlases.pop(WHOLE)
    for name, atlas in atlases.items():
        same = [
            key for key in ("matrix", "exemplars") if np.array_equal(atlas.arrays[key], complete.arrays[key])
        ]
        mirrored = name == "without the mirrored gallery"
        assert same == {"without whitening": [], "without the mirrored gallery": ["matrix"]}.get(
            name, ["matrix", "exemplars"]
        )
        assert (atlas.weights == complete.weights) == (mirrored or name == "without whitening")
        assert len(atlas.arrays["exemplars"]) == (count if mirrored else 2 * count)
        assert atlas.arrays["corner_exemplar"].tolist() == ([0, 2] if mirrored else [0, 4])
    plain = whole(atlases["without whitening"].arrays, "matrix")
    np.testing.assert_allclose(plain @ plain.T, np.eye(len(plain)), atol=5e-3)


def test_answers_make_the_table() -> None:
    said = {
        WHOLE: [
            Asked("listed", "a", "a", "a", 3.0, True),
            Asked("listed", "a", "a", "", 5.0, True),
            Asked("unlisted", "z", "a", "a", 1.0, True),
            Asked("other", "", "a", "", 1.0, False),
        ]
    }
    rows = [figure.as_json() for figure in table(said)]
    assert ablation(rows).splitlines()[-1] == f"| {WHOLE} | 1 | 0.5 | 0 | 1 | 4 | 1 |"


def test_the_rival_compares_with_every_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.landmarks_delf.BLOCK", 7)
    random = np.random.default_rng(0)
    photos = []
    for _ in range(12):
        vectors = random.normal(size=(60, 64)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        photos.append(Keypoints(random.uniform(0, 500, (60, 2)).astype(np.float32), vectors, (500, 500)))
    bank = LocalBank([str(row) for row in range(12)], photos)
    for row, one in enumerate(photos):
        assert bank.recognize(one) == (str(row), 60)
    assert bank.recognize(photos[0].best(0)) == (None, 0)


def test_thresholds_are_frozen_before_the_test() -> None:
    answers = iter([("a", 3.0), ("b", 5.0), ("a", 5.0), ("a", 6.0), ("b", 7.0), ("c", 6.0)])
    side = Side(lambda _: next(answers))
    side.calibrate([photo(1), photo(2)])
    for landmark in ("a", "a", "a", None):
        side.ask(photo(3), landmark)
    assert side.threshold == 5.0
    assert side.right == [False, True, False]
    assert side.false == [True]
    assert len(side.ms) == 4
