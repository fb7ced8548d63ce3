"""Labels, scenes and likeness: right answers, honest probabilities, cost; and the engine against ONNX Runtime."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.reliability import PLOTS, reliability, wilson
from benchmarks.train_labels import cross_validated, judged
from benchmarks.train_scenes import chains, pictures
from benchmarks.trunk import sights
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.see.calibration import Calibration, expected_error
from veduta.see.labels import LabelRecognizer
from veduta.see.likeness import LikenessRecognizer
from veduta.see.scenes import SceneRecognizer, keys, taxonomy
from veduta.see.trunk import fitted, shared_trunk

# What packaged photographs show: any of these words must be among the labels and their parents.
SANE = {
    "chelsea.png": {"cat"},
    "coffee.png": {"espresso", "cup", "drink"},
    "motorcycle_left.png": {"motorcycle", "vehicle"},
    "camera.png": {"tripod", "camera"},
    "horse.png": {"horse", "mammal", "animal"},
}
NOTHING = ("grass.png", "gravel.png", "brick.png", "text.png", "page.png", "moon.png", "cell.png", "ihc.png")


def photographs() -> Path:
    """The folder of photographs that scikit-image ships."""
    import skimage

    return Path(skimage.__file__).parent / "data"


def share(name: str, right: NDArray[np.bool_], target: float | None = None, note: str = "") -> Figure:
    """A share of right answers with its interval."""
    return Figure(
        name,
        float(right.mean()),
        "",
        target,
        n=len(right),
        interval=wilson(int(right.sum()), len(right)),
        note=note,
    )


def measure_scenes() -> list[Figure]:
    """Scenes of the held-out part."""
    paths, names, trained = pictures()
    paths = [path for path, taken in zip(paths, trained, strict=True) if not taken]
    right = np.searchsorted(keys(), names[~trained])
    recognizer = SceneRecognizer()
    seen = sights(paths)
    logits = recognizer.logits(seen)
    order = np.argsort(-logits, axis=1)
    calibration = Calibration.load("scenes.json")
    raw, truth = chains(logits, right, calibration.temperature)
    told = calibration.apply(raw.astype(np.float32))
    reliability(PLOTS / "reliability-scenes.png", "Scenes, held-out pictures", told, truth)
    tops = recognizer.see([load(p, 640) for p in paths])
    tree = taxonomy()
    true = [{tree.outputs[i], *tree.parents(tree.outputs[i])} for i in right]
    hits = np.array([found[0].name in t for found, t in zip(tops, true, strict=True) if found])
    things = sorted((eval_dir() / "landmarks/others/test").glob("imagenet_*"))
    wrong = [bool(found) for found in recognizer.see([load(p, 640) for p in things])]
    return [
        share("scenes: first of 100 right", order[:, 0] == right, note="scenes_miniplaces2k, held-out part"),
        share("scenes: among first five", (order[:, :5] == right[:, None]).any(axis=1)),
        share(
            "scenes: said scene or group right",
            hits,
            note=f"something is said of {len(hits)} of {len(right)}",
        ),
        Figure("scenes: calibration error", expected_error(told, truth), "", better="lower", n=len(truth)),
        Figure(
            "scenes: photographs of single things given a scene",
            float(np.mean(wrong)),
            "",
            better="lower",
            n=len(wrong),
            note="landmarks/others/test/imagenet_*",
        ),
    ]


def measure_likeness() -> list[Figure]:
    """Nearest neighbor of each landmark photo among the bank."""
    folder = eval_dir() / "landmarks"
    bank = sorted(p for p in (folder / "bank").rglob("*") if p.is_file())
    with (folder / "test/labels.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["listed"] == "1"]
    recognizer = LikenessRecognizer()
    gallery = recognizer.vectors(sights(bank))
    queries = recognizer.vectors(sights([folder / "test" / row["file"] for row in rows]))
    names = np.array([p.parent.name for p in bank])
    nearest = names[(queries @ gallery.T).argmax(axis=1)]
    right = nearest == np.array([row["landmark"] for row in rows])
    return [
        share(
            "likeness: 1-nearest-neighbor landmark accuracy",
            right,
            0.88,
            f"{gallery.shape[1]} numbers a photo, bank with its dirt",
        )
    ]


def measure_labels() -> list[Figure]:
    """Labels against judgments, and on photographs that everybody has."""
    rows = judged()
    logits = np.stack([s.logits for s in sights([eval_dir() / row["file"] for row in rows])])
    told, right = cross_validated(logits, rows, Calibration.load("labels.json").temperature)
    reliability(PLOTS / "reliability-labels.png", "Labels, judged photos (cross-validated)", told, right)
    recognizer = LabelRecognizer()
    sane = []
    for name, words in SANE.items():
        found = recognizer.see([load(photographs() / name, 640)])[0]
        sane.append(bool(words & {w for f in found for w in (f.name, *f.extra["parents"])}))
    silent = [not recognizer.see([load(photographs() / name, 640)])[0] for name in NOTHING]
    return [
        share(
            "labels: names told with 0.5 or more that are right",
            right[told >= 0.5],
            note="240 photos judged by eye",
        ),
        Figure("labels: calibration error", expected_error(told, right), "", better="lower", n=len(right)),
        share("labels: packaged photographs named sensibly", np.array(sane), 1.0),
        share("labels: textures and documents left unnamed", np.array(silent)),
    ]


def alternately(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Least seconds of each task; they take turns, so that a busy machine hurts all alike."""
    best = dict.fromkeys(tasks, np.inf)
    for _ in range(rounds):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def measure_cost() -> list[Figure]:
    """Cost of each recognizer over the pure pass, and of the engine against ONNX Runtime."""
    photo = load(photographs() / "coffee.png", 640)
    pixels, trunk = photo.pixels, shared_trunk()
    batch = [fitted(pixels)] * 16

    def fresh() -> list[Photo]:
        return [Photo(pixels, photo.width, photo.height) for _ in range(16)]

    warm = fresh()
    trunk.look(warm)
    recognizers = {"labels": LabelRecognizer(), "scenes": SceneRecognizer(), "likeness": LikenessRecognizer()}
    tasks: dict[str, Callable[[], object]] = {
        "pure": lambda: trunk.run(batch),
        "look": lambda: trunk.look(fresh()),
    }

    def after(name: str) -> Callable[[], object]:
        def run() -> object:
            for one in warm:
                one.memo["lite2"].__dict__.pop("statistics", None)
            return recognizers[name].see(warm)

        return run

    tasks |= {name: after(name) for name in recognizers}
    best = alternately(tasks, 7)
    figures = [Figure("trunk: pass of one photo", best["pure"] / 16 * 1000, "ms", better="lower")]
    figures += [
        Figure(
            f"{name}: cost above the shared pass", best[name] / best["pure"], "of the pass", better="lower"
        )
        for name in recognizers
    ]
    everything = best["look"] + sum(best[n] for n in recognizers)
    figures.append(
        Figure(
            "labels, scenes and likeness: share of pure inference",
            best["pure"] / everything,
            "",
            better="higher",
        )
    )
    return figures + measure_engine()


