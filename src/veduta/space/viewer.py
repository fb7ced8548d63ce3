"""The viewer page of a body: one file that shows three planes and the surface, and asks nothing of a network."""

from __future__ import annotations

import base64
import html
import json
import zlib
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from veduta.space import mesh as meshes
from veduta.space.volume import Volume, isotropic

SIDE, MESH_SIDE = 192, 128  # cubes along the longest side of what the page holds


def page(volume: Volume, mask: NDArray[np.bool_], title: str, threshold: int) -> str:
    """The page, self-contained HTML: the volume and its surface at a size that a browser turns easily."""
    shown = _smaller(volume)
    coarse, factor = meshes.smaller(mask, MESH_SIDE)
    body = meshes.surface(coarse, volume.edge * factor)
    low = body.corners.min(axis=0)
    unit = float((body.corners.max(axis=0) - low).max()) / 65535 or 1.0
    facts = {
        "size": list(shown.voxels.shape[::-1]),
        "edge": shown.edge,
        "threshold": threshold,
        "origin": [float(value) for value in low],
        "unit": unit,
        "corners": len(body.corners),
        "triangles": len(body.triangles),
    }
    parts = {
        "@TITLE@": html.escape(title),
        "@FACTS@": json.dumps(facts).replace("<", "\\u003c"),
        "@VOXELS@": _packed(shown.voxels.tobytes()),
        "@CORNERS@": _packed(np.rint((body.corners - low) / unit).astype("<u2").tobytes()),
        "@TRIANGLES@": _packed(body.triangles.astype("<u4").tobytes()),
    }
    text = files("veduta.space").joinpath("viewer.html").read_text("utf-8")
    for mark, value in parts.items():
        text = text.replace(mark, value)
    return text


def _packed(data: bytes) -> str:
    """Deflated (zlib), as base64: what browsers unpack by themselves."""
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def _smaller(volume: Volume) -> Volume:
    longest = max(volume.voxels.shape)
    if longest <= SIDE:
        return volume
    return isotropic(volume.voxels, volume.edge, volume.edge, volume.edge * longest / SIDE)
