"""Why a photo was found, in words for people: "object: dog (0.93)", "taken in Paris, France"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.library import dates, phrases, words
from veduta.library.attractions import Attraction, attraction
from veduta.library.lexicon import INFERRED, PLACES, SEEN, Known
from veduta.library.matching import CUT, Leaf
from veduta.library.query import Filter
from veduta.library.schema import Document, Face, FileRow, FindingRow, Keyword, PhotoRow, Place
from veduta.library.text_index import named, parents, unpack

_LONGEST = 80
_BATCH = 500


@dataclass
class _Facts:
    """What is told of one photo."""

    terms: dict[int, int] = field(default_factory=dict)
    photo: Any = None
    place: str = ""
    findings: list[tuple[str, str, float, tuple[str, ...]]] = field(default_factory=list)
    landmarks: list[Attraction] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    persons: set[int] = field(default_factory=set)


def why(session: Session, ids: Sequence[int], leaves: Sequence[Leaf]) -> dict[int, list[str]]:
    """For each photo, what makes it match the leaves of a search; the strongest reason of each leaf."""
    if not leaves:
        return {photo_id: [] for photo_id in ids}
    found: dict[int, list[str]] = {}
    for start in range(0, len(ids), _BATCH):
        found |= _why(session, ids[start : start + _BATCH], leaves)
    return found


def _why(session: Session, ids: Sequence[int], leaves: Sequence[Leaf]) -> dict[int, list[str]]:
    facts = _facts(session, ids, leaves)
    return {
        photo_id: list(
            dict.fromkeys(
                reason
                for leaf in leaves
                if not leaf.negated
                for reason in [_reason(facts[photo_id], leaf)]
                if reason
            )
        )
        for photo_id in ids
    }


def _facts(session: Session, ids: Sequence[int], leaves: Sequence[Leaf]) -> Mapping[int, _Facts]:
    """What the reasons are told from; only what some leaf may ask for is read."""
    facts = {photo_id: _Facts() for photo_id in ids}
    used = {known.field for leaf in leaves if not leaf.negated for known in leaf.terms}
    phrased = any(leaf.phrase is not None for leaf in leaves)
    for photo_id, data in session.execute(
        select(Document.photo_id, Document.terms).where(Document.photo_id.in_(ids))
    ):
        pairs = unpack(data)
        facts[photo_id].terms = dict(zip(pairs["term"].tolist(), pairs["weight"].tolist(), strict=True))
    for row in session.execute(
        select(
            PhotoRow.id, PhotoRow.day, PhotoRow.title, PhotoRow.description, PhotoRow.camera, PhotoRow.lens,
            Place.city, Place.country,
        )
        .outerjoin(Place, Place.id == PhotoRow.place_id)
        .where(PhotoRow.id.in_(ids))
    ):  # fmt: skip
        facts[row.id].photo = row
        facts[row.id].place = f"{row.city}, {row.country}" if row.city else ""
        facts[row.id].titles = [text for text in (row.title, row.description) if text]
    if phrased or used & {"title", "keyword"}:
        words_given = select(Keyword.photo_id, Keyword.word).where(Keyword.photo_id.in_(ids))
        for photo_id, word in session.execute(words_given):
            facts[photo_id].titles.append(word)
    if phrased or "file" in used:
        paths = select(FileRow.photo_id, FileRow.path).where(FileRow.photo_id.in_(ids))
        for photo_id, path in session.execute(paths.order_by(FileRow.id)):
            facts[photo_id].files.append(path)
    if any(leaf.persons for leaf in leaves):
        seen = select(Face.photo_id, Face.person_id).where(Face.photo_id.in_(ids))
        for photo_id, person_id in session.execute(seen.where(Face.person_id.is_not(None))):
            facts[photo_id].persons.add(person_id or 0)
    _add_findings(session, facts, phrased, used)
    return facts


def _add_findings(session: Session, facts: Mapping[int, _Facts], phrased: bool, used: set[str]) -> None:
    kinds = {name.rstrip("+") for name in used if name in SEEN}
    kinds |= {"person"} if "object" in kinds else set()
    kinds |= {"landmark"} if used & set(INFERRED) else set()
    kinds |= {"text", "plate"} if phrased or "text" in used else set()
    if not kinds:
        return
    columns = (FindingRow.kind, FindingRow.name, FindingRow.score, FindingRow.text, FindingRow.extra)
    for photo_id, kind, name, score, text, extra in session.execute(
        select(FindingRow.photo_id, *columns)
        .where(FindingRow.photo_id.in_(list(facts)), FindingRow.kind.in_(sorted(kinds)))
        .order_by(FindingRow.id)
    ):
        if kind in ("text", "plate"):
            facts[photo_id].lines.append(text or "")
        elif kind == "landmark":
            facts[photo_id].landmarks.append(attraction(photo_id, name, score, extra))
        else:
            seen = "object" if kind == "person" else kind
            facts[photo_id].findings.append((seen, named(name), score, parents(extra)))


def _reason(facts: _Facts, leaf: Leaf) -> str:
    if leaf.looks:
        score = leaf.looks.get(facts.photo.id)
        return "" if score is None else f"looks like: {leaf.text} ({score:.2f})"
    for number, name in leaf.persons:
        if number in facts.persons:
            return f"person: {name}"
    if leaf.phrase is not None:
        return _phrase(facts, leaf.phrase) or _term(facts, leaf)
    if leaf.days is not None and _within(facts.photo.day or 0, leaf):
        return f"taken on {dates.date_of(facts.photo.day).isoformat()}"
    return _term(facts, leaf)


def _term(facts: _Facts, leaf: Leaf) -> str:
    """The strongest of a leaf's terms that the photo has."""
    present = [
        (facts.terms[known.term] / 255 * known.factor, known)
        for known in leaf.terms
        if known.term in facts.terms
    ]
    if not present:
        return leaf.text if isinstance(leaf.node, Filter) and leaf.node.field == "album" else ""
    strength, best = max(present, key=lambda found: (found[0], -found[1].term))
    return _say(facts, best, [known for _, known in present]) if strength >= CUT else ""


