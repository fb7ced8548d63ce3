"""`veduta match`: what two pictures have in common, point by point; or which pictures of a folder show the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say
from veduta.cli.place import check_file

if TYPE_CHECKING:
    from veduta.image.photo import Pixels
    from veduta.see.keypoints import Keypoints
    from veduta.see.local_features import LocalFeature
    from veduta.see.pairing import Pairing

PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


def match(
    a: Annotated[Path, typer.Argument(metavar="A", help="A picture.", show_default=False)],
    others: Annotated[
        list[Path],
        typer.Argument(
            metavar="B...", help="Another one, or several, or folders of them.", show_default=False
        ),
    ],
    features: Annotated[
        str,
        typer.Option(
            "--features",
            metavar="KIND",
            help="sift (any turn), orb (fastest), xfeat (other views and light, upright) or deep.",
        ),
    ] = "sift",
    draw: Annotated[
        Path | None,
        typer.Option("--draw", metavar="OUT", help="Draw both, with lines; of several, the best match."),
    ] = None,
    stitch: Annotated[
        Path | None,
        typer.Option("--stitch", metavar="OUT", help="Lay both onto each other: a panorama."),
    ] = None,
    learned: Annotated[
        bool, typer.Option("--learned", help="Match XFeat by its network (veduta models pull lighterglue).")
    ] = False,
    ratio: Annotated[
        float | None,
        typer.Option(
            "--ratio",
            min=0.1,
            max=1,
            help="Ratio test: the nearest against the next; 1 for none. Default: that of KIND.",
        ),
    ] = None,
    one_way: Annotated[
        bool, typer.Option("--one-way", help="Keep matches that are nearest only from A.")
    ] = False,
    side: Annotated[
        int, typer.Option("--side", min=64, max=4096, help="Pixels of the longer side that are looked at.")
    ] = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each pair.")] = False,
) -> None:
    """Match two pictures by local features, verified by one motion of the camera; or rank a folder by it.

    Similarity is 0 where no more matches agree than chance brings between pictures of different things, and nears
    1 the more do. Networks are needed by xfeat and deep only.
    """
    from veduta.cli.given import expand
    from veduta.errors import UnreadableImage
    from veduta.see.local_features import feature

    kind = feature(features, learned=learned)
    paths, problems = expand(others)
    for target in (draw, stitch):
        _check_target(target, [a, *paths])
    paths = [path for path in paths if len(paths) == 1 or not _same(path, a)]
    if stitch is not None and len(paths) != 1:
        raise typer.BadParameter("a panorama is made of two pictures", param_hint="--stitch")
    if not paths and not problems:
        raise typer.BadParameter("no other pictures there to compare with", param_hint="B")
    rows, best, unread = _compared(a, paths, kind, ratio, not one_way, learned, side)
    if not rows and len(unread) == 1:
        raise UnreadableImage(*unread[0])
    problems += unread
    if stitch is not None and best is not None:
        rows[0]["panorama"] = _stitched(a, *best, stitch)
    if draw is not None and best is not None:
        _draw(a, *best, draw)
    for row in rows:
        _tell(row, as_json, len(paths) == 1)
    for path, reason in problems:
        if as_json:
            emit({"a": str(a), "b": str(path), "error": reason})
        else:
            say(f"{path}: {reason}")
    if problems:
        raise typer.Exit(1)


def _check_target(target: Path | None, given: Sequence[Path]) -> None:
    if target is not None and target.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"{target}: name a file that ends in {', '.join(PICTURES)}")
    check_file(target, given)


def _same(one: Path, other: Path) -> bool:
    from veduta.edit.picture_file import same_file

    return same_file(one, other)


def _compared(
    a: Path,
    paths: Sequence[Path],
    kind: LocalFeature,
    ratio: float | None,
    mutual: bool,
    learned: bool,
    side: int,
) -> tuple[list[dict[str, Any]], tuple[Path, Pairing] | None, list[tuple[Path, str]]]:
    """What is told of each pair, the best match first; that match; and (path, reason) of what cannot be read."""
    from veduta.image.decode import load
    from veduta.see.pairing import compare_folder

    photo = load(a, side)
    found: Keypoints = kind.find(photo.pixels, side, full=(photo.width, photo.height))
    rows: list[dict[str, Any]] = []
    best: tuple[Path, Pairing] | None = None
    unread: list[tuple[Path, str]] = []
    progress = Bar()
    shown = progress if len(paths) > 1 else None
    try:
        for path, one in compare_folder(found, paths, kind, ratio, mutual, learned, side, shown):
            if isinstance(one, str):
                unread.append((path, one))
                continue
            rows.append(_told(a, path, kind.name, one))
            # Only the best pair is kept whole: the points of thousands would fill the memory.
            if best is None or _rank(one) > _rank(best[1]):
                best = path, one
    finally:
        progress.end()
    rows.sort(key=lambda row: (-row["verified"], -row["matches"]))
    return rows, best, unread


def _rank(one: Pairing) -> tuple[int, int]:
    return one.verified, len(one.pairs)


def _draw(a: Path, b: Path, one: Pairing, target: Path) -> None:
    from veduta.image.decode import read
    from veduta.see.pairing_draw import side_by_side

    _save(side_by_side(read(a), read(b), one), target)


def _stitched(a: Path, b: Path, one: Pairing, target: Path) -> dict[str, Any]:
    import numpy as np

    from veduta.edit.panorama import CannotStitch, stitch
    from veduta.image.decode import read

    if not one.same or one.homography.matrix is None or one.homography.count <= one.chance:
        raise CannotStitch(
            f"{a.name} and {b.name}: no homography agrees with enough matches "
            f"({one.homography.count}, of which chance brings {one.chance}); nothing was written"
        )
    made = stitch(read(a), read(b), one.homography.matrix)
    if PICTURES[target.suffix.lower()] == "JPEG":
        pixels = np.where(made.cover[..., None], made.pixels, np.uint8(255))
    else:
        pixels = np.dstack([made.pixels, made.cover.astype(np.uint8) * np.uint8(255)])
    _save(pixels, target)
    height, width = made.pixels.shape[:2]
    return {"path": str(target), "width": width, "height": height, "overlap": round(made.overlap, 4)}


def _save(pixels: Pixels, target: Path) -> None:
    from PIL import Image

    from veduta.files import replacing

    with replacing(target) as temporary:
        Image.fromarray(pixels).save(temporary, PICTURES[target.suffix.lower()], quality=92)


def _told(a: Path, b: Path, features: str, one: Pairing) -> dict[str, Any]:
    """The stable JSON form of a pair."""
    motion = one.motion
    return {
        "a": str(a),
        "b": str(b),
        "features": features,
        "points": [len(one.a), len(one.b)],
        "matches": len(one.pairs),
        "verified": one.verified,
        "same": one.same,
        "similarity": round(one.similarity, 4),
        "model": motion.model,
        "inliers": motion.count,
        "matrix": None if motion.matrix is None else motion.matrix.tolist(),
        "homography": None if one.homography.matrix is None else one.homography.matrix.tolist(),
        "error": None,
    }


def _tell(told: dict[str, Any], as_json: bool, alone: bool) -> None:
    if as_json:
        emit(told)
        return
    line = f"{told['similarity']:.2f}  {told['verified']:5d} of {told['matches']:5d}"
    if not alone:
        print(printable(f"{line}  {told['b']}"))
        return
    points = " and ".join(str(count) for count in told["points"])
    verdict = "the same thing" if told["same"] else "nothing in common beyond chance"
    print(f"{points} points, {told['matches']} matches, {told['verified']} verified by a {told['model']}")
    print(f"similarity {told['similarity']:.2f}: {verdict}")
    if told["homography"] is not None and told["same"]:
        for row in told["homography"]:
            print("  " + "  ".join(f"{value:12.6g}" for value in row))
    if "panorama" in told:
        made = told["panorama"]
        print(f"panorama of {made['width']} x {made['height']} pixels, {made['overlap']:.0%} of A shared")
