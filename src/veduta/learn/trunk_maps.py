"""Maps of the packaged network at five scales: what a network trained on a million photos sees, for free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.nets.efficientnet import with_maps
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore

# Channels of the maps at stride 2, 4, 8, 16 and 32.
CHANNELS = (16, 24, 48, 120, 352)
STRIDES = (2, 4, 8, 16, 32)


class TrunkMaps:
    """EfficientNet-Lite2 up to its last map; never trained here."""

    def __init__(self, store: ModelStore | None = None, threads: int | None = None) -> None:
        self._network = Network.open(LITE2, store, pixels=True, edit=with_maps, threads=threads)

    def see(self, pictures: NDArray[np.uint8] | Pixels) -> list[NDArray[np.float32]]:
        """The five maps (n, channels, h / stride, w / stride) of pictures (n, h, w, 3), sides multiples of 32."""
        return self._network.run(pictures)
