"""`veduta space parallax`: one photo in motion, or as a 3-D picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable
from veduta.cli.place import check_file

if TYPE_CHECKING:
    from veduta.image.photo import Pixels
    from veduta.space.layers import Fill
    from veduta.space.occlusion import Floats

# Clips are made at this size unless another is asked for: few screens show more.
CLIP_SIDE = 1280
LEAST_SIDE = 16


def parallax(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo.", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT",
            help="A clip (.mp4, .webm, .webp) or a 3-D picture (.jpg, .png, ...).",
            show_default=False,
        ),
    ],
    depth: Annotated[
        Path | None, typer.Option("--depth", metavar="MAP", help="A gray picture or NPY: bright is near.")
    ] = None,
    right: Annotated[
        Path | None,
        typer.Option("--right", metavar="PHOTO", help="The same seen by a camera further right, rectified."),
    ] = None,
    network: Annotated[
        Path | None,
        typer.Option("--network", metavar="FILE.onnx", help="A depth network of your own (see the guide)."),
    ] = None,
    ground: Annotated[
        float | None,
        typer.Option(
            "--ground", metavar="H", help="Level ground below this horizon, a part of the height from above."
        ),
    ] = None,
    standing: Annotated[
        list[Path] | None,
        typer.Option(
            "--standing", metavar="MASK", help="With --ground, a thing that stands on it. Repeatable."
        ),
    ] = None,
    far_bright: Annotated[
        bool, typer.Option("--far-bright", help="The map of --depth tells distance: bright is far.")
    ] = False,
    path: Annotated[
        str, typer.Option("--path", metavar="circle|sway|dolly", help="How the camera of a clip moves.")
    ] = "circle",
    strength: Annotated[
        float, typer.Option("--strength", metavar="PERCENT", help="Greatest shift, of the width.")
    ] = 2.5,
    focus: Annotated[
        float,
        typer.Option("--focus", metavar="N", help="What stands still: 0 the farthest to 1 the nearest."),
    ] = 0.4,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", help="Of a clip.")] = 4.0,
    fps: Annotated[float, typer.Option("--fps", metavar="N", help="Frames a second of a clip.")] = 30.0,
    show: Annotated[
        str,
        typer.Option("--show", metavar="anaglyph|pair", help="Of a picture: red-cyan, or both side by side."),
    ] = "anaglyph",
    side: Annotated[
        int | None,
        typer.Option("--side", min=64, metavar="PX", help="Longer side; clips have 1280, pictures all."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Fill what comes into view smoothly instead of finely.")
    ] = False,
    save_depth: Annotated[
        Path | None, typer.Option("--save-depth", metavar="MAP.png", help="Keep the map, to be painted on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was done as one JSON object.")] = False,
) -> None:
    """Set a photo in motion: a clip in which near things shift before far ones, a red-cyan or a left-right picture.

    How near things are is told by one of --depth, --right, --network and --ground. What comes into view behind near
    things is made up, once for all frames.
    """
    from veduta.image.decode import read
    from veduta.image.photo import at_most
    from veduta.space import clip
    from veduta.space.parallax import Parallax

    given = [name for name, one in _told(depth, right, network, ground) if one]
    if len(given) != 1:
        raise typer.BadParameter("give one of --depth, --right, --network and --ground")
    if standing and ground is None:
        raise typer.BadParameter("goes with --ground", param_hint="--standing")
    if show not in ("anaglyph", "pair"):
        raise typer.BadParameter(f"{show!r}; anaglyph or pair", param_hint="--show")
    _check_files((photo, depth, right, network, *(standing or ())), out, save_depth)
    if not 0 < strength <= 15:
        raise typer.BadParameter("above 0 and at most 15 percent", param_hint="--strength")
    moving = out.suffix.lower() in clip.SUFFIXES
    start = time.monotonic()
    if moving:
        clip.check(out, fps)
    else:
        _check_still(photo, out)
    pixels = read(photo)
    if min(pixels.shape[:2]) < LEAST_SIDE:
        raise typer.BadParameter(
            f"{photo}: {pixels.shape[1]} x {pixels.shape[0]} pixels; {LEAST_SIDE} a side at least"
        )
    near = _near(pixels, depth, right, network, ground, standing or (), far_bright)
    limit = side or (CLIP_SIDE if moving else None)
    if limit is not None:
        pixels = at_most(pixels, limit)
    near = _sized(near, pixels)
    made = Parallax(pixels, near, strength / 100 * pixels.shape[1], None if fast else _fill())
    told: dict[str, Any] = {"photo": str(photo), "out": str(out), "depth": given[0]}
    if moving:
        told |= _clip(made, out, path, seconds, fps, focus)
    else:
        from veduta.edit.picture_file import save

        picture = made.anaglyph(focus) if show == "anaglyph" else made.side_by_side(focus)
        notes = save(photo, picture, out).notes
        told |= {"width": picture.shape[1], "height": picture.shape[0], "shows": show, "notes": list(notes)}
    if save_depth is not None:
        from veduta.space.depth import write_png

        write_png(save_depth, (near * 65535 + 0.5).astype("uint16"))
    told["seconds"] = round(time.monotonic() - start, 2)
    if as_json:
        emit(told)
    else:
        what = f"{told['frames']} frames" if moving else told["shows"]
        typer.echo(f"{printable(told['out'])}: {told['width']} x {told['height']}, {what}")


def _told(*given: Any) -> list[tuple[str, bool]]:
    names = ("map", "pair", "network", "ground")
    return [(name, one is not None) for name, one in zip(names, given, strict=True)]


def _check_files(given: Sequence[Path | None], out: Path, save_depth: Path | None) -> None:
    """Raise where something that is given is no file, or would be written over."""
    for file in given:
        if file is not None and not file.is_file():
            raise typer.BadParameter(f"{file}: no such file")
    check_file(out, given)
    check_file(save_depth, (*given, out))


def _check_still(photo: Path, out: Path) -> None:
    """Raise before any work is done where the picture cannot be written."""
    from veduta.edit.picture_file import NotWritten, kind_for

    try:
        kind_for(photo, out)
    except NotWritten as error:
        raise typer.BadParameter(f"{error}; clips as .mp4, .webm, .webp", param_hint="-o") from error


def _near(
    pixels: Pixels,
    depth: Path | None,
    right: Path | None,
    network: Path | None,
    ground: float | None,
    standing: Sequence[Path],
    far_bright: bool,
) -> Floats:
    """How near everything is, at whatever size it was told."""
    from veduta.image.decode import read

    if depth is not None:
        from veduta.space.nearness import read_map

        return read_map(depth, far_bright)
    if right is not None:
        from veduta.space.disparity import match
        from veduta.space.parallax import near_of

        return near_of(match(pixels, read(right)))
    if network is not None:
        from veduta.space.depth_network import DepthNetwork

        return DepthNetwork(network).near(pixels)
    from veduta.space.nearness import planar

    masks = [read(mask).max(axis=2) > 127 for mask in standing]
    return planar(pixels.shape[0], pixels.shape[1], ground or 0.0, masks)


def _sized(near: Floats, pixels: Pixels) -> Floats:
    """The map at the size of the picture that is made."""
    import cv2
    import numpy as np

    from veduta.space.nearness import fitted

    height, width = pixels.shape[:2]
    if near.shape[0] > height and near.shape[1] > width:
        # Without mixing near and far.
        skewed = abs(near.shape[1] / near.shape[0] - width / height) > 0.03 * width / height
        if not skewed:
            return np.asarray(cv2.resize(near, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
    return fitted(near, pixels)


def _fill() -> Fill:
    """The filler of `veduta erase`."""
    from veduta.edit.fill import fill

    return lambda photo, mask: fill(photo, mask)


def _clip(made: Any, out: Path, path: str, seconds: float, fps: float, focus: float) -> dict[str, Any]:
    from veduta.space import clip
    from veduta.space.motion import moves

    if not 0.2 <= seconds <= 60:
        raise typer.BadParameter("0.2 to 60", param_hint="--seconds")
    places = moves(path, max(2, round(seconds * fps)), made.parallax, made.width, made.height, focus)  # type: ignore[arg-type]
    count = clip.write(out, made.frames(places, Bar()), fps)
    return {"width": made.width, "height": made.height, "frames": count, "path": path}
