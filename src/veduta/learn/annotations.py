"""Annotations: pictures labeled by people for training, in a project of its own folder.

Boxes are kept in pixels of the upright picture, in thousandths: so that every format gives back what it was given.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from veduta.errors import BadInput, NotFound
from veduta.see.finding import Box

FILE = "annotations.db"
COLORS = ("#e8590c", "#1971c2", "#2f9e44", "#9c36b5", "#f08c00", "#0c8599", "#c2255c", "#5f3dc4")
_NAME = re.compile(r"[^\W_][\w .-]{0,99}")
_TABLES = """
CREATE TABLE IF NOT EXISTS classes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, color TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS images (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL UNIQUE,
    width INTEGER NOT NULL, height INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS looks (
    image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE, annotator TEXT NOT NULL,
    done INTEGER NOT NULL, PRIMARY KEY (image_id, annotator)
);
CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY, image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
    annotator TEXT NOT NULL, class_id INTEGER NOT NULL REFERENCES classes(id),
    x REAL NOT NULL, y REAL NOT NULL, w REAL NOT NULL, h REAL NOT NULL,
    mask TEXT, origin TEXT NOT NULL, score REAL
);
CREATE INDEX IF NOT EXISTS items_of_image ON items (image_id, annotator);
"""


class BadAnnotation(BadInput):
    """Annotations that make no sense, or a project that cannot be made or changed so."""


class InUse(BadAnnotation):
    """A class or project that is needed as it is."""


@dataclass(frozen=True, slots=True)
class Class:
    """What things are called."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture to label; `source` tells where it comes from (`photo:5`, or a path)."""

    id: int
    name: str
    source: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Item:
    """A thing in a picture: its box (x, y, width, height) in pixels, perhaps a mask as run-length encoding."""

    class_id: int
    box: Box
    mask: Mapping[str, Any] | None = None
    origin: str = "hand"  # hand | suggested
    score: float | None = None
    id: int = 0


