"""What two photos of two cameras tell: distance, and what stands in the way."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.responses import Response

from veduta.errors import ModelUnavailable
from veduta.image.photo import Pixels
from veduta.library import rendering
from veduta.server.context import Context
from veduta.server.models.stereo import DepthAsk, ObstacleOut, ObstaclesAsk, StereoAsk, WayOut
from veduta.server.problem import Refused
from veduta.space import depth as depths
from veduta.space.disparity import Disparity, Range, match
from veduta.space.obstacle_kinds import Asker, Kinds
from veduta.space.obstacles import Ask, find_obstacles
from veduta.space.pair import check_pair
from veduta.space.rig import View
from veduta.space.views import Views

# Matching takes all cores and much memory: one pair at a time.
_looking = threading.Lock()


def depth(here: Context, left_id: int, right_id: int, asked: DepthAsk) -> Response:
    """Return a PNG of 16 bits, or of colors; raises NotFound, BadPair, BadRig."""
    with _looking:
        _, found, view = _matched(here, left_id, right_id, asked)
        with TemporaryDirectory(prefix="veduta-") as folder:
            target = Path(folder) / "depth.png"
            if asked.show == "colors":
                depths.write_png(target, depths.colored(found.values))
            else:
                depths.write(target, found, view, asked.sure)
            content = target.read_bytes()
    unit = "pixels/256" if view is None else "millimeters"
    headers = {"Cache-Control": "no-store", "X-Veduta-Unit": unit}
    return Response(content, media_type="image/png", headers=headers)


def obstacles(here: Context, left_id: int, right_id: int, asked: ObstaclesAsk) -> WayOut:
    """Return what stands on the floor; raises NotFound, BadPair, BadRig, NoFloor."""
    with _looking:
        first, found, view = _matched(here, left_id, right_id, asked)
        if view is None:
            raise Refused(422, "needs known cameras: give rig, or focal and baseline")
        told = find_obstacles(
            first, found, view, _asker() if asked.classes else None, asked.high / 100
        ).as_json()
    things = [
        ObstacleOut(**{**one, "name": one["class"], "score": one["class_score"]})
        for one in told.pop("obstacles")
    ]
    return WayOut(**told, obstacles=things)


def _matched(
    here: Context, left_id: int, right_id: int, asked: StereoAsk
) -> tuple[Pixels, Disparity, View | None]:
    left, right = (rendering.ground(here.catalog, one) for one in (left_id, right_id))
    views = _views(asked)
    pair = left.pixels(), right.pixels()
    check_pair(*pair, f"{left.path.name}, {right.path.name}")
    first, second, view = views.prepare(*pair)
    within = None if asked.disparities is None else Range(0, asked.disparities)
    return first, match(first, second, within, asked.method), view


def _views(asked: StereoAsk) -> Views:
    if asked.rig is not None:
        with TemporaryDirectory(prefix="veduta-") as folder:
            path = Path(folder) / "rig"
            path.write_text(json.dumps(asked.rig), encoding="utf-8")
            return Views.of_rig(path)
    if asked.focal is not None and asked.baseline is not None:
        return Views.rectified(asked.focal, asked.baseline / 1000, asked.offset)
    return Views()


def _asker() -> Ask | None:
    """Who tells classes; without networks nobody, and all low things are avoided."""
    try:
        return Asker(Kinds(), [])
    except ModelUnavailable:
        return None
