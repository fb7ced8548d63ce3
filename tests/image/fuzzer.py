"""Damages small files at random and reads them, in a process of its own: a crash of native code is seen from outside.

Usage: ``python -m tests.image.fuzzer SEEDS WORK SEED COUNT``; prints one JSON line. A variant that takes longer than
20 s ends the process with a traceback.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

PATIENCE = 20


def damage(data: bytes, rng: random.Random) -> bytes:
    """A variant of `data`: some bytes flipped, mostly near the head; or cut off, doubled, or a stretch zeroed."""
    out = bytearray(data)
    way = rng.random()
    if way < 0.12:
        return bytes(out[: rng.randrange(1, len(out))])
    if way < 0.18:
        start = rng.randrange(len(out))
        out[start : start + rng.randrange(1, 64)] = bytes(rng.randrange(1, 64))
        return bytes(out)
    if way < 0.22:
        start = rng.randrange(len(out))
        return bytes(out[:start] + out[start : start + 50] + out[start:])
    reach = min(len(out), rng.choice((64, 256, 1024, len(out))))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(reach)
        out[place] = rng.choice((out[place] ^ (1 << rng.randrange(8)), rng.randrange(256), 0, 255))
    return bytes(out)


def resident() -> int:
    """Resident memory in bytes; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main(seeds: Path, work: Path, seed: int, count: int) -> None:
    """Read `count` variants of the files in `seeds`; the one being read stays in `work` when the process dies."""
    from veduta.errors import UnreadableImage
    from veduta.image import decode, metadata

    rng = random.Random(seed)
    files = sorted(p for p in seeds.iterdir() if p.is_file())
    told: Counter[str] = Counter()
    slowest, begun = (0.0, ""), 0
    for number in range(count):
        source = files[number % len(files)]
        variant = work / f"{seed}-variant{source.suffix}"
        variant.write_bytes(damage(source.read_bytes(), rng))
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        start = time.monotonic()
        for call in (lambda p: decode.load(p, 64), decode.size, metadata.read_metadata):
            try:
                call(variant)
                told["read"] += 1
            except UnreadableImage:
                told["refused"] += 1
        faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, (time.monotonic() - start, source.name))
        variant.unlink()
        if number == count // 3:
            begun = resident()
    print(json.dumps({"told": told, "slowest": slowest, "growth": resident() - begun, "count": count}))


if __name__ == "__main__":
    faulthandler.enable()
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
