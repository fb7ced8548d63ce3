"""What a bank is made of: folders, tables, or the layout of Google Landmarks; each a stream of photos and problems."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from veduta.image.formats import PHOTO_SUFFIXES
from veduta.landmarks.bank import BankError
from veduta.landmarks.landmark import Landmark

OTHERS = frozenset({"others", "_others", "non_landmarks"})
"""Folders at the top that hold photos without landmarks."""
SPLITS = frozenset({"train", "training", "test", "val", "validation", "valid", "calibration"})
_LEVELS = ("city", "country", "region")  # from the landmark upwards
_FILE = ("file", "path", "image", "photo", "filename")
_ID = ("landmark", "id", "landmark_id", "label")
_LATITUDE = ("latitude", "lat", "gps_lat")
_LONGITUDE = ("longitude", "lon", "lng", "long", "gps_lon")


@dataclass(frozen=True, slots=True)
class Listed:
    """A photo of a source; landmark "" means that it shows none."""

    path: str
    landmark: str
    split: str = "train"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a source that was left out, and why."""

    what: str
    reason: str


Item = Landmark | Listed | Problem
Facts = Mapping[str, Mapping[str, str]]


def slug(text: str) -> str:
    """A name as it is compared: one Unicode form, case and spaces do not count; letters of any script stay."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", text).casefold()).strip("_")


def table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file with lower-case column names; raises BankError where it cannot be read as one."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            start = file.read(4096)
            file.seek(0)
            separator = max(",;\t", key=start.partition("\n")[0].count)
            rows = csv.DictReader(file, delimiter=separator)
            for row in rows:
                yield {key.strip().lower(): (value or "").strip() for key, value in row.items() if key}
    except UnicodeDecodeError as error:
        raise BankError(
            f"{path.name}: not a table in UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error
    except OSError as error:
        raise BankError(f"{path}: cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise BankError(f"{path.name}: cannot be read as a table: {error}") from error


def facts_of(path: Path) -> dict[str, dict[str, str]]:
    """What a table tells of each landmark, by its id; raises BankError without a column for it."""
    found: dict[str, dict[str, str]] = {}
    for row in table(path):
        found[_first(row, _ID) or slug(row.get("name", ""))] = row
    if found and set(found) == {""}:
        raise BankError(f"{path.name}: needs a column `landmark` with the folder's name of each landmark")
    return found


def from_folders(root: Path, facts: Facts) -> Iterator[Item]:
    """Photos in folders region/country/city/landmark, or fewer levels; `others` at the top holds none.

    A folder with photos, or without anything, is a landmark; a level called train, test... parts the photos.
    Landmarks whose folders have one name in several places are told apart by city, country and region.
    """
    folders = [(folder, _placed(folder)) for folder in _walk(root)]
    ids = _distinct({place for _, place in folders if place})
    normal = {slug(key): row for key, row in facts.items()}
    told = set()
    for folder, place in folders:
        if place is None:
            # Nobody can tell which landmark photos show that lie in a folder of folders.
            if folder.photos:
                reason = f"{folder.photos} photos lie beside folders of landmarks, not in one; left out"
                yield Problem(folder.path, reason)
            continue
        label = ids[place] if place else ""
        if place and label not in told:
            told.add(label)
            levels = dict(zip(_LEVELS, reversed(place[:-1]), strict=False))
            row = facts.get(label) or facts.get(place[-1]) or normal.get(slug(place[-1])) or {}
            yield from _landmark(label, _title(place[-1]), levels, row)
        yield from _photos(folder.path, label, _part(folder))


def from_table(path: Path) -> Iterator[Item]:
    """Photos of a CSV file: a column for the file (relative to the table), one for the landmark or its name,
    and, where known, name, city, country, region, latitude, longitude, kind, frequency and split.
    """
    told: set[str] = set()
    empty = True
    for number, row in enumerate(table(path), 2):
        empty = False
        file = _first(row, _FILE)
        if not file:
            yield Problem(f"{path.name}, line {number}", "names no file")
            continue
        label = _first(row, _ID) or slug(row.get("name", ""))
        label = unicodedata.normalize("NFC", label)
        if label and label not in told:
            told.add(label)
            yield from _landmark(label, _title(label), {}, row)
        yield Listed(os.path.abspath(path.parent / file), label, row.get("split") or "train")  # noqa: PTH100
    if empty:
        raise BankError(f"{path.name}: the table has no rows")


def from_google(root: Path, facts: Facts) -> Iterator[Item]:
    """Photos of Google Landmarks v2: train.csv (id, url, landmark_id), label_to_category.csv, a/b/c/ID.jpg.

    Weyand, Araujo, Cao and Sim 2020, arXiv 2004.01804. Photos may lie beside the table or in train/; rows whose
    photo was not downloaded are counted, not kept.
    """
    listing = next((p for p in (root / "train.csv", root / "train/train.csv") if p.is_file()), None)
    if listing is None:
        raise BankError(f"{root}: holds no train.csv; the layout of Google Landmarks v2 has one")
    names: dict[str, str] = {}
    categories = listing.parent / "label_to_category.csv"
    if categories.is_file():
        for row in table(categories):
            name = unquote(row.get("category", "")).rpartition("Category:")[2]
            names[row.get("landmark_id", "")] = name.replace("_", " ")
    else:
        yield Problem(categories.name, "is missing: landmarks are named by their numbers")
    places = [p for p in (root / "train", root) if p.is_dir()]
    told: set[str] = set()
    absent = 0
    for row in table(listing):
        photo, label = row.get("id", ""), row.get("landmark_id", "")
        if len(photo) < 3 or not label:
            yield Problem(listing.name, f"a row without id or landmark_id: {row}")
            continue
        if label not in told:
            told.add(label)
            yield from _landmark(label, names.get(label, label), {}, facts.get(label, {}))
        inside = f"{photo[0]}/{photo[1]}/{photo[2]}/{photo}.jpg"
        file = next((place / inside for place in places if (place / inside).is_file()), None)
        if file is None:
            absent += 1
        else:
            yield Listed(str(file.absolute()), label)
    if absent:
        yield Problem(listing.name, f"{absent} of its photos are not there (not downloaded?)")


def _landmark(label: str, name: str, levels: Mapping[str, str], row: Mapping[str, str]) -> Iterator[Item]:
    """A landmark with what a table tells of it, and what is wrong with that."""
    latitude, longitude, wrong = coordinates(_first(row, _LATITUDE), _first(row, _LONGITUDE))
    if wrong:
        yield Problem(label, wrong)
    kind = row.get("kind", "")
    country, city, region = (
        row.get(level) or levels.get(level, "") for level in ("country", "city", "region")
    )
    yield Landmark(
        label,
        row.get("name") or name,
        country,
        city,
        region,
        latitude,
        longitude,
        kind if kind in ("built", "natural") else "",  # type: ignore[arg-type]
        row.get("frequency", ""),
    )


def coordinates(latitude: str, longitude: str) -> tuple[float | None, float | None, str]:
    """Degrees from text, and what is wrong with it; both None where one is missing or impossible."""
    if not latitude and not longitude:
        return None, None, ""
    try:
        there = float(latitude.replace(",", ".")), float(longitude.replace(",", "."))
    except ValueError:
        return None, None, f"coordinates are not numbers: {latitude!r}, {longitude!r}"
    if not (abs(there[0]) <= 90 and abs(there[1]) <= 180):
        return None, None, f"coordinates are not on Earth: {latitude}, {longitude}"
    if there == (0.0, 0.0):
        return None, None, "coordinates 0, 0 mean that nobody knew them"
    return *there, ""


def _first(row: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((row[key] for key in keys if row.get(key)), "")


def _title(folder: str) -> str:
    """A folder's name as a person would write it; scripts without case stay as they are."""
    text = " ".join(folder.replace("_", " ").split())
    return text.title() if text == text.lower() else text


