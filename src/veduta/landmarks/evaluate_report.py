"""The page of a proof: the figures, and the worst mistakes as pictures, in one file that needs no other."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.files import write_text
from veduta.image.decode import read
from veduta.image.photo import at_most
from veduta.landmarks.evaluate_verdict import Answer, Verdict
from veduta.landmarks.landmark import Landmark

WORST = 12  # pictures of each kind of mistake
SIDE = 260

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td small, p { opacity: .8; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 1rem; }
figure { margin: 0; } figure img { width: 100%; height: 170px; object-fit: cover; border-radius: 6px; }
figcaption { font-size: 13px; overflow-wrap: anywhere; } .none { height: 170px; background: var(--soft); }
"""

HEADINGS = {
    "sensitivity": "listed landmarks named rightly",
    "fpr_seen": "photos without landmarks that got a name",
    "unlisted_named": "unlisted landmarks that got a name",
    "wrong_landmark_at": "listed landmarks named as another",
}


def page_of(path: Path) -> Path:
    """The page that `path` asks for: report.html in it when it is a folder."""
    return path / "report.html" if path.is_dir() or not path.suffix else path


def write_report(
    path: Path,
    title: str,
    figures: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    rates: Sequence[str],
    landmarks: Mapping[str, Landmark],
) -> Path:
    """Write the page (see `page_of`) and return its path."""
    path = page_of(path)
    n = figures["n"]
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{n['listed']} photos of {n['landmarks']} listed landmarks, {n['unlisted']} of unlisted ones, "
        f"{n['others']} without landmarks; {n['unreadable']} could not be read. "
        f"Thresholds are those of the atlas. Rank-1 "
        f"{_share(figures['rank1'], figures['intervals']['rank1'])}; global average precision "
        f"{figures['gap']:.3f}.</p>",
        "<h2>At the asked false-positive rate</h2>",
        _rates(figures, rates),
        "<h2>Expected precision</h2>",
        "<p>The share of right names where so many of all photos show a listed landmark; in "
        "brackets, with all shares above at the worse and at the better end of their 95 % intervals.</p>",
        _precision(figures, rates),
        "<h2>Parts</h2>",
        _slices(figures["slices"], rates),
        *_mistakes(verdicts, rates[0], landmarks),
    ]
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><body>{''.join(body)}</body></html>"
    )
    write_text(path, text)
    return path


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _share(value: float, intervals: Mapping[str, Sequence[float]]) -> str:
    low, high = intervals["wilson"]
    wide = intervals["clustered"]
    return (
        f"{_percent(value)} <small>(95 %: {100 * low:.1f}–{100 * high:.1f}; "
        f"landmarks drawn whole {100 * wide[0]:.1f}–{100 * wide[1]:.1f})</small>"
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _rates(figures: Mapping[str, Any], rates: Sequence[str]) -> str:
    rows = [
        [
            escape(text),
            *(_share(figures[key][rate], figures["intervals"][key][rate]) for rate in rates),
        ]
        for key, text in HEADINGS.items()
    ]
    return _table(["", *(f"{100 * float(rate):g} %" for rate in rates)], rows)


def _precision(figures: Mapping[str, Any], rates: Sequence[str]) -> str:
    expected, between = figures["precision_at_prevalence"], figures["intervals"]["precision_at_prevalence"]
    shares = list(expected[rates[0]])
    rows = [
        [f"{100 * float(s):g} %", *(_between(expected[rate][s], between[rate][s]) for rate in rates)]
        for s in shares
    ]
    return _table(["photos with landmarks", *(f"at {100 * float(rate):g} %" for rate in rates)], rows)


def _between(value: float, ends: Sequence[float]) -> str:
    return f"{_percent(value)} <small>({100 * ends[0]:.1f}–{100 * ends[1]:.1f})</small>"


def _slices(slices: Mapping[str, Any], rates: Sequence[str]) -> str:
    rows = [
        [
            escape(name),
            str(part["n"]),
            _between(part["rank1"], part["rank1_wilson"]),
            *(_percent(part["sensitivity"][rate]) for rate in rates),
        ]
        for name, part in slices.items()
        if part["n"]
    ]
    head = ["part", "photos", "rank-1", *(f"sensitivity at {100 * float(rate):g} %" for rate in rates)]
    return _table(head, rows)


def _mistakes(verdicts: Sequence[Verdict], rate: str, landmarks: Mapping[str, Landmark]) -> list[str]:
    plain = [verdict for verdict in verdicts if not verdict.variant]

    def score(verdict: Verdict) -> float:
        return verdict.outcome(rate).score

    def weakness(verdict: Verdict) -> float:
        return verdict.guess.score if verdict.guess else 0.0

    wrong = [v for v in plain if v.said.get(rate) is not None and not v.outcome(rate).right]
    groups = [
        ("Without a landmark, yet named", [v for v in wrong if v.case.part == "other"], score, True),
        ("Unlisted, yet named", [v for v in wrong if v.case.part == "unlisted"], score, True),
        ("Named as another", [v for v in wrong if v.case.part == "listed"], score, True),
        (
            "Missed, weakest first",
            [v for v in plain if v.case.part == "listed" and v.said.get(rate) is None],
            weakness,
            False,
        ),
    ]
    made = []
    for heading, members, key, strongest in groups:
        if not members:
            continue
        worst = sorted(members, key=key, reverse=strongest)[:WORST]
        pictures = "".join(_figure(verdict, rate, landmarks) for verdict in worst)
        made.append(
            f"<h2>{heading}</h2><p>{len(members)} at {100 * float(rate):g} %; "
            f'{len(worst)} shown.</p><div class="pictures">{pictures}</div>'
        )
    return made


def _figure(verdict: Verdict, rate: str, landmarks: Mapping[str, Landmark]) -> str:
    said = verdict.said.get(rate)
    truth = landmarks.get(verdict.case.truth or "")
    lines = [f"shows {truth.name if truth else verdict.case.landmark or 'no landmark'}"]
    if said:
        lines.append(f"named {_called(said, landmarks)}")
    elif verdict.guess:
        lines.append(f"best guess {_called(verdict.guess, landmarks)}")
    lines.append(verdict.problem or "/".join(verdict.case.path.parts[-2:]))
    text = "<br>".join(escape(line.encode("utf-8", "replace").decode()) for line in lines)
    return f"<figure>{_picture(verdict.case.path)}<figcaption>{text}</figcaption></figure>"


def _called(answer: Answer, landmarks: Mapping[str, Landmark]) -> str:
    known = landmarks.get(answer.landmark)
    return f"{known.name if known else answer.landmark} ({answer.score:.2f}, {answer.how})"


def _picture(path: Path) -> str:
    try:
        pixels = at_most(read(path, 2 * SIDE), SIDE)
    except (UnreadableImage, OSError):
        return '<div class="none"></div>'
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80]
    )
    if not done:
        return '<div class="none"></div>'
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}">'
