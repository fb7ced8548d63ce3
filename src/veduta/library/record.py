"""What recognizers saw in photos, into the catalog: findings, vectors, faces, verdicts and text index
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from veduta.library.problems import problem
from veduta.library.schema import (
    Face,
    FaceConstraint,
    FileRow,
    FindingRow,
    PhotoRow,
    Problem,
    VectorRow,
    Work,
    now,
)
from veduta.library.walk import Seen
from veduta.see.box import overlap
from veduta.see.finding import Box, Finding

THUMBNAILS = "thumbnails"
"""Name under which thumbnails, fingerprint and average color stand in the table of work."""
THUMBNAILS_VERSION = "1"
_SAME_FACE = 0.5


@dataclass(slots=True)
class Looks:
    """What a photo's pixels tell without a network: a fingerprint and the average color."""

    phash: int
    color: str


@dataclass(slots=True)
class Analysis:
    """What came of one photo: findings by (recognizer, version), and the reasons of those that failed."""

    photo_id: int
    paths: list[str]
    looks: Looks | None = None
    findings: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)  # by path, when none of the files could be read


def record(session: Session, analyses: Sequence[Analysis]) -> list[int]:
    """Write analyses; older findings of the same recognizers are replaced. The photos that have new faces.

    One transaction: of a photo and a recognizer, the catalog has either the old or the new findings.
    """
    with_faces = []
    for analysis in analyses:
        if session.get(PhotoRow, analysis.photo_id) is None:
            continue
        if analysis.unreadable:
            _give_up(session, analysis)
            continue
        if analysis.looks is not None:
            _write_looks(session, analysis.photo_id, analysis.looks)
        for (recognizer, version), findings in analysis.findings.items():
            if _replace(session, analysis.photo_id, recognizer, version, findings):
                with_faces.append(analysis.photo_id)
        for (recognizer, version), reason in analysis.failures.items():
            _verdict(session, analysis.photo_id, recognizer, version, reason)
        _tell_problems(session, analysis)
        _count_people(session, analysis.photo_id)
    return with_faces


def _write_looks(session: Session, photo_id: int, looks: Looks) -> None:
    signed = looks.phash - (1 << 64) if looks.phash >= 1 << 63 else looks.phash
    session.execute(update(PhotoRow).where(PhotoRow.id == photo_id).values(phash=signed, color=looks.color))
    _verdict(session, photo_id, THUMBNAILS, THUMBNAILS_VERSION, None)


def _replace(session: Session, photo_id: int, recognizer: str, version: str, findings: list[Finding]) -> bool:
    """Put new findings in place of a recognizer's old ones; whether there are faces among them."""
    old_faces = session.execute(
        select(Face.finding_id, Face.person_id, Face.confirmed, Face.x, Face.y, Face.w, Face.h)
        .join(FindingRow, FindingRow.id == Face.finding_id)
        .where(Face.photo_id == photo_id, FindingRow.recognizer == recognizer)
    ).all()
    session.execute(
        delete(FindingRow).where(FindingRow.photo_id == photo_id, FindingRow.recognizer == recognizer)
    )
    ids: list[int] = []
    if findings:
        rows = [_row(photo_id, recognizer, version, finding) for finding in findings]
        statement = insert(FindingRow).returning(FindingRow.id, sort_by_parameter_order=True)
        ids = list(session.scalars(statement, rows))
    vectors = [
        {"photo_id": photo_id, "finding_id": key, "space": f"{recognizer}@{version}", "data": finding.vector}
        for key, finding in zip(ids, findings, strict=True)
        if finding.vector is not None
    ]
    if vectors:
        session.execute(insert(VectorRow), vectors)
    faces: list[dict[str, object]] = [
        {
            "finding_id": key,
            "photo_id": photo_id,
            "person_id": None,
            "confirmed": False,
            **dict(zip("xywh", map(float, finding.box), strict=True)),
            "score": float(finding.score),
            "quality": _face_quality(finding),
        }
        for key, finding in zip(ids, findings, strict=True)
        if finding.kind == "face" and finding.box is not None
    ]
    for key, person, confirmed, *box in old_faces:
        same = _same_face((box[0], box[1], box[2], box[3]), faces)
        if same is not None:
            same["person_id"], same["confirmed"] = person, confirmed
            for column in (FaceConstraint.face_a, FaceConstraint.face_b):
                session.execute(
                    update(FaceConstraint).where(column == key).values({column: same["finding_id"]})
                )
    if faces:
        session.execute(insert(Face), faces)
    _verdict(session, photo_id, recognizer, version, None)
    return bool(faces) or bool(old_faces)


