"""Show photos to recognizers: the one loop that the command line, the library and tests share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.recognizer import Recognizer


@dataclass(slots=True)
class Seen:
    """What recognizers said of one photo, and (recognizer, reason) of those that failed on it."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


def see_photos(photos: Sequence[Photo], recognizers: Sequence[Recognizer]) -> list[list[Finding]]:
    """All findings of each photo, recognizer after recognizer; each sees all photos as one batch.

    A recognizer's exceptions go through; `see_carefully` keeps them.
    """
    found: list[list[Finding]] = [[] for _ in photos]
    for recognizer in recognizers:
        for findings, new in zip(found, _ask(recognizer, photos), strict=True):
            findings.extend(new)
    return found


def see_carefully(photos: Sequence[Photo], recognizers: Sequence[Recognizer]) -> list[Seen]:
    """Like `see_photos`, but what a recognizer fails on is noted with that photo, and all else goes on."""
    seen = [Seen() for _ in photos]
    for recognizer in recognizers:
        for one, outcome in zip(seen, _outcomes(recognizer, photos), strict=True):
            if isinstance(outcome, Exception):
                one.failures.append((recognizer.name, f"{type(outcome).__name__}: {outcome}"))
            else:
                one.findings.extend(outcome)
    return seen


def _outcomes(recognizer: Recognizer, photos: Sequence[Photo]) -> Iterator[list[Finding] | Exception]:
    if not photos:
        return
    try:
        yield from _ask(recognizer, photos)
    # A recognizer may be anybody's: whatever it raises concerns only the photos that it raises it for.
    except Exception as error:
        if len(photos) == 1:
            yield error
            return
        for photo in photos:
            yield from _outcomes(recognizer, [photo])


def _ask(recognizer: Recognizer, photos: Sequence[Photo]) -> list[list[Finding]]:
    findings = recognizer.see(photos) if photos else []
    if len(findings) != len(photos):
        raise ValueError(f"recognizer {recognizer.name}: {len(findings)} results for {len(photos)} photos")
    return findings
