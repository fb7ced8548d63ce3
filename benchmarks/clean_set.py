"""Cleaning a picture set: seeded faults in real pictures, wrong labels, speed against CleanVision, 100,000 pictures.

`python -m benchmarks.clean_set fit` prints the weights of `veduta.learn.set_faults`, from training pictures;
`python -m benchmarks.clean_set contents` writes the data of `veduta.learn.set_look`, from such too.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import spoiled
from benchmarks.figure import Figure, eval_dir
from veduta.files import replacing
from veduta.learn.set_cleaning import STATE, Cleaned, clean_set
from veduta.learn.set_duplicates import near_copies
from veduta.learn.set_look import Described, contents
from veduta.learn.set_measures import CELLS, measured
from veduta.learn.set_state import SetState

JUDGED = Path(__file__).with_name("clean_set_judged.csv")
SEEDS = (1, 2)
LABEL_SEEDS = tuple(range(1, 11))
WRONG = 0.1
MANY = 100_000
PLANTED = 2_000
ROUNDS = 3
CONTENTS = Path(__file__).parents[1] / "src/veduta/learn/data/contents.npz"
DIRECTIONS = 64
FOUND_ALONE = ("broken", "plain", "blurred", "dark", "bright", "size")


@dataclass
class Spoiled:
    """A set with seeded faults: the kind of each spoiled file, and the pairs of files that show the same."""

    root: Path
    kinds: dict[str, str] = field(default_factory=dict)
    exact: set[frozenset[str]] = field(default_factory=set)
    near: set[frozenset[str]] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)


@dataclass
class Score:
    """Right, missed and wrongly told ones; `known` of the last truly have the fault, judged by eye."""

    right: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)
    known: int = 0

    @property
    def recall(self) -> float:
        """Part of the seeded ones that was found."""
        return self.right / max(self.right + self.missed, 1)

    def precision(self, raw: bool) -> float:
        """Part of what was told that is right; `raw` counts what was not seeded as wrong, whatever it shows."""
        wrong = len(self.wrong) if raw else len(self.wrong) - self.known
        right = self.right if raw else self.right + self.known
        return right / max(right + wrong, 1)


def measure() -> list[Figure]:
    """All figures of this topic."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            *faults(Path(folder) / "faults"),
            *labels(Path(folder) / "labels"),
            *speed(Path(folder)),
            *scale(),
        ]


def test_pictures() -> list[Path]:
    """Photographs that nothing was fitted on."""
    folder = eval_dir()
    return [
        *sorted((folder / "landmarks/others/test").glob("*.jpg")),
        *sorted((folder / "scenes_15gray").rglob("*.jpg")),
        *sorted((folder / "landmarks/test").rglob("*.jpg"))[::2],
    ]


def spoil(pictures: list[Path], root: Path, seed: int) -> Spoiled:
    """Half of the pictures as they are; the others with one fault each; copies in the other part are leaks."""
    rng = np.random.default_rng(seed)
    made = Spoiled(root)
    ways = [*spoiled.PIXEL_WAYS, "broken", "copy", "near", "near", "leak"]

    def write(name: str, data: bytes, source: Path) -> str:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        made.sources[name] = (
            source.name if source.parent.name == "test" else f"{source.parent.name}/{source.name}"
        )
        return name

    for number, path in enumerate(pictures):
        data, part = path.read_bytes(), "test" if number % 4 == 0 else "train"
        name = f"{part}/{number:04}.jpg"
        way = str(rng.choice(ways)) if rng.random() < 0.5 else ""
        if way == "broken":
            made.kinds[write(name, spoiled.broken(data, rng), path)] = way
            continue
        pixels = np.asarray(Image.open(path).convert("RGB")).copy()
        if way in spoiled.PIXEL_WAYS:
            changed = spoiled.jpeg(spoiled.PIXEL_WAYS[way](pixels, rng), int(rng.integers(70, 96)))
            made.kinds[write(name, changed, path)] = way
            continue
        write(name, data, path)
        if way:
            other = {"test": "train", "train": "test"}[part] if way == "leak" else part
            exact = way == "copy" or (way == "leak" and rng.random() < 0.5)
            copy = data if exact else spoiled.jpeg(spoiled.near(pixels, rng), int(rng.integers(40, 96)))
            second = write(f"{other}/{number:04}_again.jpg", copy, path)
            (made.exact if exact else made.near).add(frozenset((name, second)))
            if way == "leak":
                made.kinds[name if part == "train" else second] = way
    return made


