"""An augmented set as files: pictures, a manifest, labels, the recipe, and a sheet of nine.

The manifest is a journal while the set grows, so that what was interrupted goes on. When all are there it is put in
order, so that it is the same however many worked on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
import simplejpeg

from veduta.errors import BadInput, UnreadableImage, VedutaError
from veduta.files import sweep, write_bytes, write_text
from veduta.image.photo import Pixels
from veduta.image.samples import Samples, eight
from veduta.learn import augment_coco
from veduta.learn.augment_journal import Journal, put
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_sheet import COUNT, sheet
from veduta.learn.augment_targets import Example
from veduta.learn.augmented_set import Augmented, PictureSet
from veduta.progress import Progress, Silent

MANIFEST = "manifest.jsonl"
RECIPE = "recipe.toml"
LABELS = "annotations.json"
SHEET = "preview.png"
MAPS = "maps"
QUALITY = 95
FORMATS = {"jpeg": ".jpg", "png": ".png"}
MOST_COPIES = 10_000
TOGETHER = 8  # copies of a picture made from one reading


class OtherSet(BadInput):
    """A folder that cannot take an augmented set: it holds another one, or the pictures themselves."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a run did: pictures in the set, those written now, and the pictures that could not be used, with why."""

    out: Path
    pictures: int
    written: int
    failed: tuple[tuple[str, str], ...]


def augment(
    pictures: PictureSet,
    recipe: Recipe,
    out: Path,
    copies: int = 4,
    form: str = "jpeg",
    workers: int = 2,
    progress: Progress | None = None,
) -> Made:
    """Write `copies` augmented pictures of each picture of a set to `out`; those that are there already stay.

    Pictures keep their places in the folders, and as PNG their 16 bits where they have them. A bad picture does not
    stop the others. Raises OtherSet.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise OtherSet(f"{copies} copies of each picture: 1 to {MOST_COPIES} are possible")
    if form not in FORMATS:
        raise OtherSet(f"no format {form!r:.20}; there are {', '.join(FORMATS)}")
    if out.resolve() == pictures.folder.resolve():
        raise OtherSet(f"{out}: holds the pictures themselves; name another folder")
    augmented = Augmented(pictures, recipe, deep=form == "png")
    if not (out / MANIFEST).exists():
        _first(augmented, [1])  # nothing is written where no picture can be used
    _begin(pictures, recipe, out, form)
    sweep(out, deep=True)
    journal = Journal(out / MANIFEST)
    stems = _stems(pictures.names)
    wanted = {
        _target(stems[n], copy, form): (n, copy) for n in pictures.names for copy in range(1, copies + 1)
    }
    todo = {target: one for target, one in wanted.items() if target not in journal.lines}
    listener = progress or Silent()
    listener.begin("augmenting", len(todo))
    failed: dict[str, str] = {}
    try:
        for line, name, reason in _worked(augmented, todo, out, workers):
            listener.advance()
            if line is None:
                failed[name] = reason
            else:
                journal.add(line)
    finally:
        listener.end()
        journal.settle()
    kept = journal.close(wanted)
    if pictures.labels is not None:
        rows = ((one["file"], one["width"], one["height"], one["things"]) for one in kept)
        write_bytes(out / LABELS, augment_coco.document(pictures.labels.classes, rows))
    if not (out / SHEET).exists():
        write_bytes(out / SHEET, encoded(nine(augmented, failed), "png"))
    written = sum(target in journal.lines for target in todo)
    return Made(out, len(kept), written, tuple(failed.items()))


def nine(augmented: Augmented, failed: Mapping[str, str] | None = None) -> Pixels:
    """A sheet of the first nine copies of the first picture that can be used."""
    return sheet(_first(augmented, range(1, COUNT + 1), failed or {}))


def _first(augmented: Augmented, copies: Iterable[int], failed: Collection[str] = ()) -> list[Example]:
    """Copies of the first picture that can be used; raises OtherSet where none can."""
    error: Exception | None = None
    for name in augmented.pictures.names:
        if name in failed:
            continue
        try:
            return [augmented.example(name, copy)[0] for copy in copies]
        except (VedutaError, OSError) as found:
            error = error or found
    raise OtherSet(f"{augmented.pictures.folder}: no picture of it can be used: {error or 'all failed'}")


def encoded(pixels: Samples, form: str) -> bytes:
    """A picture as a file of a format."""
    if form == "jpeg":
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(eight(pixels)), QUALITY, "RGB", "444"))
    turned = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    _, data = cv2.imencode(".png", turned, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return bytes(data.tobytes())


def _worked(
    augmented: Augmented, todo: Mapping[str, tuple[str, int]], out: Path, workers: int
) -> Iterator[tuple[dict[str, Any] | None, str, str]]:
    """Lines of the manifest as pictures are written, or the name and why not; a few are worked on ahead."""

    def several(name: str, some: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
        try:
            loaded = augmented.load(name)  # once for all of them
        except OSError as error:
            raise UnreadableImage(name, error.strerror or str(error)) from error
        return [_written(augmented, out, target, name, copy, loaded) for target, copy in some]

    waiting: deque[tuple[Future[list[dict[str, Any]]], str, int]] = deque()
    pool = ThreadPoolExecutor(max(1, workers))
    try:
        for name, some in _together(todo):
            waiting.append((pool.submit(several, name, some), name, len(some)))
            if len(waiting) > 2 * max(1, workers):
                yield from _outcome(*waiting.popleft())
        while waiting:
            yield from _outcome(*waiting.popleft())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _together(todo: Mapping[str, tuple[str, int]]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Copies of the same picture, some at once."""
    for name, rows in groupby(todo.items(), key=lambda row: row[1][0]):
        some = [(target, copy) for target, (_, copy) in rows]
        for start in range(0, len(some), TOGETHER):
            yield name, some[start : start + TOGETHER]


