"""Cleaning a picture set: look at each file once, find what is wrong with it, write a list. No file is ever touched."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from veduta.files import replacing
from veduta.learn.set_duplicates import WAYS, Near, groups, near_copies
from veduta.learn.set_faults import KINDS, Fault, fault_of, is_plain
from veduta.learn.set_folder import HELD_OUT, BadSet, Places, set_files
from veduta.learn.set_labels import FEWEST, judge
from veduta.learn.set_look import Described, Embed, look_at_all
from veduta.learn.set_sizes import odd_sizes
from veduta.learn.set_state import SetState
from veduta.progress import Progress, Silent

STATE = "set.sqlite"
LIST = "faults.csv"
DETAILS = "faults.json"
FIELDS = ("file", "kind", "suggestion", "score", "why", "partner", "class", "part")


@dataclass
class Cleaned:
    """What a cleaning found.

    `faults` are those of each picture that has some, by path; `sizes` the width and height of these where they can be
    read. `notes` are remarks for a person. Paths are relative to `root`, with "/" between names.
    """

    root: Path
    pictures: int = 0
    looked_at: int = 0
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    groups: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many pictures have a fault of each kind."""
        found = Counter(fault.kind for faults in self.faults.values() for fault in faults)
        return {kind: found[kind] for kind in KINDS}

    def suggested(self, path: str) -> str:
        """What is suggested for a picture: "drop" or "keep"."""
        return "drop" if any(fault.drop for fault in self.faults.get(path, ())) else "keep"


def clean_set(
    root: Path,
    out: Path,
    listed: Path | None = None,
    labels: bool = True,
    progress: Progress | None = None,
    embed: Embed | None = None,
    threads: int | None = None,
) -> Cleaned:
    """Find what is wrong with the pictures below `root`, and write LIST and DETAILS to the folder `out`.

    `listed` is a CSV file with classes or parts of the pictures; else folder names tell them. With `labels`, pictures
    of classes are described by a network (`embed`, default the packaged one), and labels are doubted. What was looked
    at is kept in `out`: a later call looks at new and changed files only. Raises BadSet for a folder without pictures,
    ModelUnavailable where the network is needed and was not pulled.
    """
    progress = progress or Silent()
    root = root.absolute()
    if out.absolute().is_relative_to(root):
        raise BadSet(f"{out}: lies in the set itself; give a folder elsewhere")
    places = Places(root, listed)
    files = set_files(root)
    first = next(files, None)
    if first is None:
        raise BadSet(f"{root}: no pictures in it")
    with SetState(out / STATE, root) as state:
        count = state.enlist(_chained(first, files))
        paths = dict(state.paths())
        wanted = labels and _has_classes(paths, places)
        if wanted:
            embed = embed or Described()
            state.demand_vectors()
        found = Cleaned(root, count, state.open_count())
        look_at_all(state, root, embed if wanted else None, progress, threads)
        faults: defaultdict[int, list[Fault]] = defaultdict(list)
        for number, why in state.broken():
            faults[number].append(Fault("broken", 1.0, why))
        sharp = []
        for number, measures in state.measures():
            fault = fault_of(measures)
            if fault is not None:
                faults[number].append(fault)
            if not is_plain(measures):
                sharp.append(number)
        sizes = state.sizes()
        for number, fault in odd_sizes(sizes):
            faults[number].append(fault)
        families = _copies(state, paths, places, set(sharp), faults, found, progress)
        if wanted:
            _labels(state, paths, places, families, getattr(embed, "widths", ()), faults, found)
        area = {number: (width, height) for number, width, height in sizes.tolist() if number in faults}
    order = list(KINDS)
    for number in sorted(faults, key=lambda n: paths[n]):
        found.faults[paths[number]] = sorted(faults[number], key=lambda fault: order.index(fault.kind))
        if number in area:
            found.sizes[paths[number]] = area[number]
    write_list(found, places, out)
    return found


