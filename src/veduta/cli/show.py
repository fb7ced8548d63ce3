"""`veduta show`: everything known about a photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit, printable
from veduta.cli.photos import PhotosArgument

if TYPE_CHECKING:
    from veduta.library.attractions import Attraction
    from veduta.library.catalog import Catalog

FACTS = (
    "id", "hash", "media", "format", "bytes", "width", "height", "taken", "taken_offset", "latitude",
    "longitude", "altitude", "camera", "lens", "aperture", "exposure", "iso", "focal_length", "title",
    "description", "rating", "favorite", "hidden", "color", "people_count", "added_at",
)  # fmt: skip


def show(
    photos: PhotosArgument,
    findings: Annotated[
        bool, typer.Option("--findings", help="Each thing that was seen, with its region.")
    ] = False,
    why: Annotated[
        Path | None,
        typer.Option("--why", metavar="DIR", help="Write pictures of what spoke for landmarks and labels."),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything known about photos: time, place, camera, files, people, albums, what was seen."""
    from veduta.cli import photos as named
    from veduta.library.catalog import Catalog

    with Catalog.open(library, create=False) as catalog:
        numbers = named.numbers(catalog, photos)
        told = [_tell(catalog, number, findings) for number in numbers]
        if why is not None:
            for number, one in zip(numbers, told, strict=True):
                one["why"] = _explain(catalog, number, why)
    for one in told:
        if as_json:
            emit(one)
        else:
            _print(one)


def _tell(catalog: Catalog, number: int, every_finding: bool) -> dict[str, Any]:
    from veduta.image.thumbnails import SIDES
    from veduta.library.closeup import closeup

    found = closeup(catalog, number)
    facts = {name: getattr(found.photo, name) for name in FACTS}
    for name in ("taken", "added_at"):
        facts[name] = None if facts[name] is None else facts[name].isoformat()
    place = found.place
    return {
        "path": next((f.path for f in found.files if f.missing_since is None), found.files[0].path),
        **facts,
        "place": None if place is None else {n: getattr(place, n) for n in ("city", "region", "country")},
        "inferred": _inferred(found.inferred),
        "keywords": list(found.keywords),
        "files": [
            {"path": f.path, "role": f.role, "bytes": f.bytes, "missing": f.missing_since is not None}
            for f in found.files
        ],
        "thumbnails": [str(catalog.thumbnail(found.photo.hash, side)) for side in SIDES],
        "people": [
            {"face": f.face_id, "id": f.person_id, "name": f.name, "confirmed": f.confirmed, "box": f.box}
            for f in found.people
        ],
        "albums": [{"id": album.id, "album": album.name} for album in found.albums],
        "findings": _findings(catalog, number)
        if every_finding
        else [{"kind": f.kind, "name": f.name, "score": f.score, "count": f.count} for f in found.findings],
    }


def _explain(catalog: Catalog, number: int, folder: Path) -> dict[str, str]:
    """Paint what spoke for each landmark and label of a photo; where, by name."""
    from veduta.files import write_bytes
    from veduta.library.closeup import findings
    from veduta.library.explanation import KINDS, explain, png

    written = {}
    for row, _, _ in findings(catalog, number)[1]:
        if row.kind in KINDS:
            target = folder / f"{number}-{row.id}-{row.kind}.png"
            write_bytes(target, png(explain(catalog, number, row.id).painted()))
            written[row.name] = str(target)
    return written


def _inferred(told: Attraction | None) -> dict[str, Any] | None:
    """Where the landmark in a photo stands that does not know where it was taken."""
    if told is None:
        return None
    named = {"landmark": told.name, "score": round(told.score, 4)}
    where = {"city": told.city, "region": told.region, "country": told.country}
    return {**named, **where, "latitude": told.latitude, "longitude": told.longitude}


def _findings(catalog: Catalog, number: int) -> list[dict[str, Any]]:
    from veduta.library.closeup import findings

    _, found = findings(catalog, number)
    return [
        {
            "kind": row.kind,
            "name": row.name,
            "score": round(row.score, 4),
            "box": None if row.x is None else [row.x, row.y, row.w, row.h],
            **({} if row.mask is None else {"mask": row.mask}),
            **({} if row.text is None else {"text": row.text}),
            **({} if row.kind != "landmark" else {"extra": row.extra or {}}),
            **({} if person is None else {"person": person, "called": name}),
            "recognizer": row.recognizer,
            "version": row.version,
        }
        for row, person, name in found
    ]


def _told(where: dict[str, Any] | None) -> str:
    if where is None:
        return ""
    named = ", ".join(part for part in (where["city"], where["country"]) if part)
    return f"{named} (because {where['landmark']} is in it)"


def _print(told: dict[str, Any]) -> None:
    typer.echo(printable(told["path"]))
    shown = {
        **{name: told[name] for name in FACTS if name not in ("id", "hash", "color", "added_at")},
        "place": ", ".join(filter(None, (told["place"] or {}).values())),
        "inferred": _told(told["inferred"]),
        "keywords": ", ".join(told["keywords"]),
        "people": ", ".join(person["name"] for person in told["people"] if person["name"]),
        "albums": ", ".join(album["album"] for album in told["albums"]),
        "files": ", ".join(one["path"] for one in told["files"][1:]),
    }
    for name, value in shown.items():
        if value not in (None, "", False):
            typer.echo(f"  {name.replace('_', ' '):14}{printable(str(value))}")
    for finding in told["findings"]:
        called = finding.get("text") or finding.get("called") or finding["name"]
        many = f"  {finding['count']} times" if finding.get("count", 1) > 1 else ""
        typer.echo(f"  {finding['kind']:14}{printable(called)}  {finding['score']:.2f}{many}")
    for name, path in told.get("why", {}).items():
        typer.echo(f"  {'why':14}{printable(name)}: {printable(path)}")