def _written(
    augmented: Augmented, out: Path, target: str, name: str, copy: int, loaded: Example
) -> dict[str, Any]:
    """Write one picture; its line of the manifest."""
    made, mixed = augmented.example(name, copy, loaded)
    put(out / target, encoded(made.pixels, "png" if target.endswith(".png") else "jpeg"))
    line: dict[str, Any] = {"file": target, "source": name, "copy": copy}
    line |= {"seed": augmented.recipe.seed_of(name, copy), "width": made.size[0], "height": made.size[1]}
    if made.classes:
        line["classes"] = {kind: round(share, 6) for kind, share in made.classes.items()}
    if mixed:
        line["mixed_with"] = list(mixed)
    if made.labels is not None:
        line["map"] = f"{MAPS}/{PurePosixPath(target).with_suffix('.png')}"
        put(out / line["map"], encoded(made.labels, "png"))
    if augmented.pictures.labels is not None:
        line["things"] = [augment_coco.plain(thing) for thing in made.things]
    return line


def _outcome(
    future: Future[list[dict[str, Any]]], name: str, count: int
) -> list[tuple[dict[str, Any] | None, str, str]]:
    try:
        return [(line, name, "") for line in future.result()]
    except VedutaError as error:
        reason = str(error)
    except MemoryError:
        reason = "too large for this machine's memory"
    return [(None, name, reason)] * count


def _begin(pictures: PictureSet, recipe: Recipe, out: Path, form: str) -> None:
    """Note what is made, or see that it is what an earlier run made; raises OtherSet."""
    about = (
        f"# {pictures.folder.resolve().as_posix()}, side {pictures.side or 'full'}, {form}\n{recipe.text()}"
    )
    path = out / RECIPE
    if not path.exists():
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OtherSet(f"{out}: is not empty; name a new folder")
        write_text(path, about)
    elif path.read_text(encoding="utf-8") != about:
        raise OtherSet(f"{out}: holds pictures of another recipe or folder; name a new folder, or delete it")


def _stems(names: tuple[str, ...]) -> dict[str, str]:
    """Names without endings, told apart where two differ in nothing else, or only in capitals."""
    stems: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        stem = PurePosixPath(name).with_suffix("").as_posix()
        tried, number = stem, 1
        while tried.casefold() in used:
            number += 1
            tried = f"{stem}-{number}"
        used.add(tried.casefold())
        stems[name] = tried
    return stems


def _target(stem: str, copy: int, form: str) -> str:
    return f"{stem}_{copy:04}{FORMATS[form]}"
