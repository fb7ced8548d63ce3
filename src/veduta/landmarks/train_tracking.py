"""The diary of a run: one JSON object per line on disk, readable while it trains, and TensorBoard's where wanted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from veduta.landmarks.train_recipe import TrainingError

NAME = "log.jsonl"


class Diary:
    """Appends records to `log.jsonl` of a run's folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def __call__(self, record: Mapping[str, Any]) -> None:
        """Write one record through to the disk."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def rewind(self, stage: int, epoch: int) -> None:
        """Forget epochs that a resumed run will train again, and a line that was cut off."""
        from veduta.files import write_text

        kept = [
            record
            for record in read(self.path)
            if record["stage"] < stage or (record["stage"] == stage and record.get("epoch", epoch) < epoch)
        ]
        write_text(self.path, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in kept))


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a diary; a last line that was cut off by a crash is left out."""
    records = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except ValueError:
                break
    return records


def export_tensorboard(run: Path, folder: Path) -> Path:
    """Write the diary of a run as TensorBoard events; raises TrainingError where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TrainingError(
            "TensorBoard is not installed: run `pip install '.[learn]'` in Veduta's folder"
        ) from error
    epochs = 0
    with SummaryWriter(str(folder)) as writer:
        for record in read(run / NAME):
            epochs += record["event"] == "epoch"
            for name, value in record.items():
                if isinstance(value, float):
                    writer.add_scalar(f"{record['event']}/{name}".replace(" ", "_"), value, epochs)
    return folder
