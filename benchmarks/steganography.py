"""How much hidden messages outlive, beside two packages that mark pictures, at the same payload and fidelity."""

from __future__ import annotations

import contextlib
import io
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.photographs import photograph
from veduta.edit import stego
from veduta.edit import stego_dct as dct
from veduta.edit import stego_lsb as lsb
from veduta.edit.stego_message import Message
from veduta.errors import VedutaError

Pixels = NDArray[np.uint8]
Attack = Callable[[Pixels], Pixels]
PHOTOS, LARGE, PLAIN = 10, 3, 30
PEER_PHOTOS, PEER_WIDE, PEER_HIGH = 4, 384, 320
TEXT = "Veduta, 21 November 2026: (c) me"  # 32 bytes
BITS = np.unpackbits(np.frombuffer(TEXT.encode(), np.uint8))


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Through a JPEG of this quality."""
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def resized(pixels: Pixels, scale: float) -> Pixels:
    """At another size, as JPEG of quality 85."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return jpeg(np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how), np.uint8), 85)


def cropped(pixels: Pixels, share: float) -> Pixels:
    """A part of the sides, off the middle, as JPEG of quality 85."""
    height, width = pixels.shape[:2]
    down, across = int(height * share), int(width * share)
    top, left = int((height - down) * 0.4), int((width - across) * 0.6)
    return jpeg(np.ascontiguousarray(pixels[top : top + down, left : left + across]), 85)


def noisy(pixels: Pixels, sigma: float) -> Pixels:
    """With Gaussian noise."""
    noise = np.random.default_rng(0).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Blurred by a Gaussian."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


ATTACKS: dict[str, Attack] = {
    "none": lambda p: p,
    **{f"JPEG {q}": (lambda p, q=q: jpeg(p, q)) for q in (95, 85, 75, 65, 50)},  # type: ignore[misc]
    **{
        f"{round(100 * s)} % of the size": (lambda p, s=s: resized(p, s))  # type: ignore[misc]
        for s in (1.5, 0.75, 0.6, 0.5)
    },
    **{
        f"{round(100 * s * s)} % of the area": (lambda p, s=s: cropped(p, s))  # type: ignore[misc]
        for s in (0.9, 0.7, 0.5)
    },
    **{f"blur {s:g}": (lambda p, s=s: blurred(p, s)) for s in (1.0, 1.5, 2.0)},  # type: ignore[misc]
    **{f"noise {s:g}": (lambda p, s=s: noisy(p, s)) for s in (5.0, 10.0, 20.0)},  # type: ignore[misc]
    "70 % brightness": lambda p: (p * 0.7).astype(np.uint8),
    "cut, 80 % of the size, JPEG 60": lambda p: jpeg(resized(cropped(p, 0.8), 0.8), 60),
}


PEER_ATTACKS = (
    "none",
    "JPEG 95",
    "JPEG 75",
    "JPEG 50",
    "75 % of the size",
    "81 % of the area",
    "blur 1",
    "noise 10",
    "70 % brightness",
)


class Ours:
    """Veduta's robust mode, at the fidelity of another."""

    name = "Veduta"

    def hide(self, pixels: Pixels, psnr: float) -> Pixels:
        stored = np.ascontiguousarray(pixels[..., ::-1])
        done = stego.put(stored, Message.of_text(TEXT), "robust", psnr=float(np.clip(psnr, 30, 50)))
        return np.ascontiguousarray(done[..., ::-1])

    def read(self, pixels: Pixels, shape: tuple[int, int]) -> bool:
        try:
            found = stego.get(np.ascontiguousarray(pixels[..., ::-1]), lossless=False)
        except VedutaError:
            return False
        return found.message.text == TEXT


class BlindWatermark:
    """The package blind-watermark (MIT); it is told the length of the message and the size that the photo had."""

    name = "blind-watermark"

    def hide(self, pixels: Pixels, psnr: float = 0) -> Pixels:
        from blind_watermark import WaterMark

        marker = WaterMark(password_img=1, password_wm=1)
        marker.read_img(img=pixels)
        marker.read_wm(BITS.astype(bool), mode="bit")
        return np.asarray(np.rint(marker.embed()), np.uint8)

    def read(self, pixels: Pixels, shape: tuple[int, int]) -> bool:
        from blind_watermark import WaterMark

        marker = WaterMark(password_img=1, password_wm=1)
        found = marker.extract(embed_img=_back(pixels, shape), wm_shape=len(BITS), mode="bit")
        return bool((np.asarray(found) > 0.5).astype(np.uint8).tolist() == BITS.tolist())


