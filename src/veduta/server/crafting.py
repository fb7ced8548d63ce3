"""Work on folders of this machine in the background: picture sets cleaned, sections built to a body."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from veduta.learn.set_cleaning import LIST, clean_set
from veduta.learn.set_report import write_report
from veduta.progress import Progress
from veduta.server.context import Context
from veduta.server.folders import whole_path
from veduta.server.models.edit import JobOut
from veduta.server.models.workshop import SectionsNew, SetCleaningNew
from veduta.server.problem import Refused
from veduta.space.segmentation import Wish
from veduta.space.slices import Plan, build, write
from veduta.space.workplace import workplace

REPORT = "report.html"


def clean(here: Context, new: SetCleaningNew) -> JobOut:
    """Queue the cleaning of a picture set; raises Refused and NotFound."""
    folder = _folder(new.folder)
    out = folder.parent / f"{folder.name}.clean" if new.out is None else _place(new.out)
    _check_out(folder, out)
    return here.renders.add("clean", None, None, partial(_clean, folder, out, new.labels))


def sections(here: Context, new: SectionsNew) -> JobOut:
    """Queue the building of a body of sections; raises Refused, NotFound and BadSections."""
    folder, out = _folder(new.folder), _place(new.out)
    _check_out(folder, out)
    plan = Plan(
        new.pixel,
        new.thickness,
        new.edge,
        new.turn,
        register=not new.aligned,
        bend=not new.rigid,
        straighten=new.straighten,
        inverted=None if new.ground == "auto" else new.ground == "bright",
        smooth=new.smooth,
        skip=new.skip_unreadable,
        object=Wish(new.threshold, new.opening, new.closing, new.least, new.fill),
    )
    return here.renders.add("sections", None, None, partial(_sections, folder, out, plan))


def _folder(path: str) -> Path:
    found = _place(path)
    if not found.is_dir():
        raise Refused(404, f"{found}: no such folder")
    return found


def _place(path: str) -> Path:
    """A path that can be one, without links."""
    try:
        found = Path(whole_path(path)).resolve()
        found.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused(422, f"wrong input: {path[:80]} cannot be a folder") from error
    return found


def _check_out(folder: Path, out: Path) -> None:
    """Nothing is written among what is given, nor over what is no folder."""
    if out.is_relative_to(folder):
        raise Refused(422, f"{out}: lies in the folder that is given; name another one for the results")
    if out.exists() and not out.is_dir():
        raise Refused(422, f"{out}: is no folder")


def _clean(folder: Path, out: Path, labels: bool, progress: Progress) -> dict[str, Any]:
    found = clean_set(folder, out, None, labels, progress)
    write_report(found, out / REPORT, progress)
    return {
        "pictures": found.pictures,
        "looked_at": found.looked_at,
        "flagged": len(found.faults),
        "faults": found.counts(),
        "notes": found.notes,
        "list": str(out / LIST),
        "report": str(out / REPORT),
    }


def _sections(folder: Path, out: Path, plan: Plan, progress: Progress) -> dict[str, Any]:
    with workplace(out) as work:
        body = build(folder, plan, work, progress)
        made = write(body, out, folder.name, progress)
    return {**body.report(), "files": {name: str(path) for name, path in made.items()}}
