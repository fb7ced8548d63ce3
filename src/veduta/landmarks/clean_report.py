"""The page on which a person sees what was dropped from a bank, and chooses what to put back; one file, no network."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from veduta.errors import UnreadableImage
from veduta.files import replacing
from veduta.image.decode import load
from veduta.image.thumbnails import encode
from veduta.landmarks.bank import Bank, BankPhoto
from veduta.landmarks.census import Count, census
from veduta.landmarks.references import WANTED
from veduta.progress import Progress, Silent

MOST = 1500
"""Photos shown at most: those nearest to the threshold, which are most likely to be wrong."""
_SIDE = 300
_SMALL = 120
_QUALITY = 60


def write_report(bank: Bank, path: Path, progress: Progress | None = None) -> Path:
    """Write the page to `path`, and return it."""
    progress = progress or Silent()
    counts = list(census(bank))
    dropped = "landmark != '' AND state = 'dropped'"
    total = int(bank.one(f"SELECT count(*) FROM photos WHERE {dropped}"))
    # Photos that only just fell out come first, doubles and broken files last.
    order = "ORDER BY judge != 'clean', score DESC, id"
    shown = {row[0] for row in bank.rows(f"SELECT id FROM photos WHERE {dropped} {order} LIMIT {MOST}")}
    title = f"What was dropped from {bank.folder.absolute().name}"
    head, tail = _template(title, _summary(counts, total, len(shown)), bank)
    progress.begin("writing the report", len(counts))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as page:
        page.write(head)
        for count in counts:
            page.writelines(_section(bank, count, shown))
            progress.advance()
        page.write(_clean_ones(counts))
        page.write(tail)
    progress.end()
    return path


def _template(title: str, summary: str, bank: Bank) -> tuple[str, str]:
    """The page up to the landmarks, and from there on."""
    text = (files("veduta.landmarks") / "clean.html").read_text("utf-8")
    command = f"veduta landmarks clean {shlex.quote(str(bank.folder))} --restore restore.txt"
    text = text.replace("<!--TITLE-->", escape(title)).replace("<!--SUMMARY-->", summary)
    text = text.replace("<body>", f'<body data-command="{escape(command)}">')
    head, _, tail = text.partition("<!--BODY-->")
    return head, tail


def _summary(counts: list[Count], dropped: int, shown: int) -> str:
    photos, kept = sum(c.photos for c in counts), sum(c.kept for c in counts)
    cleaned, doubles = sum(c.cleaned for c in counts), sum(c.doubles for c in counts)
    lines = [
        f"{len(counts)} landmarks, {photos} photos: {kept} kept, {cleaned} unlike their landmark, {doubles} doubles, "
        f"{sum(c.unreadable for c in counts)} unreadable or tiny."
    ]
    if shown < dropped:
        lines.append(f"The {shown} nearest to the threshold of all {dropped} dropped ones are shown.")
    return "\n".join(f"<p>{escape(line)}</p>" for line in lines)


def _section(bank: Bank, count: Count, shown: set[int]) -> Iterator[str]:
    """One landmark of which something was dropped: its references beside the dropped photos."""
    columns = "SELECT path FROM photos WHERE landmark = ? AND"
    order = "ORDER BY judge != 'clean', score DESC, path"
    paths = list(bank.rows(f"{columns} state = 'dropped' {order}", (count.id,)))
    photos = [photo for (path,) in paths if (photo := bank.find(path)) is not None and photo.id in shown]
    if not photos:
        return
    references = [
        row[0] for row in bank.rows(f"{columns} reference = 1 ORDER BY path LIMIT {WANTED}", (count.id,))
    ]
    remarks = "; ".join(count.remarks)
    yield f'<section id="{escape(count.id)}"><div class="head"><h2>{escape(count.name)}</h2>'
    yield f'<span class="quiet">{count.kept} of {count.photos} kept</span>'
    if remarks:
        yield f'<span class="quiet small">{escape(remarks)}</span>'
    yield '</div>\n<div class="body"><div class="references"><h3>References</h3><div>'
    for path in references:
        picture = _picture(Path(path), _SMALL)
        if picture:
            yield f'<img alt="Reference {escape(Path(path).name)}" src="{picture}">'
    yield '</div></div>\n<div class="dropped"><h3>Dropped</h3><div class="grid">\n'
    for photo in photos:
        yield _photo(photo)
    yield "</div></div></div></section>\n"


def _photo(photo: BankPhoto) -> str:
    picture = _picture(photo.path, _SIDE) if photo.hash is not None else ""
    name = escape(photo.path.name)
    inside = f'<img alt="" loading="lazy" src="{picture}">' if picture else '<i class="none">no picture</i>'
    if photo.hash is None:
        state = 'aria-disabled="true"'
    else:
        state = f'aria-pressed="false" data-path="{escape(str(photo.path))}"'
    return (
        f'<button type="button" class="photo" {state}>{inside}'
        f"<span><b>{name}</b>{escape(photo.why)}</span></button>\n"
    )


def _picture(path: Path, side: int) -> str:
    """A small picture as a data address; empty where the file cannot be read."""
    try:
        data = encode(load(path, side).pixels, _QUALITY)
    except UnreadableImage:
        return ""
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def _clean_ones(counts: list[Count]) -> str:
    """The landmarks of which nothing was dropped, named only."""
    names = [escape(c.name) for c in counts if c.photos and c.photos == c.kept]
    if not names:
        return ""
    text = ", ".join(names)
    return f"<section><details><summary>{len(names)} landmarks lost nothing</summary><p>{text}</p></details></section>"
