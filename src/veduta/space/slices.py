"""From pictures of sections to a body: register, rebuild, segment, mesh, show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
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
from veduta.space.journal import Journal
from veduta.space.pose import Plane, Pose, likeness, moved
from veduta.space.sections import BadSections, Sections, grounded, read_sections
from veduta.space.segmentation import Wish, check, segment
from veduta.space.stack import Made, Stack
from veduta.space.viewer import page
from veduta.space.volume import Volume, isotropic, registered
from veduta.space.workplace import COMPARISONS

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
    skip: bool = False
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
    """What was made of a stack; the sections lie in files of the workplace."""

    sections: Sections
    poses: list[Pose]
    aligned: Stack
    agreements: tuple[float, float]
    volume: Volume
    mask: NDArray[np.bool_]
    threshold: int
    mesh: meshes.Mesh
    doubts: tuple[str, ...] = ()
    reduced: bool = False

    def report(self) -> dict[str, Any]:
        """What is worth knowing of it, as JSON."""
        return {
            "sections": len(self.poses),
            "left_out": [{"file": name, "reason": why} for name, why in self.sections.left_out.items()],
            "inverted": self.sections.inverted,
            "agreement_before": round(self.agreements[0], 4),
            "agreement_after": round(self.agreements[1], 4),
            "voxels": list(self.volume.voxels.shape[::-1]),
            "edge_mm": self.volume.edge,
            "reduced": self.reduced,
            "threshold": self.threshold,
            "volume_mm3": round(sum(int(layer.sum()) for layer in self.mask) * self.volume.edge**3, 6),
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


def build(folder: Path, plan: Plan, work: Path, progress: Progress | None = None) -> Body:
    """The body that the sections in a folder were cut from.

    A few sections are in memory at a time, the others in files in `work`; what a run that was killed had finished
    there is not done again. Raises BadSections and UnreadableImage.
    """
    progress = progress or Silent()
    sections = read_sections(folder, work, plan.inverted, plan.skip, progress)
    check(sections.counts, plan.object)
    places, fields = _registration(sections, plan, work, progress)
    count = len(places)
    aligned = Stack(work / "aligned.raw", *sections.gray.shape)
    progress.begin("laying sections straight", count)
    for number, place in enumerate(places):
        aligned[number] = registered(sections.gray[number], place, None if fields is None else fields[number])
        progress.advance()
    progress.begin("rebuilding the volume", 1)
    volume = isotropic(aligned, plan.pixel, plan.thickness, plan.edge, sections.heights)
    reduced = plan.edge is None and volume.edge > plan.pixel
    progress.begin("finding the surface", None)
    mask, threshold = segment(volume.voxels, plan.object)
    mesh = meshes.surface(mask, volume.edge, plan.smooth)
    progress.begin("looking for spoiled sections", None)
    laid = Made(count, lambda number: grounded(aligned[number]), 2)
    spoiled = misfits(sections.paths, laid, plan.turn)
    doubts = (*gaps(sections.paths, sections.left_out), *(f"{name}: {why}" for name, why in spoiled.items()))
    agreements = (_agreement(sections.gray), _agreement(aligned))
    progress.end()
    return Body(sections, places, aligned, agreements, volume, mask, threshold, mesh, doubts, reduced)


def write(body: Body, out: Path, title: str, progress: Progress | None = None) -> dict[str, Path]:
    """Volume, registered sections, meshes, viewer page and report, into a folder; nothing is left half done."""
    import cv2

    progress = progress or Silent()
    made = {name: out / name for name in FILES}
    out.mkdir(parents=True, exist_ok=True)
    progress.begin("writing sections", len(body.aligned))
    for number, (path, one) in enumerate(zip(body.sections.paths, body.aligned, strict=True)):
        shown = 255 - one if body.sections.inverted else one
        done, coded = cv2.imencode(".png", shown)
        if not done:
            raise UnreadableImage(path, "its registered section could not be coded")
        write_bytes(out / "sections" / f"{number + 1:04d}-{path.stem}.png", bytes(coded))
        progress.advance()
    progress.begin("writing volume, surface and page", None)
    with replacing(made["volume.npy"]) as temporary, temporary.open("wb") as file:
        np.save(file, body.volume.voxels)
    meshes.write(body.mesh, made["mesh.ply"])
    meshes.write(body.mesh, made["mesh.stl"])
    write_text(made["view.html"], page(body.volume, body.mask, title, body.threshold))
    write_text(made["report.json"], json.dumps(body.report(), indent=1) + "\n")
    progress.end()
    return {**made, "sections": out / "sections"}


def _registration(
    sections: Sections, plan: Plan, work: Path, progress: Progress
) -> tuple[list[Pose], list[Field] | None]:
    count = len(sections.paths)
    if not plan.register:
        return [Pose()] * count, None
    planes = Made(count, sections.plane, 2)
    compared = Journal(work / COMPARISONS, _mark(sections, plan.turn))
    places = poses(planes, progress, plan.turn, plan.straighten, sections.heights, compared)
    if not plan.bend:
        return places, None
    lying = Made(count, lambda number: moved(sections.plane(number), places[number]), 2)
    bent = Journal(work / "bends", _mark(sections, plan.turn, plan.straighten))
    return places, bends(lying, progress, sections.heights, bent)


def _mark(sections: Sections, *wishes: float) -> str:
    """What tells these sections, registered by these wishes in this way, from others."""
    return hashlib.blake2b(f"1 {sections.fingerprint} {wishes}".encode(), digest_size=16).hexdigest()


def _agreement(stack: Stack) -> float:
    """Mean correlation of each section with the next."""
    planes: Sequence[Plane] = Made(len(stack), lambda number: stack[number].astype(np.float32), 2)
    return float(np.mean([likeness(planes[k], planes[k + 1]) for k in range(len(stack) - 1)]))
