"""A folder of pictures prepared: arrays or pictures of 16 bits, and a manifest with the statistics of the set."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import UnreadableImage
from veduta.files import replacing, sweep, write_text
from veduta.image import deep
from veduta.image.histogram import Samples
from veduta.image.spaces import as_codes
from veduta.learn.preparation import BadPreparation, Preparation, Statistics, bands
from veduta.progress import Progress, Silent

MANIFEST = "manifest.json"
THREADS, BATCH = 2, 16
KEPT_EVERY = 256  # pictures after which the manifest is written, so that an interrupted run can go on

Format = Literal["npy", "png"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run made: the manifest, how many pictures are new and were there, and (path, reason) of those refused.

    `removed`: files of an earlier run that are no part of this set. `left`: such that were changed since, and stay.
    """

    manifest: Path
    made: int
    already: int
    failed: list[tuple[Path, str]]
    statistics: Statistics | None
    removed: int = 0
    left: tuple[Path, ...] = ()


def targets(root: Path, paths: Sequence[Path], suffix: str) -> dict[Path, Path]:
    """Where each picture under `root` goes, relative to the output folder; no two to one place."""
    used: set[str] = {MANIFEST}
    made: dict[Path, Path] = {}
    for path in paths:
        inside = path.relative_to(root)
        target, number = inside.with_name(f"{path.stem}.{suffix}"), 1
        while str(target).lower() in used:
            number += 1
            target = inside.with_name(f"{path.stem}-{number}.{suffix}")
        used.add(str(target).lower())
        made[path] = target
    return made


