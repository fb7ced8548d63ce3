"""`veduta space`: distance from two views, what stands in the way, photos in motion."""

from __future__ import annotations

from veduta.cli.lazy import Table, lazy_group

TASKS: Table = {
    "calibrate": (
        "veduta.cli.space_calibrate",
        "calibrate",
        "Calibrate two cameras from pictures of a chessboard.",
    ),
    "depth": ("veduta.cli.space_depth", "depth", "Measure distance from pairs of photos."),
    "obstacles": ("veduta.cli.space_obstacles", "obstacles", "List what stands in the way of two cameras."),
    "parallax": ("veduta.cli.space_parallax", "parallax", "Set a photo in motion, or make it a 3-D picture."),
    "slices": ("veduta.cli.space_slices", "slices", "Rebuild a body from pictures of its sections."),
}

space = lazy_group(TASKS)


@space.callback()
def group() -> None:
    """Measure space: distance from two views, what stands in the way."""