def _say(facts: _Facts, best: Known, present: Sequence[Known]) -> str:
    if best.field == "landmark" or best.field in INFERRED:
        return _landmark(facts, best)
    if best.field in SEEN:
        return _seen(facts, best)
    if best.field in PLACES:
        return f"taken in {facts.place or best.word}"
    stems = {known.word for known in present if known.field == best.field}
    if best.field == "text":
        return _quoted("text", facts.lines, stems)
    if best.field == "title":
        return _quoted("title", facts.titles, stems)
    if best.field == "file":
        return f"file: {PurePath(facts.files[0]).name}" if facts.files else ""
    if best.field == "gear":
        return f"camera: {facts.photo.camera or facts.photo.lens}"
    if best.field in ("camera", "lens"):
        return f"{best.field}: {getattr(facts.photo, best.field) or best.word}"
    if best.field == "people":
        return "1 person" if best.word == "1" else f"{best.word} people"
    if best.field in ("rating", "keyword"):
        return f"{best.field}: {best.word}"
    return best.word


def _landmark(facts: _Facts, known: Known) -> str:
    """The landmark itself, or the one that stands where the photo must have been taken."""
    where = known.field.rstrip("+")
    fit = [
        one
        for one in facts.landmarks
        if named(one.name if where == "landmark" else getattr(one, where)) == known.word
    ]
    if not fit:
        return f"{where}: {known.word}"
    best = max(fit, key=lambda one: one.score)
    told = f"landmark: {best.name} ({best.score:.2f})"
    return told if where == "landmark" or not best.where else f"{told}, in {best.where}"


def _seen(facts: _Facts, known: Known) -> str:
    kind = known.field.rstrip("+")
    of_kind = [found for found in facts.findings if found[0] == kind]
    if known.field == kind:
        score = max((found[2] for found in of_kind if found[1] == known.word), default=0.0)
        return f"{kind}: {known.word} ({score:.2f})"
    kinds = [found for found in of_kind if known.word in words.broader(found[1], found[3])]
    if not kinds:
        return f"{kind}: {known.word}"
    _, name, score, _ = max(kinds, key=lambda found: found[2])
    return f"{kind}: {name} ({score:.2f}), a kind of {known.word}"


def _quoted(what: str, texts: Sequence[str], stems: set[str]) -> str:
    """The first text that has most of the stems, cut around the first of them."""
    if not texts:
        return ""

    def hits(text: str) -> int:
        return len(stems & {*words.stems(text), *words.characters(text)})

    best = max(texts, key=hits)
    return f"{what}: '{_cut(best, stems)}'"


def _cut(text: str, stems: Iterable[str]) -> str:
    text = " ".join(text.split())
    if len(text) <= _LONGEST:
        return text
    low = text.casefold()
    at = min((low.find(stem) for stem in stems if low.find(stem) >= 0), default=0)
    start = max(0, min(at - _LONGEST // 3, len(text) - _LONGEST))
    end = start + _LONGEST
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _phrase(facts: _Facts, phrase: Sequence[str]) -> str:
    for what, texts in (("text", [*facts.lines, " ".join(facts.lines)]), ("title", facts.titles)):
        for text in texts:
            if phrases.holds(text, phrase):
                return f"{what}: '{_cut(text, phrase)}'"
    for path in facts.files:
        pure = PurePath(path)
        if any(phrases.holds(part, phrase) for part in (pure.stem, *pure.parts[-3:-1])):
            return f"file: {pure.name}"
    return ""


def _within(day: int, leaf: Leaf) -> bool:
    if not day or leaf.days is None:
        return False
    if isinstance(leaf.node, Filter) and leaf.node.field in ("after", "before"):
        return True
    return any(start <= day <= end for start, end in leaf.days.spans) or any(
        start <= day % 10_000 <= end or (start > end and (day % 10_000 >= start or day % 10_000 <= end))
        for start, end in leaf.days.yearly
    )
