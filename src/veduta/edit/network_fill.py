"""Filling by a network of the user's own: LaMa, MI-GAN and what takes their inputs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.biharmonic import Bools, Floats
from veduta.errors import ModelUnavailable
from veduta.image.photo import Pixels
from veduta.nets.engine import Network, WrongInput
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore, default_store

# Longer side of the crop that a network sees, unless it has a size of its own; sides are multiples of STEP.
SIDE, STEP = 512, 32


def network_filled(small: Pixels, hidden: Bools) -> Floats:
    """The pixels (h, w, 3) as floats with the hidden ones as the network sees them; known ones stay.

    Taken are networks with an input of 3 channels and one of 1: a picture as the pack's mean and deviation say and
    a mask of 1 where to fill (LaMa: deviation 255), or where values stay 0 to 255 a mask of 255 where to keep (MI-GAN
    with its pipeline); and networks with one input of 4: the mask of what to keep less 0.5, and the picture from
    -1 to 1, black where hidden (MI-GAN alone). The range of the result is told from the pixels that are known.
    Raises ModelUnavailable without such a network, WrongInput with one of other inputs.
    """
    network = _opened()
    shape = {name: _sizes(network, name) for name in network.inputs}
    channels = {name: sizes[1] for name, sizes in shape.items()}
    height, width = small.shape[:2]
    first = next(iter(shape.values()))
    size = network.pack.size or (SIDE, SIDE)
    bound = (first[2] or size[0], first[3] or size[1])
    fixed = bool(first[2] and first[3]) or network.pack.size is not None
    scale = min(bound[0] / height, bound[1] / width, 1.0)
    inner = (max(1, round(height * scale)), max(1, round(width * scale)))
    outer = bound if fixed else (-(-inner[0] // STEP) * STEP, -(-inner[1] // STEP) * STEP)
    picture: Any = cv2.resize(small, inner[::-1], interpolation=cv2.INTER_AREA)
    marked = cv2.resize(hidden.astype(np.float32), inner[::-1], interpolation=cv2.INTER_AREA) > 0
    picture[marked] = 0
    frame = (0, outer[0] - inner[0], 0, outer[1] - inner[1])
    picture = cv2.copyMakeBorder(picture, *frame, cv2.BORDER_REPLICATE)
    marked = cv2.copyMakeBorder(marked.astype(np.uint8), *frame, cv2.BORDER_CONSTANT, value=0) > 0
    batch = _inputs(network.pack, channels, picture, marked)
    made = _pixels(network.run(batch)[0], picture, marked, network.pack)[: inner[0], : inner[1]]
    result = small.astype(np.float32)
    result[hidden] = cv2.resize(made, (width, height), interpolation=cv2.INTER_CUBIC)[hidden]
    return np.clip(result, 0, 255)


def _opened() -> Network:
    store = default_store()
    for pack in store.own_packs():
        if pack.task == "fill" and store.ready(pack):
            return _open(pack.name, store.fingerprint(pack), store)
    raise ModelUnavailable(
        "no network that fills is there: add one with `veduta models add FILE --task fill --sha256 ...`, "
        "or choose another method"
    )


@lru_cache(maxsize=1)
def _open(name: str, fingerprint: str, store: ModelStore) -> Network:
    return Network.open(store.pack(name), store)


def _sizes(network: Network, name: str) -> list[int | None]:
    return [network.static_size(name, axis) for axis in range(4)]


def _inputs(
    pack: ModelPack, channels: dict[str, int | None], picture: Pixels, marked: Bools
) -> dict[str, NDArray[np.float32]]:
    planes = picture.astype(np.float32).transpose(2, 0, 1)[None]
    hidden = marked.astype(np.float32)[None, None]
    if list(channels.values()) == [4]:
        known = 1 - hidden
        whole = np.concatenate([known - 0.5, (planes / 127.5 - 1) * known], axis=1)
        return {next(iter(channels)): whole.astype(np.float32)}
    if sorted(channels.values(), key=str) != [1, 3]:
        raise WrongInput(
            f"{pack.name} takes inputs of {', '.join(str(c) for c in channels.values())} channels; a network that "
            "fills takes a picture of 3 and a mask of 1, or both as 4"
        )
    names = {count: name for name, count in channels.items()}
    mean, std = (np.array(v, np.float32)[None, :, None, None] for v in (pack.mean, pack.std))
    plain = pack.std == (1.0, 1.0, 1.0)
    mask = (1 - hidden) * 255 if plain else hidden
    return {names[3]: (planes - mean) / std, names[1]: mask}


def _pixels(output: NDArray[np.float32], picture: Pixels, marked: Bools, pack: ModelPack) -> Floats:
    """The output (1, 3, h, w) as gray levels (h, w, 3), by the range in which known pixels come out best."""
    if output.ndim != 4 or output.shape[1] != 3 or output.shape[2:] != picture.shape[:2]:
        raise WrongInput(
            f"{pack.name} gives {output.shape}, not a picture of (1, 3, {picture.shape[0]}, ...)"
        )
    plain = np.ascontiguousarray(output[0].transpose(1, 2, 0), np.float32)
    known = ~marked if not marked.all() else marked
    ranges = (plain, plain * 255, (plain + 1) * 127.5)
    errors = [float(np.abs(values[known] - picture[known]).mean()) for values in ranges]
    return ranges[int(np.argmin(errors))]
