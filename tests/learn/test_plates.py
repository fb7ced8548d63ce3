"""Drawn plates: the truth of a scene is where the plate is; the head that learns from them leaves as it was trained."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from veduta.errors import NotFound
from veduta.learn.plates_draw import DESIGNS, fonts, plate, sign
from veduta.learn.plates_scene import scene


@pytest.fixture(autouse=True)
def _lettered() -> None:
    try:
        fonts()
    except NotFound as error:
        pytest.skip(str(error))


def test_each_design_is_lettered_and_the_same_for_the_same_seed() -> None:
    for number, design in enumerate(DESIGNS):
        board, text = design(np.random.default_rng(number))
        assert 3 <= sum(c.isalnum() for c in text) <= 10
        assert board.pixels.std() > 10  # letters stand out of the ground
    one, two = (plate(np.random.default_rng(5)) for _ in range(2))
    assert one.text == two.text and (one.pixels == two.pixels).all()
    assert sign(np.random.default_rng(5)).text is None


def test_the_truth_of_a_scene_is_where_the_plate_is() -> None:
    random = np.random.default_rng(9)
    plates, signs = [plate(random) for _ in range(4)], [sign(random) for _ in range(2)]
    photo = np.ascontiguousarray(data.coffee()[:320, :320])
    made = [scene(random, photo, plates, signs) for _ in range(12)]
    boards = [(s, b) for s in made for b in s.boards]
    assert len(boards) >= 12 and any(b.text is None for _, b in boards)
    for one, board in boards:
        inside = cv2.fillConvexPoly(np.zeros((320, 320), np.uint8), board.corners.astype(np.int32), 1) > 0
        assert inside.sum() == pytest.approx(cv2.contourArea(board.corners), rel=0.35, abs=60)
        assert board.corners.min() >= 0 and board.corners.max() <= 320
        # What is there is not the photo any more.
        assert np.abs(one.pixels[inside].astype(int) - photo[inside]).mean() > 8
    for one in made:
        marks = np.zeros((320, 320), np.uint8)
        for board in one.boards:
            cv2.fillConvexPoly(marks, board.corners.astype(np.int32), 1)
        parts = cv2.connectedComponents(marks)[0] - 1
        assert parts == len(one.boards)  # none touches another


def test_a_head_learns_and_leaves_as_it_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from veduta.learn.plates_network import save_onnx
    from veduta.learn.plates_train import Examples, joined, train
    from veduta.nets.engine import Network, OpenVinoBackend
    from veduta.see.plate_network import CHANNELS, COLUMNS, HEAD, ROWS

    monkeypatch.setattr("veduta.learn.plates_train.AVERAGED", 0.5)  # few steps: no long memory of the first
    random = np.random.default_rng(2)
    is_plate = np.arange(64) % 2 == 0
    features = random.normal(0, 1, (64, CHANNELS, ROWS, COLUMNS)).astype(np.float16)
    features[is_plate, :8] += 2  # what tells them apart
    corners = np.tile(np.array([-0.3, -0.2, 0.3, -0.2, 0.3, 0.2, -0.3, 0.2], np.float32), (64, 1))
    known = joined(
        Examples(features[:32], is_plate[:32], corners[:32]),
        Examples(features[32:], is_plate[32:], corners[32:]),
    )
    head = train(known, 4.0, 1, steps=80)
    with torch.no_grad():
        found = head(torch.from_numpy(known.features.astype(np.float32))).numpy()
    assert ((found[:, 0] > 0) == is_plate).mean() > 0.9
    path = save_onnx(head, tmp_path / "head.onnx")
    network = Network(HEAD, OpenVinoBackend(path, HEAD, False, None, None, 1), 64)
    np.testing.assert_allclose(network.run(known.features.astype(np.float32))[0], found, atol=2e-3)