def _overall(quality: object) -> float | None:
    """A face's quality as one number; recognizers may give its parts too."""
    value = quality.get("overall") if isinstance(quality, Mapping) else quality
    return float(value) if isinstance(value, int | float) else None


def _row(photo_id: int, recognizer: str, version: str, finding: Finding) -> dict[str, object]:
    box = (None,) * 4 if finding.box is None else tuple(float(v) for v in finding.box)
    return {
        "photo_id": photo_id,
        "kind": finding.kind,
        "name": finding.name,
        "score": float(finding.score),
        **dict(zip("xywh", box, strict=True)),
        "polygon": None if finding.polygon is None else [[float(a), float(b)] for a, b in finding.polygon],
        "mask": None if finding.mask is None else dict(finding.mask),
        "text": finding.text,
        "extra": dict(finding.extra) or None,
        "recognizer": recognizer,
        "version": version,
    }


def _face_quality(finding: Finding) -> float | None:
    quality = finding.extra.get("quality")
    overall = quality.get("overall") if isinstance(quality, Mapping) else quality
    return None if overall is None else float(overall)


def _same_face(box: Box, faces: list[dict[str, object]]) -> dict[str, object] | None:
    """The new face that covers an old one; none that another old face already is."""
    best, most = None, _SAME_FACE
    for face in faces:
        found = overlap(box, tuple(float(str(face[side])) for side in "xywh"))
        if found > most and face["person_id"] is None:
            best, most = face, found
    return best


def _verdict(session: Session, photo_id: int, recognizer: str, version: str, reason: str | None) -> None:
    session.merge(
        Work(
            photo_id=photo_id,
            recognizer=recognizer,
            version=version,
            state="done" if reason is None else "failed",
            reason=reason,
            done_at=now(),
        )
    )


def _tell_problems(session: Session, analysis: Analysis) -> None:
    """One line for each photo on which recognizers fail; gone when none does any more."""
    session.flush()
    failed = session.execute(
        select(Work.recognizer, Work.reason)
        .where(Work.photo_id == analysis.photo_id, Work.state == "failed")
        .order_by(Work.recognizer)
    ).all()
    if failed:
        path = session.scalar(
            select(func.min(FileRow.path)).where(
                FileRow.photo_id == analysis.photo_id,
                FileRow.role == "original",
                FileRow.missing_since.is_(None),
            )
        )
        reason = "; ".join(f"{name}: {why}" for name, why in failed)
        names = ",".join(name for name, _ in failed)
        problem(
            session,
            path or analysis.paths[0],
            reason,
            kind="recognizer",
            photo_id=analysis.photo_id,
            recognizer=names,
        )
    else:
        session.execute(delete(Problem).where(Problem.photo_id == analysis.photo_id))


def _count_people(session: Session, photo_id: int) -> None:
    counted = session.execute(
        select(FindingRow.kind, func.count())
        .where(FindingRow.photo_id == photo_id, FindingRow.kind.in_(("person", "face")))
        .group_by(FindingRow.kind)
    )
    people = max((count for _, count in counted), default=0)
    session.execute(update(PhotoRow).where(PhotoRow.id == photo_id).values(people_count=people))


def _give_up(session: Session, analysis: Analysis) -> None:
    """List the files of a photo that cannot be read; a photo of which nothing is known yet is taken out
    again.
    """
    photo_id = analysis.photo_id
    if session.scalar(select(func.count()).where(Work.photo_id == photo_id, Work.state == "done")):
        first = next(iter(analysis.unreadable.values()))
        for recognizer, version in analysis.failures:
            _verdict(session, photo_id, recognizer, version, first)
        _tell_problems(session, analysis)
        return
    rows = session.scalars(
        select(FileRow).where(FileRow.photo_id == photo_id, FileRow.role == "original")
    ).all()
    first = next(iter(analysis.unreadable.values()))
    for row in rows:
        seen = Seen(row.path, row.bytes, row.mtime_ns)
        problem(session, row.path, analysis.unreadable.get(row.path, first), seen)
    session.expunge_all()
    session.execute(delete(PhotoRow).where(PhotoRow.id == photo_id))
