"""The head that tells number plates from other text, and where their corners are."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from veduta.files import replacing
from veduta.see.plate_network import CHANNELS, COLUMNS, ROWS

NARROW, WIDE, INNER = 48, 64, 160


class PlateHead(nn.Module):
    """Features (n, CHANNELS, ROWS, COLUMNS) to (n, 9): log odds of a plate, then its corners.

    Corners are x and y, in shares of the window from its center, clockwise from the top left.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.BatchNorm2d(CHANNELS),
            nn.Conv2d(CHANNELS, NARROW, 1, bias=False), nn.BatchNorm2d(NARROW), nn.ReLU(),
            nn.Conv2d(NARROW, NARROW, 3, padding=1, bias=False), nn.BatchNorm2d(NARROW), nn.ReLU(),
            nn.Conv2d(NARROW, WIDE, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(WIDE), nn.ReLU(),
            nn.Conv2d(WIDE, 32, 1), nn.ReLU(), nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(32 * (ROWS // 2) * (COLUMNS // 2), INNER), nn.ReLU(), nn.Dropout(0.1),
            nn.Linear(INNER, 9),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        """The nine numbers of each window."""
        found: Tensor = self.head(self.trunk(features))
        return found


def save_onnx(head: PlateHead, path: Path) -> Path:
    """Write the head as ONNX with any batch size."""
    head.eval()
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The exporter by tracing: the newer one needs a package more.
        torch.onnx.export(
            head,
            (torch.zeros(1, CHANNELS, ROWS, COLUMNS),),
            str(temporary),
            dynamo=False,
            input_names=["features"],
            output_names=["plates"],
            dynamic_axes={"features": {0: "n"}, "plates": {0: "n"}},
        )
    return path
