"""Training, from a cleaned bank to a head for an atlas and a page that tells how it went."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from veduta.landmarks.bank import Bank
from veduta.landmarks.features import DIMENSION, RECIPE
from veduta.landmarks.train_bank import Described, Pictures, Roll, described, roll
from veduta.landmarks.train_examples import Examples, Floats, Integers
from veduta.landmarks.train_recipe import Recipe, TrainingError
from veduta.landmarks.train_report import write_report
from veduta.landmarks.train_tracking import Diary, read
from veduta.landmarks.train_whitening import discriminant
from veduta.progress import Progress, Silent
from veduta.see.trunk import Trunk

if TYPE_CHECKING:
    from veduta.landmarks.train_network import LandmarkNetwork

CHECKPOINT = "checkpoint.pt"
HEAD = "head.npz"
NETWORK = "embedder.onnx"
NOTE = (
    "Photos that were held back are of landmarks that the training saw. How often a landmark that is in no bank is"
    " named is not on this page: build an atlas and evaluate it."
)


def _fingerprint(recipe: Recipe, listed: Roll) -> str:
    digest = sha256(recipe.fingerprint.encode())
    for array in (listed.ids, listed.hashes, listed.labels, listed.region):
        digest.update(array.tobytes())
    return digest.hexdigest()


def _training(examples: Examples, size: int = 256) -> Iterator[tuple[Floats, Integers]]:
    rows = np.flatnonzero(~examples.held)
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        yield examples.inputs.take(part, None), examples.labels[part]


def _light(examples: Examples, recipe: Recipe, progress: Progress) -> LandmarkNetwork:
    import torch

    from veduta.landmarks.train_network import LandmarkNetwork, Standardize

    progress.begin("finding where to start")
    count = int((~examples.held).sum())
    found = discriminant(_training(examples), count, DIMENSION, len(examples.landmarks), recipe.width)
    mean, matrix, deviation = (torch.from_numpy(part) for part in found)
    network = LandmarkNetwork(
        Standardize(mean, matrix), matrix.shape[1], examples.counts, recipe.loss, recipe.dropout
    )
    # Normalization begins as the identity: a whitening that was shrunk has directions that should stay short.
    normal: Any = network.embedding[1]
    with torch.no_grad():
        normal.weight.copy_(deviation)
        normal.running_var.copy_(deviation**2)
    progress.end()
    return network


def _wide(examples: Examples, recipe: Recipe, weights: Path | None) -> LandmarkNetwork:
    from veduta.landmarks.train_network import LandmarkNetwork
    from veduta.landmarks.wide_resnet import WideResNet, load_weights

    trunk = WideResNet()
    if weights is not None:
        load_weights(trunk, weights)
    return LandmarkNetwork(trunk, recipe.width, examples.counts, recipe.loss, recipe.dropout)


@contextmanager
def _together() -> Iterator[int]:
    """This process's number among those that `torchrun` started; 0 where it is alone."""
    import torch

    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or torch.distributed.is_initialized():
        yield torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
        return
    torch.distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield torch.distributed.get_rank()
    finally:
        torch.distributed.destroy_process_group()


def _wait() -> None:
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def train(
    folder: Path,
    out: Path,
    recipe: Recipe,
    regions: Sequence[str] = (),
    resume: bool = False,
    weights: Path | None = None,
    trunk: Trunk | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train on the bank in `folder`; returns the head (light) or the network (wide) written to `out`.

    Beside it lie the checkpoint, the diary (log.jsonl) and report.html. An interrupted run goes on with `resume` and
    ends as if it had not been. `weights` are those of a Wide ResNet-50-2 to start from. Raises TrainingError where
    PyTorch is missing, the bank has too little, or `out` holds another run.
    """
    try:
        import torch
    except ImportError as error:
        raise TrainingError(
            "training needs PyTorch: run `pip install '.[learn]'` in Veduta's folder"
        ) from error
    from veduta.landmarks.train_checkpoint import Checkpoint
    from veduta.landmarks.train_loop import Trainer

    listener = progress or Silent()
    saved = out / CHECKPOINT
    if saved.exists() and not resume:
        raise TrainingError(
            f"{out} holds a run already; add --resume to go on with it, or give another --out"
        )
    with Bank.open(folder) as bank, _together() as rank:
        listed = roll(bank, regions)
        out.mkdir(parents=True, exist_ok=True)
        inputs: Described | Pictures
        if recipe.network == "light":
            # One process may add to a store at a time; the others find everything there.
            if rank:
                _wait()
            inputs = described(bank, listed, trunk, listener)
            if not rank:
                _wait()
        else:
            inputs = Pictures(bank, listed.ids, recipe.pixels)
        names = [landmark.id for landmark in listed.landmarks]
        examples = Examples(
            inputs, listed.labels, names, listed.regions, listed.region, recipe.held, recipe.seed
        )
        mark = _fingerprint(recipe, listed)
        torch.manual_seed(recipe.seed)
        light = recipe.network == "light"
        network = _light(examples, recipe, listener) if light else _wide(examples, recipe, weights)
        diary = Diary(out)
        trainer = Trainer(network, examples, recipe, None if rank else diary)
        if saved.exists():
            trainer.restore(Checkpoint.load(saved, mark))
            if not rank:
                diary.rewind(trainer.position.stage, trainer.position.epoch)
        _wait()
        trainer.run(out, mark, listener)
        if rank:
            return out / (HEAD if light else NETWORK)
        return _finish(trainer, listed, out, folder.name, listener)


def _finish(trainer: Any, listed: Roll, out: Path, bank: str, progress: Progress) -> Path:
    import torch

    from veduta.landmarks.train_export import save_head, save_onnx

    progress.begin("writing the report")
    recipe: Recipe = trainer.recipe
    width = trainer.network.embedding[0].out_features
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, width), np.float32))
    truth, answers, embeddings = zip(nothing, *trainer.predictions(), strict=True)
    predictions = (np.concatenate(truth), np.concatenate(answers), np.concatenate(embeddings))
    photos = np.bincount(listed.labels, minlength=len(listed.landmarks) + 1)
    about = {
        "bank": bank,
        "landmarks": len(listed.landmarks),
        "photos of landmarks": int(photos[:-1].sum()),
        "photos without": int(photos[-1]),
        **asdict(recipe),
        "PyTorch": torch.__version__,
        "device": str(trainer.device),
    }
    names = [landmark.name or landmark.id for landmark in listed.landmarks]
    page = out / "report.html"
    write_report(page, read(out / "log.jsonl"), about, names, listed.regions, predictions, (NOTE,))
    if recipe.network == "light":
        made = save_head(trainer.network, out / HEAD, recipe=RECIPE, loss=recipe.loss)
    else:
        side = recipe.pixels
        made = save_onnx(trainer.network, out / NETWORK, torch.zeros(1, 3, side, side))
    progress.end()
    return made
