"""Attendance over time: periods, tables and drawings of counts."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from veduta.library.attendance import Reading, by_period, periods_csv, readings_csv, write_table
from veduta.library.attendance_plot import Mark, marks_of, marks_of_periods, plot
from veduta.see.count import Count

DAY = datetime.datetime(2024, 5, 1)


def reading(path: str, number: int, clock: str | None, **more: object) -> Reading:
    when = None if clock is None else datetime.datetime.fromisoformat(f"2024-05-01 {clock}")
    return Reading(path, Count(number, number - 1, number + 2), when, **more)  # type: ignore[arg-type]


READINGS = [
    reading("c.jpg", 12, "14:05:00"),
    reading("a.jpg", 3, "13:10:00"),
    reading("b.jpg", 9, "13:40:30"),
    reading("b.jpg", 4, "13:40:30", region="stage"),
    reading("d.jpg", 7, None),
    reading("e.jpg", 5, "13:59:59"),
]


def test_the_fullest_reading_stands_for_a_period() -> None:
    first, second = by_period(READINGS, 60)
    assert (first.start, first.readings) == (DAY.replace(hour=13), 3)
    assert (first.most, first.low, first.high, first.usual) == (9, 8, 11, 5)
    assert (second.start, second.readings, second.most) == (DAY.replace(hour=14), 1, 12)
    assert [p.readings for p in by_period(READINGS, 24 * 60)] == [4]
    starts = [period.start.strftime("%H:%M") for period in by_period(READINGS, 30)]
    assert starts == ["13:00", "13:30", "14:00"]
    with pytest.raises(ValueError, match="minutes"):
        by_period(READINGS, 0)


def test_tables_are_in_order_of_time(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(readings_csv(READINGS))))
    assert [row["path"] for row in rows] == ["a.jpg", "b.jpg", "b.jpg", "e.jpg", "c.jpg", "d.jpg"]
    assert rows[0] == {
        "path": "a.jpg",
        "time": "2024-05-01 13:10:00",
        "seconds": "",
        "region": "",
        "count": "3",
        "low": "2",
        "high": "5",
    }
    assert [row["region"] for row in rows if row["path"] == "b.jpg"] == ["", "stage"] or rows[1][
        "region"
    ] == "stage"
    write_table(tmp_path / "t.csv", periods_csv(by_period(READINGS, 60)))
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == "start,readings,most,low,high,usual"
    assert lines[1:] == ["2024-05-01 13:00,3,9,8,11,5", "2024-05-01 14:00,1,12,11,14,12"]


def drawn(text: str) -> tuple[list[tuple[float, float]], list[str]]:
    """The line's points and all texts of a drawing."""
    page = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    lines = page.findall(f"{space}polyline")
    points = [
        (float(x), float(y))
        for line in lines
        for x, y in (p.split(",") for p in line.attrib["points"].split())
    ]
    return points, [node.text or "" for node in page.iter(f"{space}text")]


def test_a_drawing_is_to_scale() -> None:
    marks = [Mark(0, 0, 0, 2), Mark(3600, 10, 8, 20), Mark(7200, 20, 15, 20)]
    points, texts = drawn(plot("Fair & <fun>", marks, DAY.replace(hour=9, minute=30)))
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.1)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.1)
    assert "Fair & <fun>" in texts
    assert {"10:00", "11:00"} <= set(texts)
    assert {"0", "10", "20"} <= set(texts)


def test_few_or_no_readings_draw_too() -> None:
    assert drawn(plot("nothing", []))[0] == []
    assert len(drawn(plot("one", [Mark(0, 3, 2, 5)]))[0]) == 1
    assert drawn(plot("zero", [Mark(0, 0, 0, 0), Mark(1, 0, 0, 0)]))[1].count("0") >= 1


def test_the_axis_is_the_clock_where_it_is_known() -> None:
    marks, begin = marks_of(READINGS)
    assert begin == DAY.replace(hour=13, minute=10)
    assert sorted(mark.at for mark in marks)[-1] == 55 * 60
    assert len(marks) == 4
    film = [reading("v.mp4", n, None, seconds=float(n)) for n in range(4)]
    marks, begin = marks_of(film)
    assert begin is None and [mark.at for mark in marks] == [0, 1, 2, 3]
    marks, begin = marks_of([reading(f"{n}.jpg", n, None) for n in range(3)])
    assert begin is None and [(mark.at, mark.count) for mark in marks] == [(0, 0), (1, 1), (2, 2)]
    marks, begin = marks_of_periods(by_period(READINGS, 60))
    assert begin == DAY.replace(hour=13)
    assert [(mark.at, mark.count) for mark in marks] == [(0, 9), (3600, 12)]
    assert marks_of_periods([]) == ([], None)
