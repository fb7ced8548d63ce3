"""Quality: better is better, blurred is worse; pages and screens are told from photographs."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.quality_fit import exposed, faded, packaged
from benchmarks.rendered import page, screenshot

from veduta.image.decode import load, read
from veduta.image.photo import Photo, Pixels
from veduta.see.quality import DOCUMENT, SCREENSHOT, QualityRecognizer
from veduta.see.quality_light import light
from veduta.see.quality_page import MEASURES, measures
from veduta.see.quality_sharpness import COARSE, FINE, edge_width, noise_level


def judged(*pictures: Pixels) -> list[dict[str, float]]:
    photos = [Photo(p, p.shape[1], p.shape[0]) for p in pictures]
    return [{f.name: f.score for f in findings} for findings in QualityRecognizer().see(photos)]


@pytest.fixture(scope="module")
def photos() -> list[Pixels]:
    return packaged()


def gray(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def test_scores_are_probabilities(photos: list[Pixels]) -> None:
    for scores in judged(*photos):
        assert set(scores) >= {"sharpness", "exposure", "contrast", "overall"}
        assert all(0 <= score <= 1 for score in scores.values())


def test_sharpness_falls_with_blur(photos: list[Pixels]) -> None:
    for photo in photos:
        small = photo[:600, :600]
        widths = [edge_width(gray(small))]
        widths += [edge_width(gray(cv2.GaussianBlur(small, (0, 0), blur))) for blur in (1.0, 2.0, 3.0, 5.0)]
        assert all(a <= b + 0.05 for a, b in itertools.pairwise(widths)), widths
        scores = judged(small, cv2.GaussianBlur(small, (0, 0), 4.0))
        assert scores[0]["sharpness"] > 0.9 > 0.1 > scores[1]["sharpness"]


@pytest.mark.parametrize("blur", [1.0, 2.0, 3.0])
def test_the_width_of_a_step_is_measured(blur: float) -> None:
    picture = np.zeros((200, 200), np.float32)
    picture[:, 100:] = 200
    picture = cv2.GaussianBlur(picture + 20, (0, 0), blur)
    across = edge_width(np.round(picture).astype(np.uint8))
    assert across == pytest.approx(blur, rel=0.12)
    # Naively, at the middle of the edge: slopes are as 1 / sqrt(blur² + scale²).
    ratio = ((blur**2 + COARSE**2) / (blur**2 + FINE**2)) ** 0.5
    assert (COARSE**2 - ratio**2 * FINE**2) / (ratio**2 - 1) == pytest.approx(blur**2)


def test_noise_does_not_make_a_blurred_photo_sharp(photos: list[Pixels]) -> None:
    rng = np.random.default_rng(0)
    for photo in photos:
        blurred = cv2.GaussianBlur(photo[:600, :600], (0, 0), 3)
        noisy = np.clip(blurred + rng.normal(0, 12, blurred.shape), 0, 255).astype(np.uint8)
        assert judged(noisy)[0]["sharpness"] < 0.4


def test_noise_is_estimated() -> None:
    rng = np.random.default_rng(0)
    for sigma in (2.0, 6.0, 15.0):
        flat = 128 + rng.normal(0, sigma, (300, 300)).astype(np.float32)
        assert noise_level(flat) == pytest.approx(sigma, rel=0.05)


def test_a_blurred_background_is_no_fault(photos: list[Pixels]) -> None:
    photo = photos[0]
    portrait = cv2.GaussianBlur(photo, (0, 0), 6)
    portrait[100:300, 150:350] = photo[100:300, 150:350]
    scores = judged(portrait, cv2.GaussianBlur(photo, (0, 0), 6))
    assert scores[0]["sharpness"] > 0.5 > 0.01 > scores[1]["sharpness"]


def test_a_shaken_photo_is_not_sharp(photos: list[Pixels]) -> None:
    kernel = np.zeros((25, 25), np.float32)
    kernel[12] = 1 / 25
    for photo in photos[:4]:
        assert judged(cv2.filter2D(photo, -1, kernel))[0]["sharpness"] < 0.5


def test_exposure_falls_both_ways(photos: list[Pixels]) -> None:
    for photo in photos:
        stops = (-4, -3, -2, 0, 2, 3, 4)
        scores = [s["exposure"] for s in judged(*(exposed(photo, stop) for stop in stops))]
        best = int(np.argmax(scores))
        assert scores[: best + 1] == sorted(scores[: best + 1])
        assert scores[best:] == sorted(scores[best:], reverse=True)
    means = np.mean(
        [[s["exposure"] for s in judged(*(exposed(p, e) for e in (-4, -2, 0, 2, 4)))] for p in photos], axis=0
    )
    assert means[0] < means[1] < means[2] > means[3] > means[4]
    assert means[2] > 0.75
    assert max(means[0], means[4]) < 0.3


def test_light_against_sorted_values() -> None:
    values = np.random.default_rng(3).integers(0, 256, (40, 50)).astype(np.uint8)
    seen = light(values)
    ordered = np.sort(values.ravel())
    assert seen.middle == ordered[999] / 255
    assert seen.black == pytest.approx((values <= 10).mean())
    assert seen.white == pytest.approx((values >= 245).mean())


def test_contrast_falls_when_faded(photos: list[Pixels]) -> None:
    for photo in photos:
        scores = [s["contrast"] for s in judged(*(faded(photo, part) for part in (1, 0.6, 0.3, 0.1)))]
        assert all(a >= b - 1e-6 for a, b in itertools.pairwise(scores))
        assert scores[-1] < 0.1


def test_weights_fit_the_measures(photos: list[Pixels]) -> None:
    assert len(SCREENSHOT) == len(DOCUMENT) == len(MEASURES) + 1
    values = measures(photos[0])
    assert values.shape == (len(MEASURES),)
    assert ((values >= 0) & (values <= 1)).all()


def test_screens_and_pages_that_were_not_fitted_on(photos: list[Pixels]) -> None:
    rng = np.random.default_rng(1234)
    screens = judged(*(screenshot(rng, photos) for _ in range(30)))
    sheets = judged(*(page(rng, photos) for _ in range(30)))
    assert sum("screenshot" in s for s in screens) >= 25
    assert sum("document" in s for s in sheets) >= 25
    assert sum("screenshot" in s for s in sheets) <= 6


def test_photographs_are_neither(photos: list[Pixels]) -> None:
    for scores in judged(*photos):
        assert not {"screenshot", "document"} & set(scores)


@pytest.mark.eval
def test_receipts_are_documents_and_landmarks_are_not(eval_dir: Path) -> None:
    receipts = sorted((eval_dir / "ocr_receipts_sroie").rglob("*.jpg"))
    names = [{f.name for f in QualityRecognizer().see([load(path, 1536)])[0]} for path in receipts]
    assert sum("document" in n for n in names) >= 0.8 * len(receipts)
    landmarks = sorted((eval_dir / "landmarks/test").rglob("*.jpg"))[::4]
    called = [{"screenshot", "document"} & set(judged(read(path, 768))[0]) for path in landmarks]
    assert sum(bool(c) for c in called) <= 0.03 * len(landmarks)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (5, 3), (40, 16)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_strange_pictures_do_no_harm(size: tuple[int, int], value: int) -> None:
    (scores,) = judged(np.full((*size, 3), value, np.uint8))
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores["sharpness"] < 0.1
