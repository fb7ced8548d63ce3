"""`veduta see`: what is seen in photos, with no library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit

if TYPE_CHECKING:
    from veduta.image.photo import Photo
    from veduta.library.why import Asked
    from veduta.see.recognizer import Recognizer
    from veduta.see.run import Seen

# Photos shown to the recognizers at once; as many again are decoded meanwhile.
BATCH = 8
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


def see(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos, or folders of photos.", show_default=False),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each photo, one per line.")
    ] = False,
    vectors: Annotated[bool, typer.Option("--vectors", help="With --json, vectors as well.")] = False,
    draw: Annotated[
        Path | None,
        typer.Option(
            "--draw", metavar="OUT", help="Paint what is seen into copies: a folder, or a file for one photo."
        ),
    ] = None,
    recognizers: Annotated[
        str | None,
        typer.Option("--recognizers", metavar="A,B", help="Only these, parted by commas; default: all."),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            "--why",
            metavar="NAME",
            help="With --draw, paint what speaks for this label or landmark, seen or not.",
        ),
    ] = None,
) -> None:
    """Print what is seen in photos: people, things, faces, text, labels and more.

    Boxes are in pixels of the upright photo. Photos that cannot be read are told in their place; where
    some of several cannot, the command ends with status 1.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import FAILED, REFUSED, Outcomes

    asked = _asked(why, draw)
    paths, problems = expand(photos)
    targets = _targets(paths, draw)
    opened = _open(recognizers)
    outcomes = Outcomes(len(paths) + len(problems))
    progress = Bar()
    progress.begin("looking at photos", len(paths))
    try:
        for path, photo, seen, error in _look(paths, opened):
            progress.advance()
            if error is not None:
                outcomes.failed(REFUSED if photo is None else FAILED)
            if photo is not None and path in targets:
                _paint(photo, seen, targets[path], asked)
            if as_json:
                emit(_as_json(path, photo, seen, error, vectors))
            else:
                _show(path, photo, seen, error)
    finally:
        progress.end()
    for path, reason in problems:
        outcomes.failed()
        if as_json:
            emit(_as_json(path, None, None, reason, vectors))
        else:
            _show(path, None, None, reason)
    outcomes.end()


def _open(asked: str | None) -> list[Recognizer]:
    from veduta.errors import ModelUnavailable
    from veduta.see.recognizer import names, open_recognizer

    known = names()
    wanted = known if asked is None else [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise typer.BadParameter(
            f"no recognizer is called {', '.join(unknown) or repr(asked)}; known: {', '.join(known)}",
            param_hint="--recognizers",
        )
    opened: list[Recognizer] = []
    missing: dict[str, list[str]] = {}  # several recognizers may need one network
    for name in dict.fromkeys(wanted):
        try:
            opened.append(open_recognizer(name))
        except ModelUnavailable as error:
            missing.setdefault(str(error), []).append(name)
    if missing:
        raise ModelUnavailable(
            "\n        ".join(f"{', '.join(who)}: {why}" for why, who in missing.items())
            + "\n        Run `veduta models pull` once; `--recognizers quality` works without any network."
        )
    return opened


def _targets(paths: Sequence[Path], out: Path | None) -> dict[Path, Path]:
    """Where the painted copy of each photo goes."""
    if out is None:
        return {}
    if out.suffix.lower() in PICTURES and not out.is_dir():
        if len(paths) != 1:
            raise typer.BadParameter("a file holds one photo; give a folder", param_hint="--draw")
        made = {paths[0]: out}
    else:
        made, used = {}, set()
        for path in paths:
            name, number = f"{path.stem}.jpg", 1
            while name.lower() in used:
                number += 1
                name = f"{path.stem}-{number}.jpg"
            used.add(name.lower())
            made[path] = out / name
    originals = {path.resolve() for path in paths}
    if any(target.resolve() in originals for target in made.values()):
        raise typer.BadParameter("would write over a photo; give another name or folder", param_hint="--draw")
    return made


def _load(path: Path) -> Photo | str:
    from veduta.errors import UnreadableImage
    from veduta.image.decode import load
    from veduta.settings import settings

    try:
        photo = load(path, settings().analysis_side)
        photo.position = _position(path)
        return photo
    except UnreadableImage as error:
        return error.reason
    except MemoryError:
        return "too large for this machine's memory"
    except OSError as error:
        return error.strerror or str(error)


def _position(path: Path) -> tuple[float, float] | None:
    from veduta.image.metadata import read_metadata

    told = read_metadata(path)
    return None if told.latitude is None or told.longitude is None else (told.latitude, told.longitude)


def _look(
    paths: Sequence[Path], recognizers: Sequence[Recognizer]
) -> Iterator[tuple[Path, Photo | None, Seen | None, str | None]]:
    """Each path with its photo and what was seen, or with the reason why not; decodes one batch ahead."""
    from veduta.see.run import see_carefully

    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    with ThreadPoolExecutor(2) as pool:
        ahead = [pool.submit(_load, path) for path in batches[0]] if batches else []
        for number, batch in enumerate(batches):
            loaded = [future.result() for future in ahead]
            following = batches[number + 1] if number + 1 < len(batches) else []
            ahead = [pool.submit(_load, path) for path in following]
            photos = [one for one in loaded if not isinstance(one, str)]
            outcomes = iter(see_carefully(photos, recognizers))
            for path, one in zip(batch, loaded, strict=True):
                if isinstance(one, str):
                    yield path, None, None, one
                    continue
                seen = next(outcomes)
                yield path, one, seen, "; ".join(f"{n}: {why}" for n, why in seen.failures) or None


def _as_json(
    path: Path, photo: Photo | None, seen: Seen | None, error: str | None, vectors: bool
) -> dict[str, Any]:
    """The stable JSON form; a photo that cannot be read has size 0 x 0."""
    return {
        "path": str(path),
        "width": photo.width if photo else 0,
        "height": photo.height if photo else 0,
        "findings": [finding.as_json(vectors) for finding in seen.findings] if seen else [],
        "error": error,
    }


def _asked(name: str | None, draw: Path | None) -> Asked | None:
    if name is None:
        return None
    if draw is None:
        raise typer.BadParameter("say with --draw where the picture goes", param_hint="--why")
    from veduta.library.why import named

    return named(name)


def _paint(photo: Photo, seen: Seen | None, target: Path, asked: Asked | None) -> None:
    from PIL import Image

    from veduta.files import replacing

    if asked is None:
        from veduta.see.draw import paint

        picture = Image.fromarray(paint(photo, seen.findings if seen else []))
    else:
        from veduta.library.why import why

        picture = Image.fromarray(why(photo, asked).painted())
    kind = {".png": "PNG", ".webp": "WEBP"}.get(target.suffix.lower(), "JPEG")
    with replacing(target) as temporary:
        picture.save(temporary, kind, quality=92)


def _show(path: Path, photo: Photo | None, seen: Seen | None, error: str | None) -> None:
    from veduta.cli.see_table import print_photo

    print_photo(path, photo, seen.findings if seen else [], error)
