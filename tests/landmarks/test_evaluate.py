"""A proof counts what was said: with a recognizer whose mistakes are known, every figure is known too."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import pytest

from veduta.image.photo import Photo
from veduta.landmarks.evaluate import judge
from veduta.landmarks.evaluate_cases import BadLabels, known_names, read_landmarks, read_others
from veduta.landmarks.evaluate_figures import figures
from veduta.landmarks.evaluate_report import write_report
from veduta.landmarks.evaluate_verdict import Verdict
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.square import Position

LANDMARKS = {
    "red_gate": Landmark(
        "red_gate", "Red Gate", latitude=48.0, longitude=2.0, kind="built", frequency="frequent"
    ),
    "green_hill": Landmark("green_hill", "Green Hill", latitude=-10.0, longitude=179.999, kind="natural"),
}
RATES = ("0.01", "0.001")
COLORS = {"red": (250, 40, 40), "green": (20, 60, 20), "blue": (60, 60, 250), "gray": (128, 128, 128)}


@dataclass(frozen=True)
class Named:
    landmark: Landmark
    score: float
    how: str


class ByColor:
    """Takes red for the gate, green for the hill; the lenient one takes blue for the gate as well."""

    def __init__(self, lenient: bool) -> None:
        self.lenient = lenient

    def _best(self, photo: Photo, position: Position | None) -> Named | None:
        red, green, blue = photo.pixels.reshape(-1, 3).mean(axis=0)
        if max(red, green, blue) - min(red, green, blue) < 10:
            return None
        how = "vector" if position is None else "gps"
        if blue > max(red, green):
            return Named(LANDMARKS["red_gate"], 0.4, how)
        return Named(LANDMARKS["red_gate" if red > green else "green_hill"], 0.9, how)

    def guess(self, photos: Sequence[Photo], positions: Sequence[Position | None]) -> list[Named | None]:
        return [self._best(*both) for both in zip(photos, positions, strict=True)]

    def recognize(self, photos: Sequence[Photo], positions: Sequence[Position | None]) -> list[list[Named]]:
        least = 0.3 if self.lenient else 0.5
        return [[one] if one and one.score > least else [] for one in self.guess(photos, positions)]


def paint(path: Path, color: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((40, 60, 3), COLORS[color][::-1], np.uint8)
    pixels[0, 0] = crc32("/".join(path.parts[-2:]).encode()) % 256  # no two files are the same
    cv2.imwrite(str(path), pixels)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shown, others = tmp_path / "shown", tmp_path / "others"
    rows = [
        ("a/1.png", "red", "red_gate", 1),
        ("a/2.png", "red", "Red Gate", 1),
        ("a/3.png", "blue", "red_gate", 1),
        ("b/1.png", "green", "green-hill", 1),
        ("b/2.png", "red", "green_hill", 1),
        ("b/3.png", "gray", "green_hill", 1),
        ("c/1.png", "blue", "blue_tower", 0),
        ("c/2.png", "gray", "blue_tower", 0),
    ]
    with_header = [("file", "landmark", "listed"), *((file, name, listed) for file, _, name, listed in rows)]
    for file, color, _, _ in rows:
        paint(shown / file, color)
    with (shown / "labels.csv").open("w", newline="") as table:
        csv.writer(table).writerows(with_header)
    for index, color in enumerate(["gray", "gray", "blue", "red"]):
        paint(others / f"deep/{index}.png", color)
    (others / "notes.txt").write_text("not a picture")
    return shown, others


def judged(shown: Path, others: Path, variants: bool = True) -> list[Verdict]:
    cases = read_landmarks(shown, known_names(LANDMARKS.values())) + read_others(others)
    return list(judge({"0.01": ByColor(True), "0.001": ByColor(False)}, cases, LANDMARKS, variants))


def test_every_figure_is_the_counted_one(folders: tuple[Path, Path]) -> None:
    found = figures(judged(*folders), RATES, LANDMARKS)
    assert found["n"] == {"listed": 6, "unlisted": 2, "others": 4, "landmarks": 2, "unreadable": 0}
    assert found["rank1"] == pytest.approx(4 / 6)
    assert found["sensitivity"] == pytest.approx({"0.01": 4 / 6, "0.001": 3 / 6})
    assert found["wrong_landmark"] == pytest.approx(1 / 6)
    assert found["fpr_seen"] == pytest.approx({"0.01": 2 / 4, "0.001": 1 / 4})
    assert found["unlisted_named"] == pytest.approx({"0.01": 1 / 2, "0.001": 0})
    # Guesses by score, wrong ones first among equals: .9 (2 wrong, 3 right), .4 (2 wrong, 1 right).
    assert found["gap"] == pytest.approx((1 / 3 + 2 / 4 + 3 / 5 + 4 / 8) / 6)
    expected = 0.02 * (4 / 6) / (0.02 * (4 / 6 + 1 / 6) + 0.98 * 0.5)
    assert found["precision_at_prevalence"]["0.01"]["0.02"] == pytest.approx(expected)
    low, high = found["intervals"]["precision_at_prevalence"]["0.01"]["0.02"]
    assert 0 < low < expected < high < 1
    assert found["outside_square"] > 0  # red photos with a position near the hill
    assert found["how"]["0.01"] == {"vector": 8}
    low, high = found["intervals"]["sensitivity"]["0.01"]["wilson"]
    assert low < 4 / 6 < high
    json.dumps(found, allow_nan=False)


def test_parts(folders: tuple[Path, Path]) -> None:
    found = figures(judged(*folders), RATES, LANDMARKS)["slices"]
    assert found["built"]["n"] == found["natural"]["n"] == found["frequent"]["n"] == 3
    assert found["built"]["rank1"] == 1.0
    assert found["natural"]["sensitivity"]["0.01"] == pytest.approx(1 / 3)
    assert found["rare"]["n"] == 0
    assert found["dark"]["n"] == 1
    assert found["rotated"]["n"] == found["simulated GPS"]["n"] == found["without GPS"]["n"] == 6
    assert found["rotated"]["rank1"] == pytest.approx(4 / 6)
    assert found["simulated GPS"]["fpr_seen"]["0.001"] == pytest.approx(1 / 4)


def test_the_page_shows_the_mistakes_and_needs_no_other_file(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    verdicts = judged(*folders)
    path = write_report(
        tmp_path / "out", "A <proof>", figures(verdicts, RATES, LANDMARKS), verdicts, RATES, LANDMARKS
    )
    page = path.read_text(encoding="utf-8")
    assert path.name == "report.html"
    assert "A &lt;proof&gt;" in page
    assert page.count("data:image/jpeg") == 5  # two others, one unlisted, one wrong, one missed
    assert "http" not in page
    assert "shows blue_tower" in page
    assert "named Red Gate" in page


def test_photos_that_cannot_be_read_are_told_and_count_as_missed(folders: tuple[Path, Path]) -> None:
    shown, others = folders
    (shown / "a/1.png").write_bytes(b"no picture")
    cases = read_landmarks(shown, known_names(LANDMARKS.values())) + read_others(others)
    (shown / "a/2.png").unlink()  # while the proof is under way
    verdicts = list(judge({"0.01": ByColor(True), "0.001": ByColor(False)}, cases, LANDMARKS, False))
    assert [bool(v.problem) for v in verdicts[:3]] == [True, True, False]
    found = figures(verdicts, RATES, LANDMARKS)
    assert found["n"]["unreadable"] == 2
    assert found["rank1"] == pytest.approx(2 / 6)


def test_positions_come_from_the_labels(folders: tuple[Path, Path]) -> None:
    shown, _ = folders
    (shown / "labels.csv").write_text(
        "file,landmark,gps_lat,gps_lon\na/1.png,red_gate,48.001,2.001\nb/1.png,somewhere,0,0\n",
        encoding="utf-8-sig",
    )
    near, empty = read_landmarks(shown, known_names(LANDMARKS.values()))
    assert near.position == (48.001, 2.001)
    assert near.part == "listed"
    assert empty.position is None
    assert empty.part == "unlisted"
    verdicts = list(judge({"0.01": ByColor(True)}, [near], LANDMARKS))
    assert [v.variant for v in verdicts] == ["", "without GPS", "rotated"]
    assert [v.said["0.01"].how for v in verdicts if v.said["0.01"]] == ["gps", "vector", "gps"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,place\na.png,x\n", "no column landmark in the first line, which has file, place; add it"),
        ("", "no column file and landmark in the first line, which has nothing"),
        ("file,landmark\na/1.png,red_gate\na/9.png,red_gate\n", r"no file at .*a/9\.png; correct"),
        ("file,landmark,listed\n", "no photo is named"),
        ("file,landmark,listed\na/1.png,red_gate,perhaps\n", "line 2: listed is 'perhaps'"),
        ("file,landmark\n,red_gate\n", "line 2: no file"),
        ("file,landmark,gps_lat,gps_lon\na/1.png,red_gate,north,2\n", "expected degrees"),
    ],
)
def test_bad_labels_are_named(folders: tuple[Path, Path], text: str, reason: str) -> None:
    (folders[0] / "labels.csv").write_text(text)
    with pytest.raises(BadLabels, match=reason):
        read_landmarks(folders[0], {})


def test_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadLabels, match=r"no labels\.csv"):
        read_landmarks(tmp_path, {})
    with pytest.raises(BadLabels, match="no picture"):
        read_others(tmp_path)
    with pytest.raises(BadLabels, match="no such folder"):
        read_others(tmp_path / "gone")
    (tmp_path / "labels.csv").write_bytes(b"file,landmark\n\xff\xfe,x\n")
    with pytest.raises(BadLabels, match="UTF-8"):
        read_landmarks(tmp_path, {})
