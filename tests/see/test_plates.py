"""Number plates: windows against naive geometry; plates drawn here, whose corners and text are known."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import cv2
import numpy as np
import pytest
from skimage import data

from veduta.image.photo import Photo
from veduta.see.plate_network import HEAD
from veduta.see.plate_reading import PlateText, flattened, plain
from veduta.see.plate_windows import HEIGHT, WIDTH, Window, around_line, around_plate, joined
from veduta.see.plates import Plate, PlateRecognizer, _once, _sensible, in_company
from veduta.see.text_regions import Region

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


@pytest.fixture(scope="module")
def recognizer(store) -> PlateRecognizer:  # type: ignore[no-untyped-def]
    return PlateRecognizer()


def photo(pixels: np.ndarray) -> Photo:
    return Photo(np.ascontiguousarray(pixels), pixels.shape[1], pixels.shape[0])


def box(x: float, y: float, width: float, height: float) -> np.ndarray:
    return SQUARE * np.array([width, height], np.float32) + np.array([x, y], np.float32)


def turned(corners: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = corners.mean(axis=0)
    return ((corners - middle) @ turn.T + middle).astype(np.float32)


def test_windows_lead_there_and_back() -> None:
    random = np.random.default_rng(4)
    for degrees in (0, 12, -40, 75):
        window = around_line(turned(box(100, 80, 120, 30), degrees))
        points = random.uniform(-0.5, 0.5, (20, 2)).astype(np.float32)
        np.testing.assert_allclose(window.shares(window.corners(points)), points, atol=1e-4)
        assert window.width >= 1.9 * 120


def test_a_cut_shows_what_the_window_holds() -> None:
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[..., 0] = np.arange(300)[None] * 0.8
    pixels[..., 1] = np.arange(200)[:, None]
    angle = np.deg2rad(10)
    window = Window(150.0, 100.0, (float(np.cos(angle)), float(np.sin(angle))), 160.0)
    cut = window.cut(pixels)
    assert cut.shape == (HEIGHT, WIDTH, 3)
    for row, column in ((0, 0), (40, 80), (79, 159), (20, 130)):
        share = np.array([[(column + 0.5) / WIDTH - 0.5, (row + 0.5) / HEIGHT - 0.5]], np.float32)
        x, y = window.corners(share)[0] - 0.5
        assert abs(int(cut[row, column, 0]) - 0.8 * x) < 2 and abs(int(cut[row, column, 1]) - y) < 2


def test_a_large_window_is_averaged() -> None:
    checks = np.indices((400, 800)).sum(axis=0) % 2 * 255
    pixels = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    cut = Window(400.0, 200.0, (1.0, 0.0), 640.0).cut(pixels)
    assert abs(float(cut.mean()) - 127) < 3 and cut.std() < 20


def test_windows_around_plates_are_in_line_with_them() -> None:
    corners = turned(box(50, 60, 200, 45), 20)
    window = around_plate(corners)
    inside = window.shares(corners)
    assert np.abs(inside).max() < 0.5
    np.testing.assert_allclose(inside[0, 1], inside[1, 1], atol=1e-3)  # level


def test_parts_of_one_line_are_joined_and_others_are_not() -> None:
    left, right = box(0, 0, 40, 20), box(55, 1, 60, 20)
    far, below, large = box(300, 0, 40, 20), box(0, 60, 40, 20), box(120, -30, 160, 80)
    lines = [Region(corners, 0.9) for corners in (left, right, far, below, large)]
    (pair,) = joined(lines)
    np.testing.assert_allclose(pair, [[0, 0], [115, 0], [115, 21], [0, 21]], atol=1e-3)
    tilted = [Region(turned(np.concatenate([left, right]), 15)[i : i + 4], 0.9) for i in (0, 4)]
    (pair,) = joined(tilted)
    assert np.linalg.norm(pair[1] - pair[0]) == pytest.approx(115, abs=1)


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("AB123CD", True),
        ("1234", True),
        ("STATION", False),
        ("A1", False),
        ("0123456789", False),
        ("", False),
    ],
)
def test_what_reads_like_a_plate(text: str, plausible: bool) -> None:
    assert PlateText(text, 0.9).plausible == plausible
    assert plain(" kx-12·abc ") == "KX12ABC"


def test_corners_that_make_no_plate() -> None:
    assert _sensible(box(0, 0, 100, 30))
    assert not _sensible(box(0, 0, 100, 30)[::-1])  # counterclockwise: mirrored
    assert not _sensible(box(0, 0, 30, 100))
    assert not _sensible(box(0, 0, 100, 30)[[0, 2, 1, 3]])  # crossed
    assert not _sensible(box(0, 0, 900, 30))


def test_each_plate_once() -> None:
    plates = [
        Plate(box(0, 0, 100, 30), 2.0, 2.0, False),
        Plate(box(5, 2, 100, 30), 3.0, 3.0, False),
        Plate(box(10, 4, 30, 20), 1.0, 1.0, False),  # part of them
        Plate(box(300, 0, 100, 30), 0.0, 0.0, False),
    ]
    assert [p.first for p in _once(plates)] == [3.0, 0.0]


def test_letters_alone_are_a_plate_where_a_vehicle_shows_no_other() -> None:
    car, bus = (0.0, 0.0, 400.0, 300.0), (500.0, 0.0, 400.0, 300.0)

    def read(text: str, vehicle: tuple[float, float, float, float] | None, odds: float = 3.0) -> Plate:
        return Plate(box(0, 0, 100, 30), odds, odds, vehicle is not None, PlateText(text, 0.95), vehicle)

    (alone,) = in_company([read("GRZNBT", car)])
    beside, plate = in_company([read("GRZNBT", car), read("AB123CD", car)])
    apart, _ = in_company([read("GRZNBT", car), read("AB123CD", bus)])
    (make,) = in_company([read("PEUGEOT", car)])
    (nowhere,) = in_company([read("GRZNBT", None)])
    assert alone.score == apart.score > 0.5 and plate.score > 0.9
    assert beside.accompanied and beside.score < 0.1
    assert make.score < 0.5 and nowhere.score < 0.5


def test_flattened_plates_are_level() -> None:
    tilted, level = (flattened(*scene("AB 123 CD", degrees)) for degrees in (25, 0))
    assert tilted.shape[1] > 3 * tilted.shape[0]
    height = min(len(tilted), len(level))
    assert np.abs(tilted[:height].astype(int) - level[:height]).mean() < 30


def scene(
    text: str, degrees: float = 4, width: int = 170, seat: tuple[int, int] = (300, 260)
) -> tuple[np.ndarray, np.ndarray]:
    """A photo with a plate on a dark panel, and the plate's corners."""
    pixels = data.coffee().copy()
    height = width * 11 // 52
    board = np.full((110, 520, 3), (236, 238, 232), np.uint8)
    cv2.rectangle(board, (3, 3), (516, 106), (20, 20, 20), 4)
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 2.6, 6)
    cv2.putText(
        board, text, ((520 - wide) // 2, 82), cv2.FONT_HERSHEY_DUPLEX, 2.6, (20, 20, 25), 6, cv2.LINE_AA
    )
    corners = turned(box(seat[0] - width / 2, seat[1] - height / 2, width, height), degrees)
    panel = turned(box(seat[0] - width, seat[1] - 2 * height, 2 * width, 4 * height), degrees)
    cv2.fillConvexPoly(pixels, panel.astype(np.int32), (60, 20, 25), cv2.LINE_AA)
    edges = np.array([[0, 0], [520, 0], [520, 110], [0, 110]], np.float32)
    matrix = cv2.getPerspectiveTransform(edges, corners)
    size = (pixels.shape[1], pixels.shape[0])
    small = cv2.GaussianBlur(board, (0, 0), 0.5 * 520 / width)
    warped = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones((110, 520), np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return np.where(inside[..., None] > 0, warped, pixels), corners


@pytest.mark.parametrize(("text", "degrees"), [("KX12 ABC", 4.0), ("BRA 2E19", -14.0), ("784 RTB", 0.0)])
def test_a_plate_is_found_boxed_and_read(recognizer: PlateRecognizer, text: str, degrees: float) -> None:
    pixels, corners = scene(text, degrees)
    (plate,) = recognizer.see([photo(pixels)])[0]
    assert plate.kind == "plate" and plate.name == "number plate" and 0.5 <= plate.score <= 1
    assert plate.text == plain(text)
    common, _ = cv2.intersectConvexConvex(np.array(plate.polygon, np.float32), corners)
    both = cv2.contourArea(np.array(plate.polygon, np.float32)) + cv2.contourArea(corners)
    assert common / (both - common) > 0.7
    assert plate.as_json()["polygon"]


def test_findings_are_in_pixels_of_the_full_photo(recognizer: PlateRecognizer) -> None:
    pixels, corners = scene("KX12 ABC")
    half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    (plate,) = recognizer.see([Photo(half, pixels.shape[1], pixels.shape[0])])[0]
    assert np.abs(np.array(plate.polygon) - corners).max() < 12


def test_other_photos_and_signs_have_no_plate(recognizer: PlateRecognizer) -> None:
    sign = data.coffee().copy()
    cv2.rectangle(sign, (200, 200), (440, 280), (240, 240, 235), -1)
    cv2.putText(sign, "WELCOME", (214, 256), cv2.FONT_HERSHEY_DUPLEX, 1.5, (20, 20, 20), 2, cv2.LINE_AA)
    photos = [photo(p) for p in (data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), sign)]
    assert recognizer.see(photos) == [[], [], [], [], []]


def test_the_head_is_the_one_on_record() -> None:
    folder = files("veduta.see") / "data"
    digest = hashlib.sha256((folder / "plates.onnx").read_bytes()).hexdigest()
    record = json.loads((folder / "plates.json").read_text())
    assert digest == record["sha256"] == HEAD.member_sha256


def test_tiny_pictures(recognizer: PlateRecognizer) -> None:
    assert recognizer.see([photo(np.zeros((1, 1, 3), np.uint8)), photo(np.zeros((3, 90, 3), np.uint8))]) == [
        [],
        [],
    ]
    assert recognizer.see([]) == []