def read_statistics(manifest: Path) -> Statistics:
    """The statistics of an earlier set, such as the one to train on; raises BadPreparation."""
    try:
        return Statistics.from_json(json.loads(manifest.read_text("utf-8"))["statistics"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadPreparation(f"{manifest}: no manifest with statistics of a set") from error


def prepare_set(
    root: Path,
    paths: Sequence[Path],
    out: Path,
    preparation: Preparation,
    form: Format = "npy",
    statistics: Statistics | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Prepare the pictures of `root` into `out`; what an earlier run made of the same pictures alike stays.

    What it made otherwise, or of pictures that are gone, is removed, as its manifest tells. `statistics`: those of
    another set, instead of this one's. Pictures that cannot be read are left out and told.
    Raises BadPreparation.
    """
    if form == "png" and not preparation.keeps_range:
        raise BadPreparation("PNG holds no values below 0 or of other ranges: use npy for these")
    progress = progress or Silent()
    failed: dict[Path, str] = {}
    if preparation.standardize == "set" and statistics is None:
        statistics = _measured(paths, preparation, failed, progress)
    recipe = {**preparation.as_json(), "format": form}
    told = None if statistics is None else statistics.as_json()
    places = targets(root, paths, form)
    before = _earlier(out / MANIFEST, recipe, told)
    if out.is_dir():
        sweep(out, deep=True)
    rows: dict[str, dict[str, Any]] = {}
    todo: list[Path] = []
    for path in paths:
        row = before.get(str(places[path]))
        if row is not None and row["source"] == _state(root, path) and (out / places[path]).is_file():
            rows[str(places[path])] = row
        elif path not in failed:
            todo.append(path)
    already = len(rows)
    former, since = _former(out / MANIFEST)

    def one(path: Path) -> dict[str, Any] | str:
        try:
            state = _state(root, path)
            codes = preparation.codes(deep.read(path))
            made = _made(codes, preparation, form, statistics)
            _write(made, out / places[path])
        except UnreadableImage as error:
            return error.reason
        except OSError as error:
            return error.strerror or str(error)
        return {
            "file": str(places[path]),
            "source": state,
            "shape": list(made.shape),
            "kind": str(made.dtype),
        }

    progress.begin("preparing pictures", len(todo))
    for path, row in _side_by_side(one, todo):
        progress.advance()
        if isinstance(row, str):
            failed[path] = row
        else:
            rows[row["file"]] = row
            if (len(rows) - already) % KEPT_EVERY == 0:
                _keep(out / MANIFEST, recipe, told, rows, former - rows.keys())
    progress.end()
    removed: int = 0
    left: tuple[Path, ...] = ()
    if rows:
        removed, left = _cleared(out, former - rows.keys(), since)
        _keep(out / MANIFEST, recipe, told, rows)
    made = len(rows) - already
    return Prepared(out / MANIFEST, made, already, sorted(failed.items()), statistics, removed, left)


def _measured(
    paths: Sequence[Path], preparation: Preparation, failed: dict[Path, str], progress: Progress
) -> Statistics | None:
    """The statistics of all pictures that can be read; None where there is none."""

    def one(path: Path) -> Statistics | str:
        try:
            return preparation.measured(preparation.codes(deep.read(path)))
        except UnreadableImage as error:
            return error.reason
        except OSError as error:
            return error.strerror or str(error)

    whole = Statistics()
    progress.begin("measuring the set", len(paths))
    for path, found in _side_by_side(one, paths):
        progress.advance()
        if isinstance(found, str):
            failed[path] = found
        else:
            whole.merge(found)
    progress.end()
    return whole if whole.count else None


def _side_by_side(work: Any, paths: Sequence[Path]) -> Iterator[tuple[Path, Any]]:
    """Each path with what `work` makes of it, in order; a few at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(paths), BATCH):
            some = paths[first : first + BATCH]
            yield from zip(some, pool.map(work, some), strict=True)


def _made(
    codes: Samples, preparation: Preparation, form: Format, statistics: Statistics | None
) -> NDArray[Any]:
    """What is written: codes of their own depth where they are still codes, else numbers, or 16 bits for PNG."""
    if preparation.keeps_range and preparation.space in ("rgb", "gray"):
        return codes
    if form == "npy":
        return preparation.finished(codes, statistics)
    made = [as_codes(preparation.values(codes[rows]), preparation.space) for rows in bands(codes)]
    return np.concatenate(made)


def _write(made: NDArray[Any], target: Path) -> None:
    with replacing(target) as temporary:
        if target.suffix == ".npy":
            with temporary.open("wb") as file:
                np.save(file, made)
            return
        ordered = made[..., ::-1] if made.ndim == 3 and made.shape[2] == 3 else made
        good, data = cv2.imencode(".png", np.ascontiguousarray(ordered))
        if not good:
            raise OSError(f"{target.name}: cannot be written as PNG")
        temporary.write_bytes(data.tobytes())


def _state(root: Path, path: Path) -> dict[str, Any]:
    """What tells whether a picture is still the same."""
    told = path.stat()
    return {"path": str(path.relative_to(root)), "bytes": told.st_size, "changed": told.st_mtime_ns}


def _earlier(manifest: Path, recipe: dict[str, Any], statistics: Any) -> dict[str, dict[str, Any]]:
    """The rows of an earlier run of the same recipe."""
    try:
        told = json.loads(manifest.read_text("utf-8"))
        if told["recipe"] != recipe or told["statistics"] != statistics:
            return {}
        return {row["file"]: row for row in told["pictures"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _former(manifest: Path) -> tuple[set[str], int]:
    """The files that earlier runs wrote, of whatever recipe, and when they were told of (nanoseconds)."""
    try:
        told = json.loads(manifest.read_text("utf-8"))
        names = {str(row["file"]) for row in told["pictures"]} | {str(one) for one in told.get("former", ())}
        return names, manifest.stat().st_mtime_ns
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set(), 0


def _cleared(out: Path, names: set[str], since: int) -> tuple[int, tuple[Path, ...]]:
    """Remove files that earlier runs wrote; how many, and those that were changed since and so stay."""
    removed, left = 0, []
    for name in sorted(names):
        path, parts = out / name, Path(name).parts
        own = Path(name).suffix in (".npy", ".png") and not Path(name).is_absolute() and ".." not in parts
        if not own or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_mtime_ns > since:
            left.append(path)
            continue
        path.unlink()
        removed += 1
        with suppress(OSError):  # others have something in it
            for folder in path.relative_to(out).parents[:-1]:
                (out / folder).rmdir()
    return removed, tuple(left)


def _keep(
    manifest: Path,
    recipe: dict[str, Any],
    statistics: Any,
    rows: dict[str, dict[str, Any]],
    former: Collection[str] = (),
) -> None:
    """Write the manifest; `former`: files of earlier runs that are still to be removed."""
    told = {"recipe": recipe, "statistics": statistics, "pictures": [rows[name] for name in sorted(rows)]}
    if former:
        told["former"] = sorted(former)
    write_text(manifest, json.dumps(told, indent=1) + "\n")
