"""Is the dirt of a bank found, and do its clean photos stay?"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, eval_dir
from benchmarks.recognition_labels import wilson
from veduta.landmarks.bank import Bank, BankPhoto
from veduta.landmarks.bank_features import means, store_of
from veduta.landmarks.clean import Floats, clean, shipped
from veduta.landmarks.importing import fill
from veduta.landmarks.references import give

SAME = 0.97  # cosine from which two pictures are one
MOVED = 0.05  # share of photos put under a wrong landmark


def measure() -> list[Figure]:
    """All figures; the pictures without landmarks, of which the dirt was taken, are not shown to the cleaning."""
    folder = eval_dir() / "landmarks"
    with (folder / "dirt.csv").open(newline="", encoding="utf-8") as file:
        dirt = {str((folder / "bank" / row["file"]).absolute()) for row in csv.DictReader(file)}
    with tempfile.TemporaryDirectory() as place:
        path = fill(Path(place) / "bank", folder / "bank", folder / "landmarks.csv")
        with Bank.open(path) as bank:
            clean(bank)
            background = _background(bank)
            clean(bank, background=background)
            figures = _figures(bank.photos(kept=False), dirt)
        return [*figures, *_given(path, dirt, background), *_moved(path, dirt, background)]


def _figures(photos: Iterable[BankPhoto], dirt: set[str]) -> list[Figure]:
    every = list(photos)
    judged = [photo for photo in every if photo.judge == "clean" or photo.state == "kept"]
    note = "suggested references; the import had dropped the same picture under two landmarks before"
    return [
        _share(
            "landmark bank: dirt found", [p.state == "dropped" for p in every if str(p.path) in dirt], 0.90
        ),
        _share(
            "landmark bank: clean photos kept",
            [p.state == "kept" for p in every if str(p.path) not in dirt],
            0.97,
        ),
        _share(
            "landmark bank: dirt found by cleaning alone",
            [p.state == "dropped" for p in judged if str(p.path) in dirt],
            note=note,
        ),
        _share(
            "landmark bank: clean photos kept by cleaning alone",
            [p.state == "kept" for p in judged if str(p.path) not in dirt],
        ),
    ]


def _background(bank: Bank) -> Floats:
    """The packaged photos without landmarks, but for those that are dirt of this bank."""
    vectors = shipped()
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    store = store_of(bank)
    seen = means(
        store, [str(p.hash) for p in bank.photos(kept=False) if p.judge == "clean" or p.state == "kept"]
    )
    return np.asarray(vectors[(vectors @ seen.T).max(axis=1, initial=-1) < SAME], np.float32)


def _given(path: Path, dirt: set[str], background: Floats) -> list[Figure]:
    """The same with three references of each landmark given by hand: drawn among its clean photos."""
    random = np.random.default_rng(0)
    with Bank.open(_copy(path, "given")) as bank:
        references: list[BankPhoto] = []
        for landmark in list(bank.landmarks()):
            sure = [
                p
                for p in bank.photos(landmark.id, kept=False)
                if str(p.path) not in dirt and p.hash is not None
            ]
            references += [sure[i] for i in random.choice(len(sure), min(3, len(sure)), replace=False)]
        give(bank, references)
        clean(bank, background=background)
        photos = [p for p in bank.photos(kept=False) if p.judge != "bank" or p.state == "kept"]
    note = "three references drawn by chance among clean photos"
    found = [p.state == "dropped" for p in photos if str(p.path) in dirt]
    kept = [p.state == "kept" for p in photos if str(p.path) not in dirt]
    return [
        _share("landmark bank: dirt found, references given", found, note=note),
        _share("landmark bank: clean photos kept, references given", kept, note=note),
    ]


def _moved(path: Path, dirt: set[str], background: Floats) -> list[Figure]:
    """The same with some clean photos put under another landmark, which no photo without landmarks resembles."""
    random = np.random.default_rng(1)
    with Bank.open(_copy(path, "moved")) as bank:
        names = [landmark.id for landmark in bank.landmarks()]
        clean_ones = [p for p in bank.photos(kept=False) if str(p.path) not in dirt and p.judge != "clean"]
        moved = random.choice(len(clean_ones), round(MOVED * len(clean_ones)), replace=False).tolist()
        with bank.writing() as connection:
            for row in moved:
                wrong = str(random.choice([name for name in names if name != clean_ones[row].landmark]))
                connection.execute("UPDATE photos SET landmark = ? WHERE id = ?", (wrong, clean_ones[row].id))
        clean(bank, background=background)
        found = [bank.one("SELECT state FROM photos WHERE id = ?", (clean_ones[row].id,)) for row in moved]
    note = "of 5 % put under another landmark"
    return [
        _share("landmark bank: photos of another landmark found", [f == "dropped" for f in found], note=note)
    ]


def _copy(path: Path, name: str) -> Path:
    return Path(shutil.copytree(path, path.with_name(name)))


def _share(name: str, right: list[bool], target: float | None = None, note: str = "") -> Figure:
    hits, n = sum(right), len(right)
    return Figure(name, hits / n, "", target, n=n, interval=wilson(hits, n), note=note)
