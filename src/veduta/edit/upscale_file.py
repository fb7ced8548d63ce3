"""A photo file to a larger one; what a network made up says so in its name and in its metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from veduta.edit.marks import ENHANCED, INVENTED, marked
from veduta.edit.picture_file import Written
from veduta.edit.stored import to_profile
from veduta.edit.stored_file import Values, read_values, save_values
from veduta.edit.transparency import surrounded
from veduta.edit.upscale import by_lanczos, by_network, check
from veduta.image import decode, icc
from veduta.image.samples import eight
from veduta.image.stored import Stored
from veduta.progress import Progress

NOT_EVIDENCE = "not-evidence"


def ending(by: int, method: str) -> str:
    """What is added to the name of a copy."""
    return f"-x{by}" if method == "lanczos" else f"-x{by}-{NOT_EVIDENCE}"


def named(target: Path, by: int, method: str) -> Path:
    """`target` with the ending in its name, where a network makes details up and the name does not say so."""
    if method == "lanczos" or NOT_EVIDENCE in target.stem:
        return target
    return target.with_name(f"{target.stem}{ending(by, method)}{target.suffix}")


def write_larger(
    source: Path, target: Path, by: int, method: str, progress: Progress | None = None
) -> Written:
    """Write the photo `source`, `by` times as large, to `target` (see `named`), atomically, with its metadata.

    Lanczos' filter works on the stored values: depth, transparency and color profile stay. The network works in 8
    bits a color. Raises what reading, enlarging and writing raise.
    """
    check(by, method, *decode.size(source))
    values = read_values(source)
    if method == "lanczos":
        larger = Values(by_lanczos(values.stored, by), values.profile)
        text = f"Enlarged {by} times (Lanczos)."
        return save_values(source, larger, target, False, lambda kept: marked(kept, text, ENHANCED))
    profile = values.profile if values.profile is not None and icc.space(values.profile) == "RGB" else None
    stored: Stored
    if values.stored.shape[2] in (2, 4):
        # In its own colors: laid on white, they would get white edges.
        given = eight(values.stored)
        colors, alpha = given[..., :-1], np.ascontiguousarray(given[..., -1:])
        if colors.shape[2] == 1:
            colors = np.repeat(colors, 3, axis=2)
        larger_colors = by_network(surrounded(colors, alpha[..., 0]), by, progress)
        stored = np.concatenate([larger_colors, by_lanczos(alpha, by)], axis=2)
    else:
        pixels = by_network(decode.read(source), by, progress)
        stored = to_profile(pixels.reshape(-1, 3), profile).reshape(pixels.shape)
    text = f"Enlarged {by} times by a neural network (Real-ESRGAN). Details are invented: not evidence."
    written = save_values(
        source,
        Values(stored, profile),
        named(target, by, method),
        False,
        lambda kept: marked(kept, text, INVENTED),
    )
    notes = ("worked in 8 bits a color",) if values.stored.dtype == np.uint16 else ()
    return Written(written.path, written.format, (*written.notes, *notes))
