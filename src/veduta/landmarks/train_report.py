"""The report of a run: one page that needs nothing else, with curves, forgetting, look-alikes and the space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.files import write_text
from veduta.landmarks.train_plot import curves, scatter, table
from veduta.landmarks.train_space import chosen, neighbors, principal

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
svg { width: 100%; height: auto; background: color-mix(in srgb, currentColor 4%, transparent); border-radius: 8px }
svg text { font-size: 11px; fill: currentColor }
table { border-collapse: collapse } td, th { padding: .2rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid #8884 }
.pair { display: flex; gap: 1rem; flex-wrap: wrap } .pair > div { flex: 1 1 20rem } p { max-width: 46rem }
"""


def forgetting(records: Sequence[Mapping[str, Any]], regions: Sequence[str]) -> list[list[str]]:
    """Rows for a table: after each stage, the share of held photos of each region answered rightly."""
    rows = []
    for record in records:
        if record["event"] == "stage":
            cells = [record.get(f"held {name}") for name in (*regions, "no landmark")]
            rows.append([f"+ {regions[record['stage']]}", *("" if c is None else f"{c:.1%}" for c in cells)])
    return rows


def drops(records: Sequence[Mapping[str, Any]], regions: Sequence[str]) -> dict[str, float]:
    """How much of each region was forgotten: its best share after any stage less that after the last."""
    stages = [record for record in records if record["event"] == "stage"]
    lost = {}
    for name in regions:
        shares = [record[f"held {name}"] for record in stages if f"held {name}" in record]
        if shares:
            lost[name] = max(shares) - shares[-1]
    return lost


def look_alikes(
    truth: NDArray[np.int64], answers: NDArray[np.int64], names: Sequence[str], most: int = 15
) -> list[list[str]]:
    """The pairs most often taken for each other among held photos: (truth, answer, times)."""
    wrong = Counter((int(t), int(a)) for t, a in zip(truth.tolist(), answers.tolist(), strict=True) if t != a)
    return [[names[t], names[a], str(count)] for (t, a), count in wrong.most_common(most)]


def write_report(
    path: Path,
    records: Sequence[Mapping[str, Any]],
    about: Mapping[str, Any],
    landmarks: Sequence[str],
    regions: Sequence[str],
    predictions: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]],
    notes: Sequence[str] = (),
) -> Path:
    """Write the page; `predictions` are truth, answers and embeddings of what was held back."""
    truth, answers, embeddings = predictions
    names = [*landmarks, "no landmark"]
    epochs = [record for record in records if record["event"] == "epoch"]
    cuts = [i for i, record in enumerate(epochs) if record["stage"] and record["epoch"] == 0]
    lost = drops(records, regions)
    parts = [
        f"<h1>Training of {escape(str(about.get('bank', 'a bank')))}</h1>",
        "<details><summary>Settings</summary>",
        table(["setting", "value"], [[key, str(value)] for key, value in about.items()]),
        "</details>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        "<h2>Curves</h2><p>Each epoch; a line across marks a region that was added.</p><div class=pair>",
        f"<div>{curves({'loss': [e['loss'] for e in epochs]}, cuts)}</div>",
        f"<div>{curves({'right answers in training': [e['accuracy'] for e in epochs]}, cuts)}</div></div>",
        "<h2>What is remembered</h2><p>Held photos answered rightly after each stage, by region. A column that"
        " falls is a region being forgotten.</p>",
        table(["after", *regions, "no landmark"], forgetting(records, regions)),
        "<p>" + escape("; ".join(f"{name} lost {share:.1%}" for name, share in lost.items())) + "</p>",
        "<h2>Look-alikes</h2><p>Held photos of the first, answered as the second.</p>",
        table(["truth", "answer", "photos"], look_alikes(truth, answers, names)),
    ]
    if len(embeddings) >= 3:
        rows = chosen(len(embeddings))
        shown, labels = embeddings[rows], truth[rows]
        shown = shown / np.maximum(np.linalg.norm(shown, axis=1, keepdims=True), 1e-9)
        parts += [
            "<h2>The space</h2><p>Held photos, one color and shape for each landmark, gray dots without one; point"
            " at one for its name. Left by principal axes, right by t-SNE, which keeps neighbors together but says"
            " nothing about distances between groups.</p><div class=pair>",
            f"<div>{scatter(principal(shown), labels, names)}</div>",
            f"<div>{scatter(neighbors(shown), labels, names)}</div></div>",
        ]
    page = f"<!doctype html><meta charset=utf-8><title>Training</title><style>{STYLE}</style>\n" + "\n".join(
        parts
    )
    write_text(path, page + "\n")
    return path
