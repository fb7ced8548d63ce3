"""Denoising, deblurring, enlarging and fusing against OpenCV and scikit-image, on photographs whose truth is known."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import restoration
from skimage.metrics import structural_similarity

from benchmarks.figure import Figure
from veduta.edit.deblur import lucy, wiener
from veduta.edit.denoise import Denoise
from veduta.edit.fuse import fuse
from veduta.edit.spread import kernel
from veduta.edit.upscale import by_lanczos, by_network
from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
from veduta.nets.store import default_store

Pixels = NDArray[np.uint8]
Ways = Mapping[str, Callable[[], NDArray[Any]]]
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
SIDE = 320
NOISE = (10, 25)
ROUNDS = 3
FRAMES = (4, 8, 16)


def measure() -> list[Figure]:
    """All figures of this topic."""
    photos = [photo(name) for name in PHOTOS]
    return [*denoising(photos), *deblurring(photos), *enlarging(photos), *fusing(photos)]


def photo(name: str) -> Pixels:
    """The middle of a packaged photograph, made half as large where it is large: its own noise is gone."""
    import skimage

    whole = Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB")
    if min(whole.size) > 2 * SIDE:
        whole = whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.BOX)
    pixels = np.asarray(whole)
    top, left = max(0, pixels.shape[0] - SIDE) // 2, max(0, pixels.shape[1] - SIDE) // 2
    cut = pixels[top : top + SIDE, left : left + SIDE]
    return np.ascontiguousarray(cut[: cut.shape[0] // 8 * 8, : cut.shape[1] // 8 * 8])


def psnr(made: NDArray[Any], truth: NDArray[Any], border: int = 0) -> float:
    """Peak signal-to-noise ratio in dB."""
    inner = (slice(border, made.shape[0] - border), slice(border, made.shape[1] - border))
    error = np.mean((np.clip(made, 0, 255).astype(float)[inner] - truth[inner]) ** 2)
    return float(10 * np.log10(255**2 / max(float(error), 1e-9)))


def ssim(made: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean structural similarity of colors, 7 x 7."""
    axis = 2 if truth.ndim == 3 else None
    return float(
        structural_similarity(np.clip(made, 0, 255), truth.astype(float), channel_axis=axis, data_range=255)
    )