def _repeat(task: Callable[[], object], times: int) -> None:
    for _ in range(times):
        task()


def measure_engine() -> list[Figure]:
    """Throughput of the engine over that of ONNX Runtime on the same networks and threads."""
    from veduta.nets.engine import Network, thread_count
    from veduta.nets.packs.text import TEXT_DETECTOR, TEXT_READER
    from veduta.nets.store import default_store

    try:
        import onnxruntime as ort
    except ImportError:
        return []
    figures = []
    for pack, shape, times in ((TEXT_DETECTOR, (1, 3, 736, 736), 2), (TEXT_READER, (6, 3, 48, 320), 1)):
        network = Network.open(pack)
        options = ort.SessionOptions()
        options.intra_op_num_threads = thread_count()
        options.log_severity_level = 3
        path = str(default_store().path(pack))
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        one = np.random.default_rng(0).random(shape, np.float32)
        rows, name = np.concatenate([one] * times), session.get_inputs()[0].name
        network.run(rows)
        best = alternately(
            {
                "engine": partial(network.run, rows),
                "onnx": partial(_repeat, partial(session.run, None, {name: one}), times),
            },
            5,
        )
        figures.append(
            Figure(
                f"engine: {pack.name} at {shape[-2]} x {shape[-1]}, speed against ONNX Runtime",
                best["onnx"] / best["engine"],
                "x",
                note=f"{times * shape[0]} pictures, {thread_count()} threads, taking turns",
            )
        )
    return figures


def measure() -> list[Figure]:
    """All figures."""
    return [*measure_likeness(), *measure_scenes(), *measure_labels(), *measure_cost()]