def judged() -> dict[str, set[str]]:
    """Faults that pictures have by nature, by eye: kinds by file."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    with JUDGED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["file"]].add(row["kind"])
    return found


def compare(
    made: Spoiled, told: dict[str, set[str]], pairs: dict[str, set[frozenset[str]]], into: dict[str, Score]
) -> None:
    """Count what a program told of a set: kinds of files, and pairs of files that show the same."""
    natural = judged()
    for kind in (*FOUND_ALONE, "leak"):
        if kind not in into:
            continue
        seeded = {name for name, seen in made.kinds.items() if seen == kind}
        flagged = {name for name, kinds in told.items() if kind in kinds}
        score = into[kind]
        score.right += len(seeded & flagged)
        score.missed += len(seeded - flagged)
        wrong = sorted(flagged - seeded)
        score.wrong += [f"{made.sources[name]}:{kind}" for name in wrong]
        score.known += sum(kind in natural.get(made.sources[name], ()) for name in wrong)
    for kind, seeded_pairs in (("copy", made.exact), ("near", made.near)):
        found = pairs[kind]
        score = into[kind]
        score.right += len(seeded_pairs & found)
        score.missed += len(seeded_pairs - found)
        for pair in sorted(found - seeded_pairs, key=sorted):
            names = sorted(made.sources[name] for name in pair)
            score.wrong.append(f"{'+'.join(names)}:{kind}")
            score.known += "+".join(names) in natural


def ours(found: Cleaned) -> tuple[dict[str, set[str]], dict[str, set[frozenset[str]]]]:
    """What Veduta told."""
    told = {name: {str(fault.kind) for fault in faults} for name, faults in found.faults.items()}
    pairs: dict[str, set[frozenset[str]]] = {"copy": set(), "near": set()}
    for name, faults in found.faults.items():
        for fault in faults:
            if fault.kind in pairs and fault.partner:
                pairs[fault.kind].add(frozenset((name, fault.partner)))
    return told, pairs


# CleanVision's names of the faults that both look for.
THEIRS = {
    "low_information": "plain",
    "blurry": "blurred",
    "dark": "dark",
    "light": "bright",
    "odd_size": "size",
}


def peer(root: Path) -> tuple[dict[str, set[str]], dict[str, set[frozenset[str]]]]:
    """What CleanVision told of the files that it can open, with its own thresholds."""
    from cleanvision import Imagelab

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        readable = [str(path) for path in sorted(root.rglob("*.jpg")) if _opens(path)]
        lab = Imagelab(filepaths=readable)
        lab.find_issues(verbose=False)
    told: defaultdict[str, set[str]] = defaultdict(set)
    table = lab.issues
    for issue in (*THEIRS, "odd_aspect_ratio"):
        column = f"is_{issue}_issue"
        for path in table.index[table[column]] if column in table else ():
            told[Path(path).relative_to(root).as_posix()].add(THEIRS.get(issue, "size"))
    pairs: dict[str, set[frozenset[str]]] = {}
    for kind, name in (("copy", "exact_duplicates"), ("near", "near_duplicates")):
        sets = lab.info.get(name, {}).get("sets", [])
        pairs[kind] = {
            frozenset(Path(p).relative_to(root).as_posix() for p in (a, b))
            for group in sets
            for i, a in enumerate(group)
            for b in group[:i]
        }
    return told, pairs


def _opens(path: Path) -> bool:
    """Whether Pillow opens a file: CleanVision stops at the first one that it does not."""
    try:
        with Image.open(path) as picture:
            picture.load()
    except Exception:  # whatever is wrong with it
        return False
    return True


def faults(folder: Path) -> list[Figure]:
    """Precision and recall of each kind, on pictures that nothing was fitted on."""
    kinds = (*FOUND_ALONE, "copy", "near", "leak")
    scores = {kind: Score() for kind in kinds}
    others = {kind: Score() for kind in kinds if kind not in ("broken", "leak")}
    for seed in SEEDS:
        made = spoil(test_pictures(), folder / str(seed), seed)
        found = clean_set(made.root, folder / f"out{seed}", labels=False)
        compare(made, *ours(found), scores)
        if seed == SEEDS[0]:
            compare(made, *peer(made.root), others)
    figures = []
    for kind, score in scores.items():
        count = score.right + score.missed
        note = f"not seeded but told: {len(score.wrong)}, of which {score.known} have it by eye"
        note += f"; every one of these counted as wrong: {score.precision(raw=True):.3f}"
        if kind in others:
            rival = others[kind]
            note += f"; CleanVision {rival.precision(raw=False):.2f}"
        figures.append(Figure(f"{kind}: precision", score.precision(raw=False), "", 0.95, n=count, note=note))
        note = f"CleanVision {others[kind].recall:.2f}" if kind in others else ""
        figures.append(Figure(f"{kind}: recall", score.recall, "", 0.95, n=count, note=note))
    if os.environ.get("VEDUTA_BENCH_WRONG"):
        for name, times in sorted(Counter(one for score in scores.values() for one in score.wrong).items()):
            print("   told:", name, times)
    return figures


def labels(folder: Path) -> list[Figure]:
    """Every tenth label made wrong: landmarks, and gray scenes of ten classes."""
    figures = []
    embed = Described()
    for name, source in (("landmarks", "landmarks/test"), ("gray scenes", "scenes_15gray")):
        root = folder / name
        files: list[tuple[str, str]] = []
        for path in sorted((eval_dir() / source).rglob("*.jpg")):
            files.append((f"{len(files):04}.jpg", path.parent.name))
            root.mkdir(parents=True, exist_ok=True)
            (root / files[-1][0]).symlink_to(path)
        counts = Counter(label for _, label in files)
        files = [(file, label) for file, label in files if counts[label] >= 6]
        classes = sorted({label for _, label in files})
        right = told = wrong = 0
        rival = Score()
        for seed in LABEL_SEEDS:
            rng = np.random.default_rng(seed)
            bad = set(rng.choice(len(files), round(WRONG * len(files)), replace=False).tolist())
            listed = folder / f"{name}.csv"
            given = {}
            with listed.open("w", encoding="utf-8", newline="") as out:
                rows = csv.writer(out)
                rows.writerow(("file", "label"))
                for number, (file, label) in enumerate(files):
                    others = [one for one in classes if one != label]
                    given[file] = str(rng.choice(others)) if number in bad else label
                    rows.writerow((file, given[file]))
            found = clean_set(root, folder / f"{name} out", listed, embed=embed)
            flagged = {
                file for file, some in found.faults.items() if any(fault.kind == "label" for fault in some)
            }
            seeded = {files[number][0] for number in bad}
            right, told, wrong = right + len(flagged & seeded), told + len(flagged), wrong + len(seeded)
            theirs = label_issues(folder / f"{name} out", root, given)
            rival.right += len(theirs & seeded)
            rival.missed += len(seeded - theirs)
            rival.wrong += sorted(theirs - seeded)
        note = f"{len(files)} pictures of {len(classes)} classes, one label in ten wrong, {len(LABEL_SEEDS)} times"
        note += "; cleanlab 2.9.0 on the same vectors "
        for what, value, rivals, count in (
            ("precision", right / max(told, 1), rival.precision(raw=True), told),
            ("recall", right / wrong, rival.recall, wrong),
        ):
            more = f"{note}{rivals:.2f}"
            figures.append(Figure(f"wrong labels of {name}: {what}", value, "", 0.8, n=count, note=more))
    return figures


def label_issues(out: Path, root: Path, given: dict[str, str]) -> set[str]:
    """Files whose label cleanlab doubts by its defaults, by the vectors that a cleaning left in `out`.

    It is given what logistic regression says of each picture, cross-validated, as its guide shows.
    """
    from cleanlab.filter import find_label_issues
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    with SetState(out / STATE, root) as state:
        paths = dict(state.paths())
        numbers = [number for number in state.with_vectors().tolist() if paths[number] in given]
        vectors = state.vectors(numbers)
    names = sorted(set(given.values()))
    labels = np.array([names.index(given[paths[number]]) for number in numbers])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer pictures than folds
        model = LogisticRegression(C=10, max_iter=500)
        chances = cross_val_predict(model, vectors, labels, cv=5, method="predict_proba")
        doubted = find_label_issues(labels, chances, n_jobs=1)
    return {paths[number] for number, one in zip(numbers, doubted, strict=True) if one}


def speed(folder: Path) -> list[Figure]:
    """Files a second without labels, in turn with CleanVision on the same files; each with all cores."""
    root = folder / "speed"
    root.mkdir()
    for number, path in enumerate(sorted((eval_dir() / "landmarks/test").rglob("*.jpg"))):
        (root / f"{number:04}.jpg").write_bytes(path.read_bytes())
    files = len(list(root.iterdir()))
    spent: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(ROUNDS):
        start = time.perf_counter()
        clean_set(root, folder / f"speed out {turn}", labels=False)
        spent["ours"].append(time.perf_counter() - start)
        start = time.perf_counter()
        peer(root)
        spent["theirs"].append(time.perf_counter() - start)
    start = time.perf_counter()
    clean_set(root, folder / "speed out 0", labels=False)
    again = time.perf_counter() - start
    seconds, theirs = statistics.median(spent["ours"]), statistics.median(spent["theirs"])
    note = (
        f"CleanVision 0.3.7 on the same {files} pictures: {files / theirs:.0f} a second; medians of {ROUNDS}"
    )
    return [
        Figure("pictures a second", files / seconds, "/s", n=files),
        Figure("times faster than CleanVision", theirs / seconds, "x", 1, n=files, note=note),
        Figure("second run: part of the first one's time", again / seconds, "", better="lower", n=files),
    ]


def scale(count: int = MANY, planted: int = PLANTED) -> list[Figure]:
    """Near copies among 100,000 drawn looks, a few of them copies laid otherwise and with noise."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    looks = drawn(count, planted)
    start = time.perf_counter()
    pairs = near_copies(np.arange(count), lambda numbers: looks[np.asarray(numbers)])
    spent = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    found = {(pair.a, pair.b) for pair in pairs}
    truth = {(number, count - planted + number) for number in range(planted)}
    note = f"{planted} planted copies; {len(found - truth)} others told"
    return [
        Figure(
            f"{count:,} looks: near copies found",
            len(found & truth) / planted,
            "",
            0.95,
            n=planted,
            note=note,
        ),
        Figure(f"{count:,} looks: time", spent, "s", better="lower", n=count),
        Figure(
            f"{count:,} looks: memory", grown, "MB", 1500, better="lower", note="100 MB of it are the looks"
        ),
    ]


