"""Counting in videos whose truth is known: cut-out people walk over a photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from veduta.errors import NotFound, UnreadableImage
from veduta.image.photo import Pixels
from veduta.nets.store import ModelStore
from veduta.see.count import Counter
from veduta.see.count_region import BadRegion, Region, parse_region
from veduta.see.count_video import count_video
from veduta.see.flow import Line

WIDTH, HEIGHT, RATE = 640, 360, 10
TALL = 200
Way = Callable[[float], float | None]


@pytest.fixture(scope="module")
def counter(store: ModelStore) -> Counter:
    return Counter(store=store)


@pytest.fixture(scope="module")
def sprite(photographs: Path) -> tuple[Pixels, np.ndarray]:
    """The astronaut, cut out of her photograph: pixels and soft mask."""
    whole = cv2.imread(str(photographs / "astronaut.png"))[0:400, 70:390]
    small = cv2.resize(whole, (160, TALL), interpolation=cv2.INTER_AREA)
    mask = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.ellipse(mask, (72, 48), (38, 48), 0, 0, 360, cv2.GC_PR_FGD, -1)
    suit = np.array([[45, 80], [100, 80], [150, 130], [159, TALL], [0, TALL], [8, 112]])
    cv2.fillPoly(mask, [suit], cv2.GC_PR_FGD)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, mask, (0, 0, 1, 1), *models, 4, cv2.GC_INIT_WITH_MASK)
    body = ((mask == 1) | (mask == 3)).astype(np.float32)
    return np.ascontiguousarray(small[:, :, ::-1]), cv2.GaussianBlur(body, (3, 3), 0)


def film(
    path: Path, sprite: tuple[Pixels, np.ndarray], ways: Sequence[Way], seconds: float, pillar: bool = False
) -> Path:
    """People whose middles go along `ways` (None: not there), before a lawn and behind a pillar."""
    ground = np.full((HEIGHT, WIDTH, 3), (150, 165, 140), np.uint8)
    ground[: HEIGHT // 2] = (190, 205, 225)
    pixels, alpha = sprite
    tall, wide = alpha.shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", 4_000_000
        for number in range(round(seconds * RATE)):
            frame = ground.astype(np.float32)
            for who, way in enumerate(ways):
                middle = way(number / RATE)
                if middle is None:
                    continue
                dressed = pixels.astype(np.float32)
                # Each in a color of his own.
                dressed = np.clip(dressed * (1, 1, 1) if who == 0 else dressed * (0.6, 0.9, 1.3), 0, 255)
                left, top = round(middle - wide / 2), HEIGHT - tall - 30 * who
                a, b = max(0, left), min(WIDTH, left + wide)
                if a >= b:
                    continue
                part = slice(a - left, b - left)
                over = alpha[:, part, None]
                frame[top : top + tall, a:b] *= 1 - over
                frame[top : top + tall, a:b] += dressed[:, part] * over
            if pillar:
                frame[:, 290:350] = (120, 118, 110)
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(frame.clip(0, 255).astype(np.uint8), format="rgb24"))
            )
        container.mux(stream.encode())
    return path


def flow(path: Path, counter: Counter, line: str = "0.5,1,0.5,0") -> tuple[int, int, int | None]:
    told = count_video(path, counter, line=line)
    assert told.crossings is not None
    ways = [crossing.way for crossing in told.crossings]
    return ways.count("in"), ways.count("out"), told.identities


def test_two_pass_each_other(counter: Counter, sprite: tuple[Pixels, np.ndarray], tmp_path: Path) -> None:
    ways: list[Way] = [lambda t: 40 + 180 * t, lambda t: 600 - 180 * t]
    assert flow(film(tmp_path / "a.mp4", sprite, ways, 3), counter) == (1, 1, 2)


def test_who_passes_behind_a_pillar_at_the_line_is_one(
    counter: Counter, sprite: tuple[Pixels, np.ndarray], tmp_path: Path
) -> None:
    ways: list[Way] = [lambda t: 60 + 170 * t]
    assert flow(film(tmp_path / "a.mp4", sprite, ways, 3, pillar=True), counter) == (1, 0, 1)


def test_who_turns_back_has_not_crossed(
    counter: Counter, sprite: tuple[Pixels, np.ndarray], tmp_path: Path
) -> None:
    ways: list[Way] = [lambda t: 300 - 150 * abs(t - 1.5)]
    assert flow(film(tmp_path / "a.mp4", sprite, ways, 3), counter) == (0, 0, 1)


def test_counts_over_time_and_in_regions(
    counter: Counter, sprite: tuple[Pixels, np.ndarray], tmp_path: Path
) -> None:
    ways: list[Way] = [lambda t: 140, lambda t: 480 if t >= 2 else None]
    path = film(tmp_path / "a.mp4", sprite, ways, 4)
    halves = (parse_region("left=0,0 0.5,0 0.5,1 0,1"), parse_region("right=320,0 640,0 640,360 320,360"))
    told = count_video(path, counter, halves)
    assert told.times == pytest.approx(range(4))
    assert [one.count for one in told.counts] == [1, 1, 2, 2]
    assert [one.count for one in told.regions["left"]] == [1] * 4
    assert [one.count for one in told.regions["right"]] == [0, 0, 1, 1]
    assert told.fullest.count == 2
    assert told.crossings is None and told.identities is None


def test_bad_input_is_told(counter: Counter, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(UnreadableImage, match=r"a\.mp4"):
        count_video(tmp_path / "a.mp4", counter)
    for text in ("1,2,3", "a,b,c,d", "1,2,1,2", "1,2,3,nan", "-1,2,3,4"):
        with pytest.raises(BadRegion, match="X1,Y1,X2,Y2"):
            Line.parse(text, 100, 100)
    for text in ("door=1,2 3,4", "door=", "=1,2 3,4 5,6", "1,2 3,x 5,6", "1,2 3,4 5"):
        with pytest.raises(BadRegion, match="three corners"):
            parse_region(text)
    with pytest.raises(NotFound, match="person"):
        Counter("unicorn")


def test_regions_hold_what_lies_inside() -> None:
    corner = parse_region("10,10 30,10 30,20 20,20 20,30 10,30", 3)
    assert corner.name == "region 3"
    grid = [(x + 0.5, y + 0.5) for x in range(40) for y in range(40)]
    inside = [(10 < x < 30 and 10 < y < 20) or (10 < x < 20 and 10 < y < 30) for x, y in grid]
    assert corner.holds(grid).tolist() == inside
    assert corner.at(5, 5) == corner
    assert Region("a", ((0, 0), (1, 0), (0.5, 1))).at(200, 100).corners == ((0, 0), (200, 0), (100, 100))
    assert corner.holds([]).tolist() == []
