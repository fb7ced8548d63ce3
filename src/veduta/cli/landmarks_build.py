"""`veduta landmarks build` and `recognize`: an atlas from a bank, landmarks from photos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import Bar, emit, printable, say
from veduta.cli.place import check_file, check_folder


def build(
    bank: Annotated[
        Path, typer.Argument(metavar="BANK", help="Folder of the bank's index.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", metavar="ATLAS", help="Folder of the atlas to write.")],
    head: Annotated[
        Path | None,
        typer.Option("--head", metavar="FILE", help="A trained head (head.npz of `veduta landmarks train`)."),
    ] = None,
    corners: Annotated[
        bool, typer.Option("--corners/--no-corners", help="Keep corners of buildings for the second look.")
    ] = True,
    source: Annotated[
        str, typer.Option("--source", help="Where the photos are from; the atlas says it.")
    ] = "",
    license: Annotated[str, typer.Option("--license", help="Under which license the atlas is.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Build one folder by which landmarks are recognized, from the kept photos of a bank.

    The folder holds numbers only, no photo. Photos without landmarks, which set the thresholds, are those of the
    bank (--others when it is made), else those that the shipped atlas was made with.
    """
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.atlas_build import build as write
    from veduta.landmarks.atlas_build import check_place
    from veduta.landmarks.bank import Bank
    from veduta.landmarks.head import read_head
    from veduta.landmarks.material import gather

    check_folder(out.parent)
    check_place(out)
    trained = read_head(head) if head else None
    notes = {"source": source, "license": license}
    with Bank.open(bank) as opened:
        path = write(gather(opened, Bar(), notes, corners), out, trained=trained)
    atlas = Atlas.open(path, check=True)
    counts = dict(atlas.manifest["counts"])
    if as_json:
        emit({"atlas": str(path), **counts, "thresholds": atlas.manifest["thresholds"]})
        return
    say(f"{counts['landmarks']} landmarks, {counts['exemplars']} photos, {counts['centroids']} centroids")
    typer.echo(str(path))


def recognize(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos, or folders of photos.", show_default=False),
    ],
    atlas: Annotated[
        str, typer.Option("--atlas", metavar="DIR", help="Folder of an atlas, or `default`.")
    ] = "default",
    fpr: Annotated[
        float,
        typer.Option(
            "--fpr", help="Part of photos without landmarks that may be given one.", min=1e-6, max=0.5
        ),
    ] = 0.01,
    map_to: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="OUT.png", help="Paint what spoke for the landmark over the (one) photo."
        ),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            metavar="LANDMARK",
            help="With --map, paint what speaks for this one (name or identifier), recognized or not.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Name the landmarks in photos; of a photo that tells its position, only landmarks near it."""
    from veduta.cli.given import expand
    from veduta.cli.outcome import REFUSED, Outcomes
    from veduta.cli.see import _load
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.recognize import Recognizer

    if map_to is not None and len(photos) != 1:
        raise typer.BadParameter("a map is made of one photo", param_hint="--map")
    if why is not None and map_to is None:
        raise typer.BadParameter("say with --map where the picture goes", param_hint="--why")
    opened = Atlas.open(atlas)
    paths, problems = expand(photos)
    if map_to is not None and photos[0].is_dir():
        raise typer.BadParameter("a map is made of one photo", param_hint="--map")
    check_file(map_to, paths)
    recognizer = Recognizer(opened, fpr)
    wanted = None if why is None else _id(recognizer, why)
    outcomes = Outcomes(len(paths) + len(problems))
    for path, reason in problems:
        outcomes.failed()
        _fail(path, reason, as_json)
    for path in paths:
        photo = _load(path)
        if isinstance(photo, str):
            outcomes.failed(REFUSED)
            _fail(path, photo, as_json)
            continue
        found = recognizer.recognize([photo], [photo.position])[0]
        record: dict[str, Any] = {"path": str(path), "landmarks": [_told(one) for one in found]}
        if map_to is not None and wanted is not None:
            record["map"] = str(_paint(recognizer, photo, wanted, map_to))
        elif map_to is not None:
            guess = found[0] if found else recognizer.guess([photo], [photo.position])[0]
            if guess is None:
                say(f"{path}: no landmark of the atlas is near its position, so there is no map")
            else:
                record["map"] = str(_paint(recognizer, photo, guess.landmark.id, map_to))
        if as_json:
            emit(record)
            continue
        names = ", ".join(f"{one.landmark.name} ({one.landmark.city}) {one.score:.2f}" for one in found)
        typer.echo(printable(f"{path}: {names or 'no landmark'}"))
    outcomes.end()


def _fail(path: Path, reason: str, as_json: bool) -> None:
    if as_json:
        emit({"path": str(path), "error": reason})
    say(f"{path}: {reason}")


def _id(recognizer: Any, name: str) -> str:
    """The identifier of a landmark of the atlas by its name or identifier; raises NotFound."""
    from veduta.errors import NotFound
    from veduta.landmarks.evaluate_cases import folded, known_names

    found = known_names(recognizer.atlas.landmarks).get(folded(name))
    if found is None:
        raise NotFound(f"the atlas {recognizer.atlas.name} knows no landmark called {name!r}")
    return found


def _told(one: Any) -> dict[str, Any]:
    mark = one.landmark
    keys = ("id", "name", "country", "city", "region", "latitude", "longitude", "kind")
    told = {key: getattr(mark, key) for key in keys}
    return {
        **told,
        "score": round(one.score, 4),
        "margin": round(one.margin, 4),
        "box": one.box,
        "how": one.how,
    }


def _paint(recognizer: Any, photo: Any, landmark: str, out: Path) -> Path:
    from veduta.files import write_bytes
    from veduta.library.explanation import Explanation, png
    from veduta.see.relevance import relevance
    from veduta.see.trunk import shared_trunk

    [sight] = shared_trunk().look([photo])
    heat = relevance(sight, recognizer.score_of(landmark))
    write_bytes(out, png(Explanation(photo.at_side(1440), heat).painted()))
    return out
