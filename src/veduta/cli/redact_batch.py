"""Where the redacted copies of many photos go, which are done already, and the report on them."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veduta.cli.copies import Copies

if TYPE_CHECKING:
    from veduta.edit.redaction import Order

# Beside the copies: a line for each photo that is done, and the page that shows them.
MEMORY, PAGE, REPORT = "redacted.jsonl", "redacted.html", "redacted.json"
THUMBNAIL = 360


class Batch(Copies):
    """Copies with a page that shows them."""

    def __init__(self, given: Sequence[Path], paths: Sequence[Path], out: Path, order: Order) -> None:
        """Raise BadParameter where a copy would be written over a photo."""
        super().__init__(given, paths, out, MEMORY, _fingerprint(order))

    def report(self, results: Sequence[dict[str, Any]]) -> None:
        """Write what was done as JSON and as a page that shows the copies only, never an original."""
        if self.single:
            return
        from veduta.files import write_text

        totals: Counter[str] = Counter()
        for result in results:
            totals.update(result["hidden"])
        told = {"photos": len(results), "hidden": dict(totals), "results": list(results)}
        write_text(self.out / REPORT, json.dumps(told, indent=1) + "\n")
        write_text(self.out / PAGE, page(results, totals))


def page(results: Sequence[dict[str, Any]], totals: Counter[str]) -> str:
    """The page: what the copies look like and how much was hidden in each."""
    rows = []
    for result in results:
        name = html.escape(Path(result["path"]).name.encode("utf-8", "backslashreplace").decode())
        shown = _thumbnail(Path(result["out"])) if result["out"] is not None else None
        picture = f'<img src="data:image/jpeg;base64,{shown}" alt="">' if shown else "<div class=none></div>"
        said = result["error"] or _said(result["hidden"], result["kept"])
        rows.append(
            f"<figure>{picture}<figcaption><b>{name}</b><br>{html.escape(said)}</figcaption></figure>"
        )
    return PAGE_TEXT.format(count=len(results), total=html.escape(_said(totals, 0)), rows="\n".join(rows))


def _said(hidden: dict[str, int] | Counter[str], kept: int) -> str:
    parts = [f"{count} {what}" for what, count in hidden.items()]
    said = f"{', '.join(parts)} hidden" if parts else "nothing found"
    return f"{said}, {kept} kept" if kept else said


def _thumbnail(path: Path) -> str | None:
    from PIL import Image

    from veduta.errors import UnreadableImage
    from veduta.image.decode import read

    try:
        picture = Image.fromarray(read(path, THUMBNAIL))
    except (UnreadableImage, OSError):
        return None
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode("ascii")


def _fingerprint(order: Order) -> str:
    """What was ordered, as a short text; faces by their vectors."""
    digest = hashlib.sha256(json.dumps([order.what, order.style, order.every, order.words]).encode())
    for name, vectors in sorted(order.known.items()):
        digest.update(name.encode("utf-8", "surrogateescape") + vectors.tobytes())
    return digest.hexdigest()[:16]


PAGE_TEXT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Redacted photos</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 1.2rem }}
figure {{ margin: 0 }}
img, .none {{ width: 100%; aspect-ratio: 4/3; object-fit: contain; background: #8882; border-radius: 6px }}
figcaption {{ overflow-wrap: anywhere }}
</style>
<h1>{count} photos</h1>
<p>{total}. These are the copies; the originals are not shown here.</p>
<main>
{rows}
</main>
</html>
"""
