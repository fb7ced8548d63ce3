"""From pictures of sections to a body: register, rebuild, segment, mesh, show."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import UnreadableImage
from veduta.files import replacing, write_bytes, write_text
from veduta.progress import Progress, Silent
from veduta.space import mesh as meshes
from veduta.space.alignment import poses
from veduta.space.doubts import gaps, misfits
from veduta.space.elastic import Field, bends
from veduta.space.pose import Pose, likeness, moved
from veduta.space.sections import BadSections, Sections, read_sections
from veduta.space.segmentation import Wish, segment
from veduta.space.viewer import page
from veduta.space.volume import Volume, isotropic, registered

FILES = ("volume.npy", "mesh.ply", "mesh.stl", "view.html", "report.json")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of the sections and what is wished: lengths in millimeters, turns in degrees."""

    pixel: float = 1.0
    thickness: float = 1.0
    edge: float | None = None
    turn: float = 30.0
    register: bool = True
    bend: bool = True
    straighten: bool = False
    inverted: bool | None = None
    smooth: float = 1.0
    object: Wish = field(default_factory=Wish)

    def __post_init__(self) -> None:
        """Raise BadSections where a value makes no sense."""
        for name, value in (("pixel", self.pixel), ("thickness", self.thickness), ("edge", self.edge)):
            if value is not None and not 1e-6 <= value <= 1e6:
                raise BadSections(f"{name} of {value:g} mm: it must be above 0 (at most a million)")
        if not 0 <= self.turn <= 180:
            raise BadSections(f"turns of up to {self.turn:g} degrees: they must be 0 to 180")
        if not 0 <= self.smooth <= 10:
            raise BadSections(f"a surface softened over {self.smooth:g} cubes: it must be 0 to 10")


@dataclass(frozen=True, eq=False)
class Body:
    """What was made of a stack."""

    sections: Sections
    poses: list[Pose]
    fields: list[Field] | None
    aligned: NDArray[np.uint8]
    volume: Volume
    mask: NDArray[np.bool_]
    threshold: int
    mesh: meshes.Mesh
    doubts: tuple[str, ...] = ()

    def report(self) -> dict[str, Any]:
        """What is worth knowing of it, as JSON."""
        before, after = (_agreement(stack) for stack in (self.sections.gray, self.aligned))
        return {
            "sections": len(self.poses),
            "inverted": self.sections.inverted,
            "agreement_before": round(before, 4),
            "agreement_after": round(after, 4),
            "voxels": list(self.volume.voxels.shape[::-1]),
            "edge_mm": self.volume.edge,
            "threshold": self.threshold,
            "volume_mm3": round(float(self.mask.sum()) * self.volume.edge**3, 6),
            "surface_mm2": round(self.mesh.area, 6),
            "corners": len(self.mesh.corners),
            "triangles": len(self.mesh.triangles),
            "doubts": list(self.doubts),
            "poses": [
                {"file": path.name, "degrees": round(float(np.rad2deg(one.angle)), 3)}
                | {"x": round(one.x, 2), "y": round(one.y, 2)}
                for path, one in zip(self.sections.paths, self.poses, strict=True)
            ],
        }


def build(folder: Path, plan: Plan, progress: Progress | None = None) -> Body:
    """The body that the sections in a folder were cut from. Raises BadSections and UnreadableImage."""
    progress = progress or Silent()
    progress.begin("reading sections", None)
    sections = read_sections(folder, plan.inverted)
    progress.end()
    places, fields = _registration(sections, plan, progress)
    aligned = registered(sections.gray, places, fields)
    volume = isotropic(aligned, plan.pixel, plan.thickness, plan.edge)
    progress.begin("finding the surface", 1)
    mask, threshold = segment(volume.voxels, plan.object)
    mesh = meshes.surface(mask, volume.edge, plan.smooth)
    progress.end()
    spoiled = misfits(sections.paths, replace(sections, gray=aligned).planes(), plan.turn)
    doubts = (*gaps(sections.paths), *(f"{name}: {why}" for name, why in spoiled.items()))
    return Body(sections, places, fields, aligned, volume, mask, threshold, mesh, doubts)


def write(body: Body, out: Path, title: str) -> dict[str, Path]:
    """Volume, registered sections, meshes, viewer page and report, into a folder; nothing is left half done."""
    import cv2

    made = {name: out / name for name in FILES}
    out.mkdir(parents=True, exist_ok=True)
    for number, (path, one) in enumerate(zip(body.sections.paths, body.aligned, strict=True)):
        shown = 255 - one if body.sections.inverted else one
        done, coded = cv2.imencode(".png", shown)
        if not done:
            raise UnreadableImage(path, "its registered section could not be coded")
        write_bytes(out / "sections" / f"{number + 1:04d}-{path.stem}.png", bytes(coded))
    with replacing(made["volume.npy"]) as temporary, temporary.open("wb") as file:
        np.save(file, body.volume.voxels)
    meshes.write(body.mesh, made["mesh.ply"])
    meshes.write(body.mesh, made["mesh.stl"])
    write_text(made["view.html"], page(body.volume, body.mask, title, body.threshold))
    write_text(made["report.json"], json.dumps(body.report(), indent=1) + "\n")
    return {**made, "sections": out / "sections"}


def _registration(
    sections: Sections, plan: Plan, progress: Progress
) -> tuple[list[Pose], list[Field] | None]:
    planes = sections.planes()
    if not plan.register:
        return [Pose()] * len(planes), None
    places = poses(planes, progress, plan.turn, plan.straighten)
    if not plan.bend:
        return places, None
    return places, bends([moved(one, pose) for one, pose in zip(planes, places, strict=True)], progress)


def _agreement(stack: NDArray[np.uint8]) -> float:
    """Mean correlation of each section with the next."""
    planes: Callable[[int], NDArray[np.float32]] = lambda number: stack[number].astype(np.float32)  # noqa: E731
    return float(np.mean([likeness(planes(k), planes(k + 1)) for k in range(len(stack) - 1)]))