def _distinct(places: set[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """An id for each place: its folder's name, with as many levels above it as make it the only one."""
    alike: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for place in sorted(places):
        alike[place[-1]].append(place)
    ids: dict[tuple[str, ...], str] = {}
    for several in alike.values():
        chosen: dict[tuple[str, ...], str] = {}
        for depth in range(1, max(map(len, several)) + 1):
            chosen = {place: "/".join(place[-depth:]) for place in several}
            if len(set(chosen.values())) == len(several):
                break
        ids |= chosen
    return ids


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder, the names of those in it, its number of photos, and of those below it."""

    path: str
    parts: tuple[str, ...]
    folders: tuple[str, ...]
    photos: int
    below: int


def _walk(root: Path) -> list[_Folder]:
    """All folders in order, hidden ones left out; links are followed once, so that loops end."""
    found: list[_Folder] = []
    visited: set[str] = set()

    def visit(path: str, parts: tuple[str, ...]) -> int:
        real = os.path.realpath(path)
        if real in visited:
            return 0
        visited.add(real)
        try:
            with os.scandir(path) as entries:
                shown = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
                folders = tuple(entry.name for entry in shown if entry.is_dir())
                photos = sum(_is_photo(entry.name) for entry in shown)
        except OSError:
            folders, photos = (), 0
        place = len(found)
        found.append(_Folder(path, parts, folders, photos, 0))
        below = 0
        for name in folders:
            below += visit(os.path.join(path, name), (*parts, unicodedata.normalize("NFC", name)))  # noqa: PTH118
        found[place] = replace(found[place], below=below)
        return photos + below

    visit(os.path.abspath(root), ())  # noqa: PTH100
    return found


def _placed(folder: _Folder) -> tuple[str, ...] | None:
    """The place whose photos a folder holds: () for photos without landmark, None when it holds none of any."""
    names = list(folder.parts)
    if names and _split(names[0]):
        names = names[1:]
    if names and names[0].lower() in OTHERS:
        return () if folder.photos else None
    if names and _split(names[-1]):
        names = names[:-1]
    deeper = folder.below and not all(_split(name) for name in folder.folders)
    empty = not folder.photos and not folder.folders
    return tuple(names) if names and (empty or (folder.photos and not deeper)) else None


def _part(folder: _Folder) -> str:
    return next((part.lower() for part in folder.parts if _split(part)), "train")


def _split(name: str) -> bool:
    return name.lower() in SPLITS


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES  # noqa: PTH122


def _photos(folder: str, label: str, split: str) -> Iterator[Item]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError as error:
        yield Problem(folder, f"folder cannot be read: {error.strerror}")
        return
    for name in names:
        if _is_photo(name):
            path = os.path.join(os.path.abspath(folder), name)  # noqa: PTH100, PTH118
            try:
                path.encode("utf-8")
            except UnicodeEncodeError:
                yield Problem(path.encode("utf-8", "replace").decode(), "its name is not UTF-8: rename it")
                continue
            yield Listed(path, label, split)


def without_landmarks(root: Path) -> Iterator[Item]:
    """All photos in and below a folder, as photos without a landmark."""
    for folder in _walk(root):
        yield from _photos(folder.path, "", _part(folder))