class Project:
    """The annotations in a folder; every change is written at once, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @staticmethod
    def place(parent: Path, name: str) -> Path:
        """The folder of a project in the folder of all; raises BadAnnotation for a name that leads elsewhere."""
        if not _NAME.fullmatch(name):
            raise BadAnnotation(f"{name!r:.60}: a project's name has letters, digits, spaces, . _ and -")
        return parent / name

    @classmethod
    def create(cls, folder: Path, classes: Sequence[str] = ()) -> Project:
        """Make a project in a folder that does not exist yet; raises InUse and BadAnnotation."""
        if not _NAME.fullmatch(folder.name):
            raise BadAnnotation(
                f"{folder.name!r:.60}: a project's name has letters, digits, spaces, . _ and -"
            )
        if folder.exists():
            raise InUse(f"{folder.name}: there is a project of this name already")
        folder.mkdir(parents=True)
        project = cls(folder)
        with project._writing() as db:
            db.executescript(_TABLES)
        project.set_classes([{"name": name} for name in classes])
        return project

    @classmethod
    def open(cls, folder: Path) -> Project:
        """The project in a folder; raises NotFound."""
        if not _NAME.fullmatch(folder.name) or not (folder / FILE).is_file():
            raise NotFound(f"there is no project {folder.name!r:.60}")
        return cls(folder)

    def delete(self) -> None:
        """Take the project away with all its annotations; the pictures stay."""
        shutil.rmtree(self.folder)

    def classes(self) -> list[Class]:
        """All classes, in order of their numbers."""
        with self._reading() as db:
            return [Class(*row) for row in db.execute("SELECT id, name, color FROM classes ORDER BY id")]

    def set_classes(self, wanted: Sequence[Mapping[str, Any]]) -> list[Class]:
        """Make the classes those given: with `id` an old one, perhaps renamed; without, a new one.

        Raises InUse where one that is left out is used, BadAnnotation, NotFound.
        """
        names = [str(one.get("name", "")).strip() for one in wanted]
        if any(not name or len(name) > 100 for name in names) or len(set(names)) != len(names):
            raise BadAnnotation("classes need names of 1 to 100 letters, each another")
        old = {one.id: one for one in self.classes()}
        kept = [int(one["id"]) for one in wanted if one.get("id") is not None]
        if set(kept) - old.keys() or len(set(kept)) != len(kept):
            raise NotFound("there is no class of that number")
        with self._writing() as db:
            for number in old.keys() - set(kept):
                if db.execute("SELECT 1 FROM items WHERE class_id = ?", (number,)).fetchone():
                    raise InUse(f"{old[number].name}: things are labeled so; label them otherwise first")
                db.execute("DELETE FROM classes WHERE id = ?", (number,))
            for number in kept:  # out of the way: two may have changed names with each other
                db.execute("UPDATE classes SET name = ? WHERE id = ?", (f"\0{number}", number))
            for place, (one, name) in enumerate(zip(wanted, names, strict=True)):
                given = one.get("id")
                before = None if given is None else old[int(given)].color
                color = str(one.get("color") or before or COLORS[place % len(COLORS)])
                if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
                    raise BadAnnotation(f"{color!r:.20} is no color such as {COLORS[0]}")
                if given is None:
                    db.execute("INSERT INTO classes (name, color) VALUES (?, ?)", (name, color))
                else:
                    db.execute(
                        "UPDATE classes SET name = ?, color = ? WHERE id = ?", (name, color, int(given))
                    )
        return self.classes()

    def add_images(self, wanted: Iterable[tuple[str, str, int, int]]) -> int:
        """Add pictures (name, source, width, height), each source once; how many were new."""
        added = 0
        with self._writing() as db:
            # Told apart without their endings: some formats name files after pictures so.
            used = {PurePath(row[0]).stem.casefold() for row in db.execute("SELECT name FROM images")}
            for name, source, width, height in wanted:
                if db.execute("SELECT 1 FROM images WHERE source = ?", (source,)).fetchone():
                    continue
                free, number = name, 1
                while PurePath(free).stem.casefold() in used:
                    number += 1
                    free = f"{PurePath(name).stem} ({number}){PurePath(name).suffix}"
                db.execute(
                    "INSERT INTO images (name, source, width, height) VALUES (?, ?, ?, ?)",
                    (free, source, width, height),
                )
                used.add(PurePath(free).stem.casefold())
                added += 1
        return added

    def images(self) -> list[Image]:
        """All pictures, in the order in which they were added."""
        with self._reading() as db:
            query = "SELECT id, name, source, width, height FROM images ORDER BY id"
            return [Image(*row) for row in db.execute(query)]

    def image(self, image_id: int) -> Image:
        """A picture; raises NotFound."""
        with self._reading() as db:
            query = "SELECT id, name, source, width, height FROM images WHERE id = ?"
            row = db.execute(query, (image_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no picture {image_id} in {self.name}")
        return Image(*row)

    def remove_image(self, image_id: int) -> None:
        """Take a picture out, with its labels; its file stays. Raises NotFound."""
        self.image(image_id)
        with self._writing() as db:
            db.execute("DELETE FROM images WHERE id = ?", (image_id,))

    def annotators(self) -> list[str]:
        """Who has labeled something."""
        with self._reading() as db:
            return [row[0] for row in db.execute("SELECT DISTINCT annotator FROM looks ORDER BY annotator")]

    def done(self, annotator: str | None = None) -> set[int]:
        """The pictures that an annotator (None: anybody) is done with."""
        with self._reading() as db:
            query = "SELECT image_id FROM looks WHERE done AND (? IS NULL OR annotator = ?)"
            return {row[0] for row in db.execute(query, (annotator, annotator))}

    def items(self, annotator: str | None = None, image_id: int | None = None) -> dict[int, list[Item]]:
        """What was labeled, by picture; of one annotator or all, in one picture or all."""
        query = (
            "SELECT image_id, class_id, x, y, w, h, mask, origin, score, id FROM items"
            " WHERE (? IS NULL OR annotator = ?) AND (? IS NULL OR image_id = ?) ORDER BY image_id, id"
        )
        found: dict[int, list[Item]] = {}
        with self._reading() as db:
            for row in db.execute(query, (annotator, annotator, image_id, image_id)):
                mask = None if row[6] is None else json.loads(row[6])
                found.setdefault(row[0], []).append(Item(row[1], row[2:6], mask, *row[7:]))
        return found

    def label(self, image_id: int, annotator: str, items: Sequence[Item], done: bool) -> list[Item]:
        """Put what an annotator sees in a picture in place of what was there; raises NotFound, BadAnnotation."""
        annotator = annotator.strip()
        if not annotator or len(annotator) > 100:
            raise BadAnnotation("an annotator's name has 1 to 100 letters")
        image = self.image(image_id)
        known = {one.id for one in self.classes()}
        wanted = [checked(item, image, known) for item in items]
        with self._writing() as db:
            db.execute("DELETE FROM items WHERE image_id = ? AND annotator = ?", (image_id, annotator))
            db.execute("REPLACE INTO looks VALUES (?, ?, ?)", (image_id, annotator, done))
            db.executemany(
                "INSERT INTO items (image_id, annotator, class_id, x, y, w, h, mask, origin, score)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (image_id, annotator, one.class_id, *one.box, _text(one.mask), one.origin, one.score)
                    for one in wanted
                ],
            )
        return self.items(annotator, image_id).get(image_id, [])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.folder / FILE, timeout=30)
        try:
            db.execute("PRAGMA foreign_keys = ON")
            yield db
        except sqlite3.Error as error:
            raise BadAnnotation(f"{self.name}: the annotations cannot be read or written: {error}") from error
        finally:
            db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, db:  # committed at the end, or undone
            yield db


def checked(item: Item, image: Image, classes: set[int]) -> Item:
    """The item as it is kept, in thousandths of a pixel; raises BadAnnotation."""
    if item.class_id not in classes:
        raise BadAnnotation(f"there is no class {item.class_id}")
    x, y, w, h = (round(float(v), 3) for v in item.box)
    if not (
        w > 0 and h > 0 and x >= 0 and y >= 0 and x + w <= image.width + 0.01 and y + h <= image.height + 0.01
    ):
        raise BadAnnotation(
            f"the box {x:g}, {y:g}, {w:g}, {h:g} is not within the picture of {image.width} x {image.height} pixels"
        )
    if item.origin not in ("hand", "suggested"):
        raise BadAnnotation(f"an item comes from hand or is suggested, not {item.origin!r:.40}")
    if item.mask is not None:
        from veduta.see.mask import decode

        decode(item.mask)
    return replace(item, box=(x, y, w, h))


def _text(mask: Mapping[str, Any] | None) -> str | None:
    return None if mask is None else json.dumps(dict(mask), separators=(",", ":"))
