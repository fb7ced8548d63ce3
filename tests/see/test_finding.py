"""Findings, masks and sets of boxes, against naive recomputation."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from veduta.see.finding import KINDS, Finding
from veduta.see.mask import BadMask, decode, encode
from veduta.see.objects_boxes import Boxes, merge, overlap, together
from veduta.see.objects_tiles import TILE, spans, tiles, windows

coordinates = st.floats(-1e5, 1e5, allow_nan=False)
scores = st.floats(0, 1)
findings = st.builds(
    Finding,
    kind=st.sampled_from(KINDS),
    name=st.text(),
    score=scores,
    recognizer=st.text(),
    version=st.text(),
    box=st.none() | st.tuples(coordinates, coordinates, coordinates, coordinates),
    polygon=st.none() | st.lists(st.tuples(coordinates, coordinates), min_size=3).map(tuple),
    text=st.none() | st.text(),
    vector=st.none() | hnp.arrays(np.float32, 4, elements=st.floats(-1, 1, width=32)),
)


@given(findings, st.booleans())
def test_json_keeps_everything_within_rounding(finding: Finding, vectors: bool) -> None:
    out = json.loads(json.dumps(finding.as_json(vectors), ensure_ascii=False))
    assert (out["kind"], out["name"]) == (finding.kind, finding.name)
    assert (out["recognizer"], out["version"]) == (finding.recognizer, finding.version)
    assert out["score"] == pytest.approx(finding.score, abs=5e-5)
    if finding.box is None:
        assert out["box"] is None
    else:
        assert out["box"] == pytest.approx(finding.box, abs=0.0501)
    assert ("polygon" in out) == (finding.polygon is not None)
    assert out.get("text") == finding.text
    assert ("vector" in out) == (vectors and finding.vector is not None)
    if "vector" in out:
        assert out["vector"] == pytest.approx(finding.vector, abs=1e-6)


def naive_runs(mask: np.ndarray[Any, Any]) -> list[int]:
    runs, current, length = [], False, 0
    for x in range(mask.shape[1]):
        for y in range(mask.shape[0]):
            if bool(mask[y, x]) != current:
                runs.append(length)
                current, length = not current, 0
            length += 1
    return [*runs, length]


masks = hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(masks)
def test_masks_come_back_as_they_were(mask: np.ndarray[Any, Any]) -> None:
    assert (decode(encode(mask)) == mask).all()
    assert (decode({"size": mask.shape, "counts": naive_runs(mask)}) == mask).all()


def test_mask_text_is_that_of_coco() -> None:
    # From the documentation of COCO's own tools: runs 6, 1, 40, 4, 5, 4, 5, 4, 21 are this text.
    text = "61X13mN000`0"
    mask = decode({"size": [9, 10], "counts": text})
    assert naive_runs(mask) == [6, 1, 40, 4, 5, 4, 5, 4, 21]
    assert encode(mask)["counts"] == text


@pytest.mark.parametrize(
    "bad",
    [{}, {"size": [2, 2]}, {"size": [2, 2], "counts": [3]}, {"size": [2, 2], "counts": [-1, 5]},
     {"size": [2], "counts": [4]}, {"size": [2, 2], "counts": "o"}, {"size": [2, 2], "counts": None}],
)  # fmt: skip
def test_bad_masks_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadMask):
        decode(bad)


sides = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 40), st.integers(0, 40))


def boxes_of(rows: list[tuple[tuple[int, int, int, int], float, int]]) -> Boxes:
    edges = np.array([(x, y, x + w, y + h) for (x, y, w, h), _, _ in rows], np.float32).reshape(-1, 4)
    return Boxes(
        edges, np.array([s for _, s, _ in rows], np.float32), np.array([n for *_, n in rows], np.intp)
    )


sets = st.lists(st.tuples(sides, scores, st.integers(1, 3)), max_size=12).map(boxes_of)


@given(sets, sets)
def test_overlap_counts_pixels(a: Boxes, b: Boxes) -> None:
    got = overlap(a.edges, b.edges)
    for i, one in enumerate(a.edges.astype(int)):
        for j, other in enumerate(b.edges.astype(int)):
            first, second = np.zeros((2, 100, 100), bool)
            first[one[1] : one[3], one[0] : one[2]] = True
            second[other[1] : other[3], other[0] : other[2]] = True
            union = (first | second).sum()
            assert got[i, j] == pytest.approx((first & second).sum() / union if union else 0, abs=1e-5)


@given(sets)
def test_merging_leaves_one_box_for_each_thing(boxes: Boxes) -> None:
    kept = merge(boxes)
    assert (np.diff(kept.scores) <= 0).all()
    ratio = overlap(kept.edges, kept.edges)
    for i in range(len(kept)):
        for j in range(i):
            assert ratio[i, j] <= (0.55 if kept.names[i] == kept.names[j] else 0.8) + 1e-6
    again = merge(kept)
    assert (again.edges == kept.edges).all()
    # What went was beaten by something that stayed and is no worse.
    for edges, score, name in zip(boxes.edges, boxes.scores, boxes.names, strict=True):
        same = (kept.edges == edges).all(axis=1) & (kept.names == name)
        better = kept.scores >= score
        beaten = overlap(edges[None], kept.edges)[0] > np.where(kept.names == name, 0.55, 0.8)
        assert (same | (better & beaten)).any()


def test_nothing_together_is_nothing() -> None:
    assert len(together([])) == 0
    assert len(merge(together([]))) == 0


@given(st.integers(1, 5000), st.integers(1, 600), st.floats(0, 0.5))
def test_spans_cover_all_and_share_enough(length: int, tile: int, shared: float) -> None:
    starts = spans(length, tile, shared)
    assert starts[0] == 0
    assert max(starts) + tile >= length
    if len(starts) > 1:
        assert starts[-1] + tile == length
        assert max(np.diff(starts)) <= tile * (1 - shared) + 1


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_tiles_and_windows_lie_inside_and_cover(width: int, height: int) -> None:
    for found in (windows(width, height), tiles(width, height)):
        covered = np.zeros((60, 60), bool)
        for tile in found:
            assert 0 <= tile.left < tile.right <= width
            assert 0 <= tile.top < tile.bottom <= height
            touching = (tile.left > 0, tile.top > 0, tile.right < width - 0.5, tile.bottom < height - 0.5)
            assert all(inner or not edge for inner, edge in zip(tile.inner, touching, strict=True))
            x = (np.arange(60) + 0.5) / 60 * width
            y = (np.arange(60) + 0.5) / 60 * height
            inside_x = (x >= tile.left - 1) & (x <= tile.right + 1)
            inside_y = (y >= tile.top - 1) & (y <= tile.bottom + 1)
            covered |= inside_y[:, None] & inside_x[None]
        assert covered.all() or not found
    assert windows(width, height)[0].detail is False
    assert tiles(TILE - 1, 5000) == []
