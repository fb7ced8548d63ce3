"""From a folder of photographs to a segmenter of cranes: draw, train, look for mistakes, train again, export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from veduta.files import replacing, write_text
from veduta.learn.cells import COARSE, LENGTH, chosen, columns, truth
from veduta.learn.drawn_photos import DrawnPhotos, photographs
from veduta.learn.metrics import MaskScore
from veduta.learn.mining import mine
from veduta.learn.pool import Pool, fill
from veduta.learn.recipe import Recipe, TrainingError
from veduta.learn.trunk_maps import TrunkMaps
from veduta.progress import Progress

if TYPE_CHECKING:
    from veduta.learn.segmenter import Judge

DECODER, RECORD, LOG = "cranes.onnx", "cranes.json", "log.jsonl"


def train(
    folders: Sequence[Path],
    out: Path,
    recipe: Recipe,
    resume: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Train a decoder on cranes drawn on the photographs below `folders`; returns the path of the ONNX file.

    The photographs should show no cranes of their own. `out` gets the examples, checkpoints, the log, the decoder and
    its record. Raises TrainingError when a run is there already and `resume` is not set.
    """
    from veduta.see.crane_network import CraneNetwork

    if out.exists() and any(out.iterdir()) and not resume:
        raise TrainingError(f"{out} holds a run already: add --resume to go on, or name another folder")
    drawn = DrawnPhotos(photographs(*folders), recipe.seed)
    trunk = TrunkMaps()
    pool = fill(out / "pool", drawn, recipe.examples + recipe.held, trunk, progress)
    seen, right = gather(pool, recipe, out / "places")
    first = _judge(seen, right, recipe, out, "first", progress)
    plain = min(len(drawn.photos), recipe.plain)
    network = CraneNetwork(decoder=_export(first, out / "first.onnx").read_bytes())
    wrong = mine(drawn, network.look, trunk, plain, progress)
    seen = np.concatenate([seen, wrong])
    right = np.concatenate([right, np.zeros((len(wrong), 4), np.uint8)])
    judge = _judge(seen, right, recipe, out, "second", progress)
    made = _export(judge, out / DECODER)
    record = {
        "what": "decoder of cranes on maps of EfficientNet-Lite2",
        "license": "Apache-2.0",
        "copyright": "the authors of Veduta",
        "trained": f"{recipe.examples} drawn examples and {len(wrong)} mistakes on {len(drawn.photos)} photographs",
        "recipe": asdict(recipe),
        "held": measure(CraneNetwork(decoder=made.read_bytes()).look, pool, recipe.held),
        "sha256": hashlib.sha256(made.read_bytes()).hexdigest(),
    }
    write_text(out / RECORD, json.dumps(record, indent=1) + "\n")
    return made


def gather(pool: Pool, recipe: Recipe, folder: Path) -> tuple[Any, Any]:
    """Columns (n, LENGTH) and truths (n, 4) of places of a pool's examples but the held ones, kept in `folder`."""
    paths = folder / "columns.npy", folder / "truths.npy"
    if not all(path.exists() for path in paths):
        count = len(pool) - recipe.held
        seen = np.empty((count * recipe.places, LENGTH), np.float16)
        right = np.empty((len(seen), 4), np.uint8)
        for i in range(count):
            rows = np.s_[i * recipe.places : (i + 1) * recipe.places]
            rng = np.random.default_rng([recipe.seed, i])
            places = chosen(pool.pixels[i], pool.masks[i], recipe.places, rng)
            seen[rows] = columns(pool.pixels[i], [m[i] for m in pool.maps], places)
            right[rows] = truth(pool.masks[i], places)
        arrays: tuple[Any, Any] = (seen, right)
        for path, array in zip(paths, arrays, strict=True):
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, array)
    return np.load(paths[0], mmap_mode="r"), np.load(paths[1])


def measure(look: Any, pool: Pool, held: int, threshold: float = 0.5) -> dict[str, float]:
    """Scores of masks on a pool's last examples."""
    score = MaskScore()
    for index in range(len(pool) - held, len(pool)):
        score.update(look(np.asarray(pool.pixels[index])) >= threshold, np.asarray(pool.masks[index]))
    return {name: round(value, 4) for name, value in score.compute().items()}


def _judge(seen: Any, right: Any, recipe: Recipe, out: Path, name: str, progress: Progress | None) -> Judge:
    from veduta.learn.segmenter import WIDTHS
    from veduta.learn.train import Trainer

    def told(record: Mapping[str, Any]) -> None:
        _note(out / LOG, {"judge": name, **record})

    checkpoint = out / f"{name}.pt"
    trainer = Trainer(seen, right, WIDTHS, recipe, told, COARSE)
    if checkpoint.exists():
        trainer.restore(checkpoint)
    return trainer.run(checkpoint, progress)


def _export(judge: Judge, path: Path) -> Path:
    from veduta.learn.export import save_onnx
    from veduta.learn.segmenter import Decoder

    return save_onnx(Decoder(judge), path)


def _note(path: Path, record: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dict(record)) + "\n")
