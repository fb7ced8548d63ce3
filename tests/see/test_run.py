"""Showing photos to recognizers: order, failures, and a recognizer of somebody else's found by its entry point."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.recognizer import Recognizer, names, open_recognizer
from veduta.see.run import see_carefully, see_photos

ROOT = Path(__file__).parents[2]


class Sizes:
    """Says how wide a photo is; cannot bear widths of 13."""

    version = "1"

    def __init__(self, name: str) -> None:
        self.name = name
        self.batches: list[int] = []

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        self.batches.append(len(photos))
        if any(photo.width == 13 for photo in photos):
            raise ValueError("thirteen")
        return [[Finding("label", f"{self.name} {photo.width}", 1.0, self.name, "1")] for photo in photos]


class Forgetful(Sizes):
    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        return super().see(photos)[1:]


def photo(width: int) -> Photo:
    return Photo(np.zeros((5, width, 3), np.uint8), width, 5)


def test_findings_come_in_order_of_photos_and_recognizers() -> None:
    a, b = Sizes("a"), Sizes("b")
    assert isinstance(a, Recognizer)
    seen = see_photos([photo(1), photo(2)], [a, b])
    assert [[f.name for f in findings] for findings in seen] == [["a 1", "b 1"], ["a 2", "b 2"]]
    assert a.batches == b.batches == [2]
    assert see_photos([], [a]) == []


def test_a_failure_concerns_its_photo_only() -> None:
    a, b = Sizes("a"), Sizes("b")
    with pytest.raises(ValueError, match="thirteen"):
        see_photos([photo(1), photo(13)], [a])
    seen = see_carefully([photo(1), photo(13), photo(2)], [a, b])
    assert [[f.name for f in s.findings] for s in seen] == [["a 1", "b 1"], [], ["a 2", "b 2"]]
    assert [s.failures for s in seen] == [
        [],
        [("a", "ValueError: thirteen"), ("b", "ValueError: thirteen")],
        [],
    ]


def test_a_recognizer_must_answer_for_each_photo() -> None:
    with pytest.raises(ValueError, match="forgetful: 1 results for 2 photos"):
        see_photos([photo(1), photo(2)], [Forgetful("forgetful")])


def test_unknown_recognizers_are_told_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="quality"):
        open_recognizer("nobody")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of the documentation, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run(
        [*command, "--target", str(folder), str(ROOT / "examples/qr_codes")], check=True, capture_output=True
    )
    return folder


def test_an_installed_recognizer_is_found_and_sees(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(installed))
    assert "qr-codes" in names()
    recognizer = open_recognizer("qr-codes")
    assert isinstance(recognizer, Recognizer)
    code = cv2.QRCodeEncoder.create().encode("https://example.org/ticket/42")
    code = cv2.resize(code, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    picture = np.full((600, 800, 3), 230, np.uint8)
    height, width = code.shape
    picture[200 : 200 + height, 300 : 300 + width] = code[..., None]
    seen = see_photos([Photo(picture, 1600, 1200), photo(40)], [recognizer])
    assert [len(findings) for findings in seen] == [1, 0]
    (finding,) = seen[0]
    assert (finding.kind, finding.text) == ("text", "https://example.org/ticket/42")
    assert finding.box is not None
    x, y, wide, high = finding.box
    # Twice the size at which it was shown; the quiet zone belongs to no code.
    assert 600 <= x <= x + wide <= 600 + 2 * width + 2
    assert 400 <= y <= y + high <= 400 + 2 * height + 2


def test_the_documentation_shows_the_example_as_it_is() -> None:
    page = (ROOT / "docs/recognizers.md").read_text("utf-8")
    assert (ROOT / "examples/qr_codes/veduta_qr_codes.py").read_text("utf-8") in page
    assert 'qr-codes = "veduta_qr_codes:QrCodeRecognizer"' in page
