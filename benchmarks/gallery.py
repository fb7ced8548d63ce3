"""A page of 30 pictures before and after retouching, the failures included: `python -m benchmarks.gallery FOLDER`.

Everything is done as the commands do it, with nothing chosen by hand but the photos. What a person said of each result
when looking at it stands in gallery_judged.csv.
"""

from __future__ import annotations

import csv
import html
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from benchmarks.figure import eval_dir
from veduta.edit.erase import Eraser, Wish
from veduta.edit.redaction import Order, Redactor
from veduta.edit.regions import Eyes
from veduta.edit.shots import Shots
from veduta.edit.stack import stack
from veduta.edit.tourists import Tourists
from veduta.errors import VedutaError
from veduta.files import write_text
from veduta.image.decode import read
from veduta.image.photo import Pixels

JUDGED = Path(__file__).with_name("gallery_judged.csv")
HEIGHT = 480


@dataclass(frozen=True, slots=True)
class Case:
    """What is done to a photo, or to the shots of a stack."""

    name: str
    how: str
    what: str
    photos: tuple[str, ...]


def shots(place: str, step: int) -> tuple[str, ...]:
    """Nine shots of a sequence."""
    return tuple(f"stack_moving/{place}/{number:04}.jpg" for number in range(0, 9 * step, step))


CASES = (
    *(Case(f"crane-{n}", "erase", "cranes", (f"removal_synth/crane_{n}_before.png",)) for n in ("07", "12", "21")),
    *(
        Case(f"person-{n}", "erase", "people", (f"removal_synth/person_{n}_before.png",))
        for n in ("07", "13", "20", "29", "30")
    ),
    *(
        Case(f"crane-photo-{n}", "erase", "cranes", (f"cranes_128px/crane/{n}.jpg",))
        for n in ("020", "131", "206")
    ),
    *(
        Case(f"tourists-{place}", "erase", "people", (f"landmarks/test/{place}/00{n}.jpg",))
        for place, n in (("tajmahal", 1), ("charminar", 5), ("sacre_coeur", 1), ("the_roman_colosseum", 2))
    ),
    *(
        Case(f"crowd-{n}", "erase", "people", (f"crowd_people38/test_img_{n}.jpg",))
        for n in (1, 3)
    ),
    *(
        Case(f"plate-{name.split('/')[1]}", "erase", "plates", (f"plates/{name}.jpg",))
        for name in ("eu/test_001", "us/car16", "br/ayo9034")
    ),
    *(
        Case(f"hidden-plate-{name.split('/')[1]}", "redact", "plates", (f"plates/{name}.jpg",))
        for name in ("eu/test_014", "us/car8")
    ),
    Case("hidden-faces", "redact", "faces", ("crowd_people38/test_img_2.jpg",)),
    Case("text-117", "erase", "text", ("ocr_scene_icdar15/img_117.jpg",)),
    Case("dog", "erase", "dog", ("objects_coco288/images/000000098304.jpg",)),
    Case("cat", "erase", "cat", ("objects_coco288/images/000000286720.jpg",)),
    Case("bus", "erase", "bus", ("objects_coco288/images/000000359937.jpg",)),
    *(
        Case(f"stack-{place}", "stack", "tourists", shots(place, step))
        for place, step in (("dancing", 7), ("duffield", 9), ("cornellstreet", 5))
    ),
)  # fmt: skip


def save_png(pixels: Pixels, path: Path) -> None:
    """Write RGB pixels."""
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def done(case: Case, out: Path, eyes: Eyes) -> str:
    """Do it, and say what was done; the result is in `out`, unless nothing was found."""
    paths = [eval_dir() / photo for photo in case.photos]
    if case.how == "stack":
        stacked = stack(Shots(paths), Tourists())
        save_png(stacked.pixels, out)
        return (
            f"{len(stacked.used)} of {len(paths)} shots used, {stacked.standing} people stood in all of them"
        )
    if case.how == "redact":
        hidden = Redactor(Order((case.what,)), eyes).redact(paths[0], out).hidden
        return ", ".join(f"{count} {what} hidden" for what, count in hidden.items()) or "nothing found"
    removed = Eraser(Wish((case.what,)), eyes).erase(paths[0], out).removed
    return f"{len(removed)} removed" if removed else "nothing found"


def main(folder: Path, names: Sequence[str] = ()) -> Path:
    """Make the page, of all cases or of those named."""
    with JUDGED.open(encoding="utf-8") as table:
        judged = {row["case"]: (row["verdict"], row["why"]) for row in csv.DictReader(table)}
    eyes, parts = Eyes(), []
    for case in CASES:
        if names and case.name not in names:
            continue
        before = eval_dir() / case.photos[0]
        out = folder / f"{case.name}-after{'.png' if case.how == 'stack' else before.suffix}"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.unlink(missing_ok=True)
        try:
            told = done(case, out, eyes)
        except VedutaError as error:
            told = str(error)
        save_png(read(before, 1600), folder / f"{case.name}-before.png")
        verdict, why = judged.get(case.name, ("not judged", ""))
        print(f"{case.name}: {told}: {verdict}", flush=True)
        after = f'<img src="{html.escape(out.name)}" alt="after">' if out.exists() else "<p>no result</p>"
        said = f"({case.how} {case.what}): {told}. {verdict}. {why}"
        parts.append(
            f'<figure><div><img src="{case.name}-before.png" alt="before">{after}</div>'
            f"<figcaption><b>{case.name}</b> {html.escape(said)}</figcaption></figure>"
        )
    page = folder / "gallery.html"
    write_text(page, PAGE.replace("{pairs}", "\n".join(parts)))
    return page


PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Before and after</title>
<style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:80rem;padding:0 1rem;color-scheme:light dark}}
figure{{margin:0 0 2.5rem}}figure div{{display:flex;gap:.5rem;flex-wrap:wrap}}
img{{max-height:{HEIGHT}px;max-width:100%}}</style>
<h1>Before and after</h1>
{{pairs}}
</html>
"""

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m benchmarks.gallery FOLDER [CASE...]")
    print(main(Path(sys.argv[1]), sys.argv[2:]))