class InvisibleWatermark:
    """The package invisible-watermark (MIT), method dwtDctSvd; told as much as the other."""

    name = "invisible-watermark"

    def hide(self, pixels: Pixels, psnr: float = 0) -> Pixels:
        from imwatermark.dwtDctSvd import EmbedDwtDctSvd

        made = EmbedDwtDctSvd(list(BITS), wmLen=len(BITS)).encode(pixels)
        return np.clip(made, 0, 255).astype(np.uint8)

    def read(self, pixels: Pixels, shape: tuple[int, int]) -> bool:
        from imwatermark.dwtDctSvd import EmbedDwtDctSvd

        found = EmbedDwtDctSvd([], wmLen=len(BITS)).decode(_back(pixels, shape))
        return bool(np.asarray(found).astype(np.uint8).tolist() == BITS.tolist())


def _back(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    """At the size that the photo had where only the size changed: what cannot look for it is helped."""
    height, width = shape
    if abs(pixels.shape[0] / height - pixels.shape[1] / width) > 0.01 or pixels.shape[:2] == shape:
        return pixels
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def psnr_of(marked: Pixels, pixels: Pixels) -> float:
    """Fidelity in dB."""
    return float(10 * np.log10(255**2 / np.mean((marked.astype(np.float32) - pixels) ** 2)))


def measure() -> list[Figure]:
    """Shares of messages read whole after each attack; fidelity; speed; what a photo without a message says."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*_survival(), *_large(), *_lossless(), *_plain(), *_beside_peers()]


def _photos() -> list[Pixels]:
    """Photos of about 640 x 480, and two of 1024 x 768."""
    root = eval_dir()
    found = sorted((root / "objects_coco288" / "images").rglob("*.jpg"))
    small = [one for one in (cv2.imread(str(path)) for path in found) if min(one.shape[:2]) >= 420]
    large = sorted((root / "landmarks" / "gps").glob("*.jpg"))[::6]
    step = max(1, len(small) // (PHOTOS - 2))
    return [*small[::step][: PHOTOS - 2], *(cv2.imread(str(path)) for path in large)]


def _survival() -> list[Figure]:
    """Ours after every attack, at its default fidelity."""
    ours = Ours()
    read: dict[str, list[bool]] = {}
    fidelity = []
    for pixels in _photos():
        marked = ours.hide(pixels, dct.PSNR)
        fidelity.append(psnr_of(marked, pixels))
        for name, attack in ATTACKS.items():
            read.setdefault(name, []).append(ours.read(attack(marked), _shape(pixels)))
    return [
        Figure(
            "hidden text of 32 bytes: fidelity",
            min(fidelity),
            "dB",
            38.0,
            n=len(fidelity),
            note="the least of all",
        ),
        *(
            Figure(
                f"hidden text after {name}",
                100 * sum(told) / len(told),
                "%",
                100.0 if name.startswith(("none", "JPEG")) else None,
                n=len(told),
                note="share of messages read whole",
            )
            for name, told in read.items()
        ),
    ]


def _beside_peers() -> list[Figure]:
    """The same on smaller pieces of photos, beside packages that take seconds for each."""
    ours, peers = Ours(), (BlindWatermark(), InvisibleWatermark())
    everyone = (*peers, ours)
    read: dict[tuple[str, str], list[bool]] = {}
    fidelity: dict[str, list[float]] = {}
    seconds: dict[str, list[tuple[float, float]]] = {}
    photos = [
        np.ascontiguousarray(pixels[:PEER_HIGH, :PEER_WIDE]) for pixels in _photos()[1 : 1 + PEER_PHOTOS]
    ]
    for pixels in photos:
        made: dict[str, Pixels] = {}
        for one in everyone:
            # Ours is made at least as faithful as the tougher of the two.
            first = made.get(BlindWatermark.name)
            asked = 0.0 if first is None else psnr_of(first, pixels)
            started = time.perf_counter()
            made[one.name] = one.hide(pixels, asked)
            hidden = time.perf_counter()
            one.read(made[one.name], _shape(pixels))
            seconds.setdefault(one.name, []).append((hidden - started, time.perf_counter() - hidden))
            fidelity.setdefault(one.name, []).append(psnr_of(made[one.name], pixels))
        for name in PEER_ATTACKS:
            for one in everyone:
                told = one.read(ATTACKS[name](made[one.name]), _shape(pixels))
                read.setdefault((name, one.name), []).append(told)
    note = f"{PEER_WIDE} x {PEER_HIGH} pixels, 32 bytes; peers are told length and first size"
    figures = [
        Figure(f"beside peers, {name}: {who}", 100 * sum(told) / len(told), "%", n=len(told), note=note)
        for (name, who), told in read.items()
    ]
    figures += [
        Figure(f"beside peers, fidelity: {who}", statistics.mean(values), "dB", n=len(values), note="mean")
        for who, values in fidelity.items()
    ]
    mine = seconds[ours.name]
    for peer in peers:
        for step, what in enumerate(("hiding", "reading")):
            ratios = [theirs[step] / own[step] for theirs, own in zip(seconds[peer.name], mine, strict=True)]
            figures.append(
                Figure(
                    f"{what} a text, speed against {peer.name}", statistics.median(ratios), "x", n=len(ratios)
                )
            )
    return figures


def _shape(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _large() -> list[Figure]:
    """What is left of a text in photos of 12 megapixels, and how long they take."""
    attacks: dict[str, Attack] = {
        "JPEG 50": lambda p: jpeg(p, 50),
        "1024 pixels, JPEG 75": lambda p: jpeg(resized(p, 0.256), 75),
        "640 pixels, JPEG 75": lambda p: jpeg(resized(p, 0.16), 75),
        "49 % of the area at 1024 pixels, JPEG 75": lambda p: jpeg(resized(cropped(p, 0.7), 0.3657), 75),
        "a piece of 1600 x 1200": lambda p: jpeg(np.ascontiguousarray(p[900:2100, 1300:2900]), 85),
    }
    ours = Ours()
    read: dict[str, list[bool]] = {}
    times: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as work:
        for number, source in enumerate(sorted((eval_dir() / "landmarks/gps").glob("*.jpg"))[1::3][:LARGE]):
            pixels = cv2.imread(str(photograph(source, Path(work) / "large.jpg", number)))
            started = time.perf_counter()
            marked = ours.hide(pixels, dct.PSNR)
            hidden = time.perf_counter()
            ours.read(marked, (3000, 4000))
            times.append((hidden - started, time.perf_counter() - hidden))
            for name, attack in attacks.items():
                read.setdefault(name, []).append(ours.read(attack(marked), (3000, 4000)))
    return [
        *(
            Figure(f"12 megapixels: hidden text after {name}", 100 * sum(told) / len(told), "%", n=len(told))
            for name, told in read.items()
        ),
        Figure(
            "12 megapixels: hiding a text", statistics.median(t for t, _ in times), "s", None, "lower", LARGE
        ),
        Figure(
            "12 megapixels: reading a text", statistics.median(t for _, t in times), "s", None, "lower", LARGE
        ),
    ]


def _lossless() -> list[Figure]:
    """A picture whose lowest bits are all taken, and a megabyte in 12 megapixels."""
    chance = np.random.default_rng(0)
    pixels = _photos()[0]
    full = chance.bytes(lsb.capacity(pixels))
    marked = lsb.hide(pixels, full)
    assert lsb.reveal(marked) == full
    large = cv2.resize(pixels, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    data = chance.bytes(1_000_000)
    started = time.perf_counter()
    hidden = lsb.hide(large, data)
    middle = time.perf_counter()
    assert lsb.reveal(hidden) == data
    note = "8 bits a color"
    return [
        Figure("lossless, all room taken: fidelity", psnr_of(marked, pixels), "dB", 45.0, n=1, note=note),
        Figure("lossless, 1 MB in 12 megapixels: hiding", middle - started, "s", None, "lower", 1),
        Figure(
            "lossless, 1 MB in 12 megapixels: reading", time.perf_counter() - middle, "s", None, "lower", 1
        ),
    ]


def _plain() -> list[Figure]:
    """Photos without a message of which one is told all the same."""
    paths = sorted((eval_dir() / "landmarks" / "test").rglob("*.jpg"))
    wrong = 0
    for path in paths[:: max(1, len(paths) // PLAIN)][:PLAIN]:
        try:
            stego.get(cv2.imread(str(path)))
            wrong += 1
        except VedutaError as error:
            wrong += "no message" not in str(error)
    return [Figure("photos without a message that are said to hold one", wrong, "", 0.0, "lower", PLAIN)]