def drawn(count: int, planted: int) -> NDArray[np.uint8]:
    """Looks (count, CELLS, CELLS) of random waves, long ones stronger as in photographs; the last `planted` are copies
    of the first ones, laid otherwise, with noise.
    """
    from veduta.learn.set_duplicates import laid

    rng = np.random.default_rng(0)
    where = (np.arange(CELLS) + 0.5) * np.pi / CELLS
    base = np.cos(np.arange(16)[:, None] * where).astype(np.float32)
    fall = 1 / (1 + np.hypot(*np.mgrid[:16, :16])).astype(np.float32) ** 1.2
    looks = np.empty((count, CELLS, CELLS), np.uint8)
    for start in range(0, count, 5000):
        size = min(5000, count - start)
        waves = base.T @ (rng.normal(size=(size, 16, 16)).astype(np.float32) * fall) @ base
        looks[start : start + size] = np.clip(waves * (45 / waves.std()) + 128, 0, 255)
    for number in range(planted):
        turned = laid(looks[number], int(rng.integers(0, 8))).astype(np.float32)
        noisy = turned * rng.uniform(0.8, 1.1) + rng.normal(0, 3, turned.shape)
        looks[count - planted + number] = np.clip(noisy, 0, 255)
    return looks


def training() -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Kind ("" for none) and measures of training pictures, as they are and spoiled."""
    rng = np.random.default_rng(5)
    folder = eval_dir() / "landmarks"
    paths = [
        *sorted((folder / "others/train").glob("*"))[::2],
        *sorted((folder / "bank").rglob("*.jpg"))[::7],
    ]
    for path in paths:
        pixels = np.asarray(Image.open(path).convert("RGB")).copy()
        yield "", np.frombuffer(measured(pixels)[0].packed(), np.float32).astype(float)
        for kind in ("blurred", "dark", "bright", "plain"):
            data = spoiled.jpeg(spoiled.PIXEL_WAYS[kind](pixels, rng), int(rng.integers(70, 96)))
            changed = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            yield kind, np.frombuffer(measured(changed)[0].packed(), np.float32).astype(float)


def fit() -> None:
    """Print the weights, and the ranges between which the plain thresholds lie."""
    from dataclasses import fields

    from sklearn.linear_model import LogisticRegression

    from veduta.learn.set_measures import Measures

    rows = list(training())
    kinds, values = np.array([kind for kind, _ in rows]), np.stack([row for _, row in rows])
    column = {one.name: number for number, one in enumerate(fields(Measures))}
    for kind, names in (
        ("blurred", ("reblur", "detail")),
        ("bright", ("mean", "bottom", "clipped", "outline", "burnt", "burnt_outline")),
    ):
        chosen = np.isin(kinds, ("", kind))
        part = values[chosen][:, [column[name] for name in names]]
        if "bottom" in names:
            part[:, names.index("bottom")] **= 3
        mean, spread = part.mean(axis=0), part.std(axis=0)
        made = LogisticRegression(C=10, max_iter=3000).fit((part - mean) / spread, kinds[chosen] == kind)
        slopes = made.coef_[0] / spread
        chances = made.predict_proba((part - mean) / spread)[:, 1]
        for least in (0.5, 0.7, 0.8, 0.85, 0.9):
            rates = [
                float((chances[right] > least).mean())
                for right in (kinds[chosen] == kind, kinds[chosen] == "")
            ]
            print(f"  {least}: found {rates[0]:.4f}, told of others {rates[1]:.4f}")
        print(
            kind,
            names,
            [round(float(w), 2) for w in slopes],
            round(float(made.intercept_[0] - (slopes * mean).sum()), 2),
        )
    for kind, name in (("plain", "structure"), ("dark", "top")):
        with_it, without = (values[kinds == one][:, column[name]] for one in (kind, ""))
        print(kind, name, "at most", with_it.max(), "others at least", without.min())


def learn_contents() -> None:
    """Write the main directions of what training pictures hold, for `veduta.learn.set_look.Described`."""
    from benchmarks.trunk import sights

    folder = eval_dir() / "landmarks"
    paths = [*sorted((folder / "others/train").glob("*")), *sorted((folder / "bank").rglob("*.jpg"))]
    parts = (paths[start : start + 32] for start in range(0, len(paths), 32))
    seen = contents(np.stack([sight.logits for part in parts for sight in sights(part)]))
    mean = seen.mean(axis=0)
    _, _, directions = np.linalg.svd(seen - mean, full_matrices=False)
    CONTENTS.parent.mkdir(exist_ok=True)
    with replacing(CONTENTS) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, mean=mean.astype(np.float32), matrix=directions[:DIRECTIONS].T.astype(np.float16)
        )


if __name__ == "__main__" and sys.argv[1:] == ["fit"]:
    fit()
if __name__ == "__main__" and sys.argv[1:] == ["contents"]:
    learn_contents()
