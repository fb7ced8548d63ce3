"""Text: decoding and geometry against naive computation, and text drawn here, whose truth is known."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from veduta.image.photo import Photo
from veduta.see.text import TextRecognizer, probability
from veduta.see.text_detector import OVERLAP, TILE, _paste, _starts
from veduta.see.text_order import reading_order
from veduta.see.text_reader import decode, straighten
from veduta.see.text_regions import regions


@pytest.fixture(scope="module")
def recognizer(store) -> TextRecognizer:  # type: ignore[no-untyped-def]
    return TextRecognizer()


def page(height: int = 600, width: int = 800, size: float = 1.2) -> np.ndarray:
    pixels = np.full((height, width, 3), 245, np.uint8)
    for row, line in enumerate(("HARBOR STREET 27", "open every day", "Total 148.50")):
        cv2.putText(pixels, line, (60, 120 + 90 * row), cv2.FONT_HERSHEY_SIMPLEX, size, (20, 20, 20), 2)
    return pixels


def photo(pixels: np.ndarray) -> Photo:
    return Photo(np.ascontiguousarray(pixels), pixels.shape[1], pixels.shape[0])


def test_decode_equals_naive_decoding() -> None:
    alphabet = ["", "a", "b", "c"]
    random = np.random.default_rng(5)
    best = random.integers(0, 4, (40, 12))
    chances = random.random((40, 12)).astype(np.float32)
    for row, (text, score) in enumerate(decode(best, chances, alphabet)):
        kept = [i for i in range(12) if best[row, i] != 0 and (i == 0 or best[row, i] != best[row, i - 1])]
        assert text == "".join(alphabet[best[row, i]] for i in kept)
        expected = np.mean([chances[row, i] for i in kept]) if kept else 0.0
        assert score == pytest.approx(float(expected), abs=1e-6)


def test_growing_equals_clipping() -> None:
    pyclipper = pytest.importorskip("pyclipper")
    values = np.zeros((300, 400), np.uint8)
    core = cv2.boxPoints(((200, 150), (160, 20), 25))
    cv2.fillPoly(values, [core.astype(np.int32)], 255)
    (region,) = regions(values, (1.0, 1.0))
    mask = cv2.dilate((values > 76).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    _, size, _ = rectangle = cv2.minAreaRect(contours[0])
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(
        (cv2.boxPoints(rectangle) * 100).astype(int), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON
    )
    grown = 1.6 * size[0] * size[1] / (2 * sum(size))
    expected = cv2.minAreaRect(np.array(offset.Execute(grown * 100)[0], np.float32) / 100)[1]
    np.testing.assert_allclose(sorted((region.width, region.height)), sorted(expected), atol=1.0)


@pytest.mark.parametrize("length", [1, TILE, TILE + 1, 1000, 1536, 2048, 5000])
def test_tiles_cover_everything_with_overlap(length: int) -> None:
    starts = _starts(length)
    assert starts[0] == 0 and starts[-1] == max(0, length - TILE)
    assert all(b - a <= TILE - OVERLAP for a, b in itertools.pairwise(starts))
    values = np.zeros((1, length), np.uint8)
    for x in starts:
        _paste(values, np.full((1, min(TILE, length)), 1, np.uint8), x, 0)
    assert values.all()


def test_reading_order_of_rows_upright_and_sideways() -> None:
    def line(x: float, y: float, width: float = 80) -> np.ndarray:
        return np.array([[x, y], [x + width, y], [x + width, y + 20], [x, y + 20]], np.float32)

    lines = [line(200, 52), line(0, 100), line(0, 0), line(0, 50), line(200, 3)]
    assert reading_order(lines) == [2, 4, 3, 0, 1]
    quarter = np.array([[0, 1], [-1, 0]], np.float32)
    assert reading_order([corners @ quarter for corners in lines]) == [2, 4, 3, 0, 1]
    assert reading_order([]) == []


def test_steep_lines_are_turned() -> None:
    pixels = np.zeros((300, 100, 3), np.uint8)
    corners = np.array([[20, 20], [60, 20], [60, 260], [20, 260]], np.float32)
    crop, turned = straighten(pixels, corners)
    assert crop.shape[1] > 4 * crop.shape[0]
    np.testing.assert_array_equal(turned[0], corners[1])


def test_short_and_empty_readings_weigh_less() -> None:
    assert probability("...", 0.99, 0.9, 0.01) == 0
    assert probability("P", 0.99, 0.9, 0.5) == 0
    assert probability("P", 0.8, 0.9, 0.01) < probability("Paris", 0.8, 0.9, 0.01)


def test_nothing_in_empty_pictures(recognizer: TextRecognizer) -> None:
    sizes = ((1, 1), (5, 900), (480, 640))
    assert recognizer.see([photo(np.full((*s, 3), 128, np.uint8)) for s in sizes]) == [[], [], []]
    assert recognizer.see([]) == []


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_reads_a_page_however_it_is_turned(recognizer: TextRecognizer, quarters: int) -> None:
    found = recognizer.see([photo(np.rot90(page(), quarters))])[0]
    said = " ".join((f.text or "").lower().replace(" ", "") for f in found)
    for words in ("harborstreet27", "openeveryday", "total148.50"):
        assert words in said


def test_findings_are_in_full_size_pixels_and_in_order(recognizer: TextRecognizer) -> None:
    pixels = page()
    found = recognizer.see([Photo(pixels, 1600, 1200)])[0]
    assert [f.text.split()[0].lower()[:4] for f in found if f.text] == ["harb", "open", "tota"]
    for finding, top in zip(found, (120, 210, 300), strict=True):
        assert finding.kind == finding.name == "text"
        assert finding.box is not None and finding.polygon is not None and len(finding.polygon) == 4
        x, y, _, height = finding.box
        assert abs(x - 120) < 30 and y < 2 * top < y + height + 30


def test_small_print_is_read_in_a_large_photo(recognizer: TextRecognizer) -> None:
    pixels = np.full((1500, 2000, 3), 235, np.uint8)
    for index in range(4):
        where = (150 + 420 * index, 300 + 260 * index)
        cv2.putText(pixels, f"invoice {index}47", where, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (10, 10, 10), 2)
    said = [(f.text or "").replace(" ", "").lower() for f in recognizer.see([photo(pixels)])[0]]
    assert said == [f"invoice{index}47" for index in range(4)]
