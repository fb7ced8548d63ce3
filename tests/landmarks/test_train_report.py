"""The page and the diary of a run."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from veduta.landmarks.train_report import drops, forgetting, look_alikes, write_report
from veduta.landmarks.train_space import neighbors, principal
from veduta.landmarks.train_tracking import Diary, export_tensorboard, read

REGIONS = ["south", "north"]
RECORDS = [
    {"event": "epoch", "stage": 0, "epoch": 0, "loss": 2.0, "accuracy": 0.3, "rate_trunk": 0.1},
    {"event": "stage", "stage": 0, "held south": 0.9, "held no landmark": 0.8},
    {"event": "epoch", "stage": 1, "epoch": 0, "loss": 1.0, "accuracy": 0.6, "rate_trunk": 0.1},
    {"event": "stage", "stage": 1, "held south": 0.7, "held north": 0.5, "held no landmark": 0.85},
]


def test_forgetting_is_the_best_share_less_the_last() -> None:
    assert drops(RECORDS, REGIONS) == {"south": pytest.approx(0.2), "north": 0.0}
    assert forgetting(RECORDS, REGIONS) == [
        ["+ south", "90.0%", "", "80.0%"],
        ["+ north", "70.0%", "50.0%", "85.0%"],
    ]


def test_look_alikes_are_the_most_frequent_mistakes() -> None:
    truth, answers = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 1, 2])
    assert look_alikes(truth, answers, ["A", "B", "none"]) == [["A", "B", "2"], ["B", "A", "1"]]


class Tags(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe") or any(name in ("src", "href") for name, _ in attrs):
            self.foreign.append(tag)


def test_the_page_stands_alone_and_escapes_names(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 8)
    space = random.normal(size=(24, 6)).astype(np.float32)
    page = write_report(
        tmp_path / "report.html",
        RECORDS,
        {"bank": "<b>bank</b>"},
        ["Tāj <Mahal>", "故宫"],
        REGIONS,
        (truth, np.roll(truth, 1), space),
    )
    text = page.read_text(encoding="utf-8")
    assert "<Mahal>" not in text and "Tāj &lt;Mahal&gt;" in text and "故宫" in text and "<b>bank" not in text
    tags = Tags()
    tags.feed(text)
    assert tags.foreign == []
    assert text.count("<svg") == 4


def test_principal_axes_are_the_largest_spread() -> None:
    points = np.random.default_rng(0).normal(size=(50, 4)) * [0.1, 5, 1, 0.1]
    found = principal(points.astype(np.float32))
    assert np.abs(np.corrcoef(found[:, 0], points[:, 1])[0, 1]) > 0.99
    assert np.abs(np.corrcoef(found[:, 1], points[:, 2])[0, 1]) > 0.99
    assert principal(np.ones((3, 1), np.float32)).shape == (3, 2)


def test_neighbors_stay_together() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 15)
    space = (np.eye(3, 10)[labels] * 5 + random.normal(size=(45, 10)) * 0.2).astype(np.float32)
    points = neighbors(space)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(45) * 1e9
    assert (labels[distances.argmin(axis=1)] == labels).all()


def test_a_diary_survives_a_torn_line_and_a_rewind(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    for record in RECORDS:
        diary(record)
    with diary.path.open("a", encoding="utf-8") as file:
        file.write('{"event": "ep')
    assert read(diary.path) == RECORDS
    diary.rewind(1, 0)
    assert read(diary.path) == RECORDS[:2]
    assert all(json.loads(line) for line in diary.path.read_text(encoding="utf-8").splitlines())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_diary_becomes_tensorboard_events(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    for record in RECORDS:
        diary(record)
    export_tensorboard(tmp_path, tmp_path / "events")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("epoch/loss")] == [(1, 2.0), (2, 1.0)]
    assert events.Scalars("stage/held_south")[-1].value == pytest.approx(0.7)