def _chained(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def _has_classes(paths: dict[int, str], places: Places) -> bool:
    """Whether at least two classes have enough pictures to be judged."""
    counts = Counter(label for path in paths.values() if (label := places(path).label))
    return sum(count >= FEWEST for count in counts.values()) >= 2


def _copies(
    state: SetState,
    paths: dict[int, str],
    places: Places,
    telling: set[int],
    faults: defaultdict[int, list[Fault]],
    found: Cleaned,
    progress: Progress,
) -> dict[int, int]:
    """Tell copies, near copies and leaks; returns the family (a number) of each picture that has copies.

    Of a family the picture of a held-out part is kept before one to train on, one without faults before others, then
    the largest, then the first by path.
    """
    exact = list(state.copies())
    same: dict[int, int] = {number: group[0] for group in exact for number in group}
    numbers = state.first_copies()
    numbers = numbers[[int(number) in telling for number in numbers]] if len(numbers) else numbers
    pairs = near_copies(numbers, state.cells, progress)
    how = {(pair.a, pair.b): pair for pair in pairs}
    joined = groups([*((group[0], other) for group in exact for other in group[1:]), *how])
    area = {number: width * height for number, width, height in state.sizes().tolist()}
    families: dict[int, int] = {}
    for family in joined:
        family.sort(
            key=lambda n: (
                places(paths[n]).part not in HELD_OUT,
                bool(faults.get(n)),
                -area.get(n, 0),
                paths[n],
            )
        )
        best = family[0]
        families.update(dict.fromkeys(family, best))
        found.groups.append([paths[number] for number in family])
        held = [number for number in family if places(paths[number]).part in HELD_OUT]
        classes = sorted({label for number in family if (label := places(paths[number]).label)})
        for number in family:
            if number != best:
                fault = _copy(number, best, family, same, how, paths)
                # Copies under different classes: which of them is sorted right only a person can tell.
                apart = places(paths[number]).label != places(paths[best]).label
                faults[number].append(replace(fault, drop=False) if apart else fault)
            place = places(paths[number])
            if held and place.part and number not in held:
                other = paths[held[0]]
                faults[number].append(Fault("leak", 1.0, f"also in {places(other).part}", partner=other))
            if len(classes) > 1:
                others = ", ".join(label for label in classes if label != place.label)
                faults[number].append(
                    Fault("label", 1.0, f"the same picture also stands under {others}", drop=False)
                )
    return families


def _copy(
    number: int,
    best: int,
    family: list[int],
    same: dict[int, int],
    how: dict[tuple[int, int], Near],
    paths: dict[int, str],
) -> Fault:
    """What makes a picture a copy: of the best one of its family, if both were compared, else of another one."""
    twin = next((n for n in family if n != number and same.get(n, n) == same.get(number, number)), None)
    if twin is not None and family.index(twin) < family.index(number):
        return Fault("copy", 1.0, "the same file", partner=paths[twin])
    own = same.get(number, number)
    for other in family:
        first, second = sorted((own, same.get(other, other)))
        pair = how.get((first, second))
        if pair is not None:
            way = f", {WAYS[pair.way]}" if WAYS[pair.way] else ""
            partner = best if other == best else other
            return Fault("near", pair.agreement, f"the same picture{way}", partner=paths[partner])
    return Fault("near", 0.9, "the same picture", partner=paths[best])


def _labels(
    state: SetState,
    paths: dict[int, str],
    places: Places,
    families: dict[int, int],
    widths: Sequence[int],
    faults: defaultdict[int, list[Fault]],
    found: Cleaned,
) -> None:
    """Tell doubtful labels of the pictures that nothing else is wrong with."""
    numbers = [
        n for n in state.with_vectors().tolist() if not any(f.kind != "near" for f in faults.get(n, ()))
    ]
    if not numbers:
        return
    family = np.array([families.get(n, n) for n in numbers], np.int64)
    judged = judge(state.vectors(numbers), [places(paths[n]).label for n in numbers], family, widths)
    if judged.judged and not judged.telling:
        share = round(100 * judged.agreement)
        found.notes.append(
            f"classes cannot be told by looks ({share} % are recognized): labels were not judged"
        )
    if judged.unjudged:
        few = len(judged.unjudged)
        found.notes.append(f"{few} classes have fewer than {FEWEST} pictures: their labels were not judged")
    for doubt in judged.doubts:
        label = places(paths[numbers[doubt.row]]).label
        why = f"looks like {doubt.looks_like} ({round(100 * doubt.chance)} %), not {label}"
        faults[numbers[doubt.row]].append(Fault("label", 1 - doubt.own / doubt.chance, why, drop=False))


def write_list(found: Cleaned, places: Places, out: Path) -> None:
    """Write the faults as LIST (one line each) and as DETAILS (JSON)."""
    with (
        replacing(out / LIST) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(FIELDS)
        for path, faults in found.faults.items():
            place = places(path)
            for fault in faults:
                suggestion = "drop" if fault.drop else "look"
                rows.writerow(
                    (
                        path,
                        fault.kind,
                        suggestion,
                        f"{fault.score:.3f}",
                        fault.why,
                        fault.partner or "",
                        place.label,
                        place.part,
                    )
                )
    with replacing(out / DETAILS) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(
            json.dumps(
                {
                    "root": str(found.root),
                    "pictures": found.pictures,
                    "counts": found.counts(),
                    "notes": found.notes,
                }
            )[:-1]
        )
        file.write(', "faults": [')
        for number, (path, faults) in enumerate(found.faults.items()):
            file.write(",\n" if number else "\n")
            file.write(
                json.dumps(
                    {"file": path, "suggestion": found.suggested(path), "faults": [asdict(f) for f in faults]}
                )
            )
        file.write("\n]}\n")
