"""Learns number plates: ``python -m benchmarks.train_plates``, about a quarter of an hour on one quiet core.

Plates of many countries are drawn, put into parts of the photos of landmarks/others/train and landmarks/bank, and
looked at through the text detector; the head that learns from it goes into the package with a record beside it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from benchmarks.figure import eval_dir
from veduta.files import write_text
from veduta.learn.plates_data import make
from veduta.learn.plates_network import save_onnx
from veduta.learn.plates_train import examples, joined, train

TARGET = Path(__file__).parents[1] / "src/veduta/see/data/plates.onnx"
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
# (seed, scenes) of each part; without scenes, the photos as they are, for what is no plate.
PARTS = ((1, 900), (2, 1200), (1000, 0))
SEED = 1
# First on drawn plates and signs alone, then with the photos as they are.
SECONDS = (90.0, 120.0)


def main() -> None:
    """Draw, look, learn, and write the head and its record into the package."""
    folder = eval_dir() / "landmarks"
    photos = [
        path
        for part in (folder / "others/train", folder / "bank")
        for path in sorted(part.rglob("*"))
        if path.suffix.lower() in PICTURES
    ]
    parts = [make(photos, scenes, seed, as_they_are=not scenes) for seed, scenes in PARTS]
    # The first part is seen twice, the second time in other light.
    drawn = joined(examples(parts[:1], 7), examples(parts[1:-1], 7, changes=0))
    head = train(drawn, SECONDS[0], SEED, lambda step: print(step, flush=True))
    known = joined(drawn, examples(parts[-1:], 7, changes=0))
    head = train(known, SECONDS[1], SEED, lambda step: print(step, flush=True), head)
    save_onnx(head, TARGET)
    record = {
        "made_by": "python -m benchmarks.train_plates",
        "seed": SEED,
        "parts": [{"seed": seed, "scenes": scenes} for seed, scenes in PARTS],
        "photos": len(photos),
        "windows": len(known.is_plate),
        "plates": int(known.is_plate.sum()),
        "seconds": list(SECONDS),
        "sha256": hashlib.sha256(TARGET.read_bytes()).hexdigest(),
    }
    write_text(TARGET.with_suffix(".json"), json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