def compared(rows: Sequence[Mapping[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """Mean PSNR and SSIM of each way."""
    return {
        way: (float(np.mean([row[way][0] for row in rows])), float(np.mean([row[way][1] for row in rows])))
        for way in rows[0]
    }


def figures(name: str, table: Mapping[str, tuple[float, float]], ours: str, count: int) -> list[Figure]:
    """Ours beside the best peer, and all in the note."""
    peers = {
        way: values for way, values in table.items() if not way.startswith("Veduta") and way != "as it is"
    }
    found = []
    for index, (what, unit) in enumerate((("PSNR", "dB"), ("SSIM", ""))):
        note = ", ".join(f"{way} {values[index]:.4g}" for way, values in table.items() if way != ours)
        best = max(values[index] for values in peers.values())
        found.append(Figure(f"{name}: {what}", table[ours][index], unit, best, n=count, note=note))
    return found


def denoising(photos: Sequence[Pixels]) -> list[Figure]:
    """Seeded noise; the peers are told its strength, ours finds it."""
    found: list[Figure] = []
    spent: dict[str, list[float]] = {}
    for sigma in NOISE:
        rows = []
        for number, truth in enumerate(photos):
            made = truth + np.random.default_rng(number).normal(0, sigma, truth.shape)
            noisy = np.clip(np.rint(made), 0, 255).astype(np.uint8)
            row: dict[str, tuple[float, float]] = {"as it is": (psnr(noisy, truth), ssim(noisy, truth))}
            for _ in range(ROUNDS if number == 0 else 1):
                for way, work in denoisers(noisy, sigma).items():
                    started = time.perf_counter()
                    out = work()
                    if number == 0:
                        spent.setdefault(way, []).append(time.perf_counter() - started)
                    # OpenCV's filter has a strength of its own: the better of two counts.
                    key = way.removesuffix(", weaker")
                    row[key] = max(row.get(key, (0.0, 0.0)), (psnr(out, truth), ssim(out, truth)))
            rows.append(row)
        for ours in ("Veduta fast", "Veduta fine", "Veduta nonlocal"):
            found += figures(f"denoise, noise {sigma}, {ours.split()[1]}", compared(rows), ours, len(photos))
    base = statistics.median(spent["OpenCV NLM"])
    for method in ("fast", "fine", "nonlocal"):
        ratio = base / statistics.median(spent[f"Veduta {method}"])
        note = "; ".join(
            f"{way} {base / statistics.median(t):.2g}" for way, t in spent.items() if "weaker" not in way
        )
        found.append(
            Figure(
                f"denoise {method}: speed against OpenCV's fastNlMeansDenoisingColored",
                ratio,
                "x",
                n=2 * ROUNDS,
                note=note,
            )
        )
    return found


def denoisers(noisy: Pixels, sigma: float) -> dict[str, Callable[[], NDArray[Any]]]:
    """Ours and the peers."""
    unit = noisy / 255.0

    def non_local() -> NDArray[Any]:
        return np.asarray(
            restoration.denoise_nl_means(
                unit, h=0.8 * sigma / 255, sigma=sigma / 255, patch_size=5, patch_distance=6, channel_axis=2
            )
            * 255
        )

    return {
        "Veduta fast": lambda: Denoise(amount=1, method="fast").apply(noisy),
        "Veduta fine": lambda: Denoise(amount=1, method="fine").apply(noisy),
        "Veduta nonlocal": lambda: Denoise(amount=1, method="nonlocal").apply(noisy),
        "OpenCV NLM": lambda: np.asarray(cv2.fastNlMeansDenoisingColored(noisy, None, sigma, sigma, 7, 21)),
        "OpenCV NLM, weaker": lambda: np.asarray(
            cv2.fastNlMeansDenoisingColored(noisy, None, 0.6 * sigma, 0.6 * sigma, 7, 21)
        ),
        "scikit-image NLM": non_local,
        "scikit-image wavelets": lambda: np.asarray(
            restoration.denoise_wavelet(
                unit, sigma=sigma / 255, channel_axis=2, convert2ycbcr=True, rescale_sigma=True
            )
            * 255
        ),
        "scikit-image TV": lambda: np.asarray(
            restoration.denoise_tv_chambolle(unit, weight=sigma / 255, channel_axis=2) * 255
        ),
    }


def deblurring(photos: Sequence[Pixels]) -> list[Figure]:
    """Blurred beyond what is kept, so that the borders are as in life; noise 1, rounded."""
    found = []
    for shape, radius in (("gaussian", 1.6), ("disk", 4.0), ("motion", 6.0)):
        rows = []
        for number, pixels in enumerate(photos):
            clear = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
            spread = kernel(shape, radius, 25)
            whole = cv2.filter2D(clear, -1, spread, borderType=cv2.BORDER_REFLECT)
            truth, seen = clear[24:-24, 24:-24], whole[24:-24, 24:-24]
            seen = np.rint(seen + np.random.default_rng(number).normal(0, 1, seen.shape)).clip(0, 255)
            rows.append(
                {
                    way: (psnr(made := work(), truth), ssim(made, truth))
                    for way, work in deblurrers(np.asarray(seen, np.float32), spread, truth).items()
                }
            )
        table = compared(rows)
        found += figures(f"deblur {shape}, Wiener", table, "Veduta Wiener", len(photos))
        found += figures(f"deblur {shape}, Richardson-Lucy", table, "Veduta Lucy", len(photos))
    return found


def deblurrers(seen: NDArray[np.float32], spread: NDArray[np.float32], truth: NDArray[Any]) -> Ways:
    """Ours and the peers; scikit-image's Wiener and Lucy with whatever of some settings is best for the truth."""
    unit = seen / 255

    def best(outs: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return max(outs, key=lambda out: psnr(out, truth))

    return {
        "as it is": lambda: seen,
        "Veduta Wiener": lambda: wiener(seen, spread, 1.0),
        "Veduta Lucy": lambda: lucy(seen, spread, 40, 1.0),
        "scikit-image Wiener": lambda: best(
            [restoration.wiener(unit, spread, b, clip=False) * 255 for b in (0.003, 0.03, 0.3, 3.0)]
        ),
        "scikit-image unsupervised Wiener": lambda: np.asarray(
            restoration.unsupervised_wiener(unit, spread, clip=False, rng=0)[0] * 255
        ),
        "scikit-image Richardson-Lucy": lambda: best(
            [restoration.richardson_lucy(unit, spread, n, clip=False) * 255 for n in (5, 15, 30)]
        ),
    }


def enlarging(photos: Sequence[Pixels]) -> list[Figure]:
    """Pictures made smaller by area, then enlarged."""
    found = []
    for by in (2, 4):
        rows = []
        for truth in photos:
            small = cv2.resize(truth, None, fx=1 / by, fy=1 / by, interpolation=cv2.INTER_AREA)
            bicubic = cv2.resize(small, None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
            lanczos = by_lanczos(np.asarray(small, np.uint8), by)
            rows.append(
                {
                    "Veduta Lanczos": (psnr(lanczos, truth), ssim(lanczos, truth)),
                    "bicubic": (psnr(bicubic, truth), ssim(bicubic, truth)),
                }
            )
        found += figures(f"enlarge x{by}, Lanczos", compared(rows), "Veduta Lanczos", len(photos))
    if default_store().ready(REAL_ESRGAN_X4):
        found += inventing(photos[:3])
    return found


def inventing(photos: Sequence[Pixels]) -> list[Figure]:
    """Real-ESRGAN on small cuts: it looks sharp, and is further from the truth than bicubic is."""
    rows, spent = [], []
    for pixels in photos:
        truth = pixels[64:256, 64:256]
        small = np.asarray(cv2.resize(truth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), np.uint8)
        started = time.perf_counter()
        made = by_network(small, 4)
        spent.append((time.perf_counter() - started) / small[..., 0].size * 1000)
        bicubic = cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        rows.append(
            {
                "network": (psnr(made, truth), ssim(made, truth)),
                "bicubic": (psnr(bicubic, truth), ssim(bicubic, truth)),
            }
        )
    table = compared(rows)
    note = (
        f"bicubic {table['bicubic'][0]:.4g}; the network invents detail: it scores lower, and is no evidence"
    )
    name, count = "enlarge x4, Real-ESRGAN", len(photos)
    told = f"bicubic {table['bicubic'][1]:.3g}"
    cost = statistics.median(spent)
    return [
        Figure(f"{name}: PSNR", table["network"][0], "dB", n=count, note=note),
        Figure(f"{name}: SSIM", table["network"][1], "", n=count, note=told),
        Figure(f"{name}: cost of a pixel of the small picture", cost, "ms", None, "lower", count),
    ]


def fusing(photos: Sequence[Pixels]) -> list[Figure]:
    """Frames of a shaking, noisy camera that codes as JPEG, against the first one enlarged by bicubic."""
    found = []
    for by in (2, 4):
        gains: dict[int, list[float]] = {count: [] for count in FRAMES}
        single = []
        for number, truth in enumerate(photos):
            frames = shaken(truth[:256, :256], by, max(FRAMES), seed=number)
            bicubic = cv2.resize(frames[0], None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
            alone = psnr(bicubic, truth[:256, :256], 8)
            single.append(alone)
            for count in FRAMES:
                gains[count].append(psnr(fuse(frames[:count], by).pixels, truth[:256, :256], 8) - alone)
        for count in FRAMES:
            mean = float(np.mean(gains[count]))
            note = (
                f"bicubic {np.mean(single):.4g} dB; least {min(gains[count]):.2f}; shifts up to 3 pixels, noise 8,"
                " JPEG quality 85"
            )
            target = 1.0 if count >= 8 else None
            found.append(
                Figure(
                    f"fuse {count} frames x{by}: gain over bicubic",
                    mean,
                    "dB",
                    target,
                    n=len(photos),
                    note=note,
                )
            )
    return found


def shaken(
    truth: Pixels, by: int, count: int, seed: int, noise: float = 8, quality: int = 85
) -> list[Pixels]:
    """Frames shifted by fractions of a pixel, averaged over their pixels, noisy, coded."""
    random = np.random.default_rng(seed)
    height, width = truth.shape[:2]
    frames = []
    for number in range(count):
        x, y = (0.0, 0.0) if number == 0 else random.uniform(-3, 3, 2) * by
        moved = cv2.warpAffine(
            truth.astype(np.float32), np.array([[1, 0, x], [0, 1, y]], np.float64), (width, height),
            flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        small: Any = cv2.resize(moved, (width // by, height // by), interpolation=cv2.INTER_AREA)
        small = np.clip(np.rint(small + random.normal(0, noise, small.shape)), 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        frames.append(np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))
    return frames
