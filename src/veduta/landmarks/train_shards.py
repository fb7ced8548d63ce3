"""Training data of any size: photos in tar files that are read from beginning to end, shuffled on the way.

A tar of members `000000123.jpg` and `000000123.txt` (the label) needs one seek for thousands of photos, where millions
of single files need one each; the layout is that of WebDataset.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from veduta.files import replacing, write_text
from veduta.landmarks.train_examples import Floats, Integers
from veduta.landmarks.train_recipe import TrainingError

PER_SHARD = 4096
INDEX = "shards.json"
Sample = tuple[bytes, int]


def write_shards(samples: Iterable[Sample], folder: Path, each: int = PER_SHARD) -> Path:
    """Write (file content, label) pairs into tars of `each` photos and their index; returns the index's path.

    A shard is either whole or absent. Photos are taken in the order given: mix landmarks, do not sort by them.
    """
    stream = iter(samples)
    counts: dict[str, int] = {}
    while first := next(stream, None):
        name = f"{len(counts):06}.tar"
        number = 0
        with replacing(folder / name) as temporary, tarfile.open(temporary, "w") as archive:
            for data, label in _chained(first, islice(stream, each - 1)):
                for suffix, content in (("jpg", data), ("txt", str(label).encode())):
                    member = tarfile.TarInfo(f"{number:09}.{suffix}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
                number += 1
        counts[name] = number
    write_text(folder / INDEX, json.dumps({"format": 1, "shards": counts}, indent=1) + "\n")
    return folder / INDEX


def _chained(first: Sample, rest: Iterable[Sample]) -> Iterator[Sample]:
    yield first
    yield from rest


def read_shard(path: Path) -> Iterator[Sample]:
    """The photos of one tar in order; raises TrainingError where it is cut off or not a shard."""
    try:
        with ExitStack() as stack:
            # "r|" reads forward only and keeps no list of members, so memory does not grow with the shard.
            archive = stack.enter_context(tarfile.open(path, "r|"))
            picture: bytes | None = None
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]
                file = archive.extractfile(member)
                content = b"" if file is None else file.read()
                if len(content) != member.size:
                    raise tarfile.ReadError("unexpected end of data")
                if member.name.endswith(".txt"):
                    if picture is None:
                        raise tarfile.ReadError(f"label {member.name} without its photo")
                    yield picture, int(content)
                    picture = None
                else:
                    picture = content
    except (tarfile.TarError, ValueError, OSError) as error:
        raise TrainingError(f"{path}: damaged or no shard ({error}); write it again") from error


@dataclass(frozen=True)
class ShardStream:
    """The photos of a folder of shards, in an order that a seed and an epoch set.

    Shards are dealt out to `world` processes; within one, photos pass through a buffer of `buffer` from which one is
    drawn at random each time: the only photos in memory.
    """

    folder: Path
    buffer: int = 2048
    seed: int = 0
    rank: int = 0
    world: int = 1

    def shards(self) -> dict[str, int]:
        """Names and numbers of photos of all shards."""
        try:
            found = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            return {str(name): int(count) for name, count in found["shards"].items()}
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise TrainingError(f"{self.folder / INDEX}: no index of shards ({error})") from error

    def samples(self, epoch: int) -> Iterator[Sample]:
        """All photos of this process's share of an epoch, each once."""
        random = np.random.default_rng([self.seed, epoch])
        names = random.permutation(sorted(self.shards())).tolist()
        held: list[Sample] = []
        for name in names[self.rank :: self.world]:
            for sample in read_shard(self.folder / name):
                if len(held) < self.buffer:
                    held.append(sample)
                    continue
                drawn = int(random.integers(len(held)))
                held[drawn], sample = sample, held[drawn]
                yield sample
        for drawn in random.permutation(len(held)).tolist():
            yield held[drawn]

    def batches(
        self,
        epoch: int,
        size: int,
        prepare: Callable[[bytes, np.random.Generator], Floats],
        workers: int = 4,
        ahead: int = 4,
    ) -> Iterator[tuple[Floats, Integers]]:
        """Batches (size, ...) and labels, prepared by threads up to `ahead` batches before they are asked for.

        Every photo has a generator of its own, so that the result does not depend on the threads.
        """
        stream = self.samples(epoch)
        counter = 0
        with ThreadPoolExecutor(workers) as pool:
            waiting: list[tuple[list[Future[Floats]], Sequence[int]]] = []
            while True:
                while len(waiting) < ahead and len(batch := list(islice(stream, size))) == size:
                    jobs = []
                    for data, _ in batch:
                        random = np.random.default_rng([self.seed, epoch, self.rank, counter])
                        jobs.append(pool.submit(prepare, data, random))
                        counter += 1
                    waiting.append((jobs, [label for _, label in batch]))
                if not waiting:
                    return
                done, labels = waiting.pop(0)
                yield np.stack([job.result() for job in done]), np.array(labels, np.int64)
