"""How search, similar photos and the timeline bear 10,000, 100,000 and 1,000,000 photos.

A synthetic library of each size is made: rows as a real import writes them (but for the table of finished work and
thumbnails), words and names that are as unequally frequent as in life (Zipf), days with trips, likeness vectors in
clusters. A process of its own then opens it and answers; its resident memory is what it needs.
"""

from __future__ import annotations

import datetime
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure

SIZES = (10_000, 100_000, 1_000_000)
BLOCK = 10_000
LIKENESS = 256
FACE = 128
SPACE = "likeness@1"
WORDS = 200_000
RARE = 40_000
PERSONS = 3_000
CITIES = 2_000
QUERIES = 200
OBJECTS = """
    person car dog chair bottle cat bird bicycle cup table boat truck bus train horse book clock bed
    couch tv laptop umbrella backpack handbag bench sheep cow elephant bear zebra giraffe airplane
    motorcycle pizza cake
""".split()  # noqa: SIM905
SCENES = """
    beach street forest mountain kitchen bedroom office garden harbor restaurant lake river church
    castle bridge stadium museum library market desert waterfall valley island airport station
    playground
""".split()  # noqa: SIM905
_EPOCH = datetime.date(2003, 1, 1)


def measure() -> list[Figure]:
    """Make each library, ask it, and delete it."""
    sizes = [int(n) for n in os.environ.get("VEDUTA_SCALE", "").split(",") if n] or SIZES
    found: dict[int, dict[str, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="veduta-scale-") as folder:
            begin = time.perf_counter()
            make(Path(folder), size)
            made = time.perf_counter() - begin
            command = [sys.executable, "-m", "benchmarks.scale", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[size] = {**json.loads(done.stdout.splitlines()[-1]), "made": made}
    return [figure for size in sizes for figure in _figures(size, found[size], found[sizes[0]])]


def _figures(size: int, got: dict[str, float], smallest: dict[str, float]) -> Iterator[Figure]:
    last = size >= 1_000_000
    name = f"{size:,} photos"
    for what, limits in {
        "text and filter search": (50.0, 150.0),
        "similar search": (50.0, 150.0),
    }.items():
        for quantile, limit in zip(("p50", "p95"), limits, strict=True):
            value = got[f"{what} {quantile}"]
            growth = value / smallest[f"{what} {quantile}"]
            yield Figure(
                f"{name}: {what}, {quantile}",
                value,
                "ms",
                target=limit if last else None,
                better="lower",
                n=QUERIES,
                note=f"{growth:.1f} x that of the smallest library",
            )
    page = got["timeline"]
    yield Figure(
        f"{name}: timeline, first page", page, "ms", target=100.0 if last else None, better="lower",
        note=f"{page / smallest['timeline']:.1f} x that of the smallest library",
    )  # fmt: skip
    yield Figure(f"{name}: timeline, page in the middle", got["timeline deep"], "ms", better="lower")
    yield Figure(
        f"{name}: resident memory", got["memory"], "MB", target=2000.0 if last else None, better="lower",
        note=f"of which {got['own']:.0f} MB are the process's own, the rest is mapped files",
    )  # fmt: skip
    yield Figure(f"{name}: similar search, recall of the 10 nearest", got["recall"], target=0.95)
    yield Figure(f"{name}: opening, first search", got["cold"], "s", better="lower", note="builds the caches")
    yield Figure(f"{name}: opening, first search with caches", got["warm"], "s", better="lower")
    yield Figure(f"{name}: catalog", got["bytes"] / 1e6, "MB", better="lower")


# The library


def make(folder: Path, size: int) -> None:
    """Write a library of `size` photos into `folder`; the same for the same size."""
    from veduta.library.catalog import Catalog

    Catalog.open(folder).close()
    database = sqlite3.connect(folder / "catalog.db", isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    tables = ("photos", "files", "findings", "vectors", "faces", "documents")
    marks = ",".join("?" * len(tables))
    indexes = database.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
        tables,
    ).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    Writer(database, size).write()
    for _, statement in indexes:
        database.execute(statement)
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.close()


def _zipf(rng: np.random.Generator, count: int, size: int, power: float = 1.05) -> NDArray[np.int64]:
    """`size` numbers below `count`, small ones much more often."""
    weights = 1 / np.arange(1, count + 1) ** power
    edges = np.cumsum(weights / weights.sum())
    return np.searchsorted(edges, rng.random(size)).clip(0, count - 1)


def word(number: int) -> str:
    """The made-up word of a number: syllables, so that no two are alike."""
    syllables = [
        "ba",
        "ce",
        "di",
        "fo",
        "gu",
        "ka",
        "le",
        "mi",
        "no",
        "pu",
        "ra",
        "se",
        "ti",
        "vo",
        "zu",
        "ja",
    ]
    out = ""
    number += 16
    rare = number >= RARE
    while number:
        number, digit = divmod(number, 16)
        out += syllables[digit]
    return f"{out}7" if rare else out  # with a digit there is nothing to stem, which saves minutes


class Writer:
    """Rows of a synthetic library, block by block."""

    def __init__(self, database: sqlite3.Connection, size: int) -> None:
        self._database = database
        self._size = size
        self._terms: dict[tuple[str, str], int] = {}
        self._finding = 0
        rng = np.random.default_rng(7)
        self._centers = rng.standard_normal((max(50, size // 200), LIKENESS), np.float32)
        self._faces = rng.standard_normal((PERSONS, FACE), np.float32)
        self._city = [f"{word(i).title()}" for i in range(CITIES)]
        self._country = [f"{word(i % 60 + 5000).title()}land" for i in range(CITIES)]

    def write(self) -> None:
        """Write everything."""
        from veduta.library import words

        self._run("INSERT INTO folders VALUES (1, '/photos', '2026-01-01', 0, '[]', 0)", [()])
        self._run(
            "INSERT INTO places (id, city, region, country, country_code, latitude, longitude) VALUES (?,?,?,?,?,?,?)",
            [(i + 1, c, "", self._country[i], f"{i % 60:02d}", i % 120 - 60.0, i % 300 - 150.0)
             for i, c in enumerate(self._city)],
        )  # fmt: skip
        self._run(
            "INSERT INTO persons (id, name, hidden, created_at) VALUES (?,?,0,'2026-01-01')",
            [
                (i + 1, f"{word(i * 7).title()} {word(i * 13 + 3).title()}" if i % 3 else None)
                for i in range(PERSONS)
            ],
        )
        self._stem = [words.stem(word(i)) for i in range(WORDS)]
        for start in range(0, self._size, BLOCK):
            self._block(start, min(BLOCK, self._size - start))
        self._run(
            "INSERT INTO terms (id, field, word) VALUES (?,?,?)",
            [(number, field, text) for (field, text), number in self._terms.items()],
        )
        self._run("INSERT INTO preferences VALUES ('search_sequence', '1')", [()])

    def _run(self, statement: str, rows: Any) -> None:
        self._database.executemany(statement, rows)

    def _term(self, field: str, text: str) -> int:
        return self._terms.setdefault((field, text), len(self._terms) + 1)

    def _block(self, start: int, count: int) -> None:
        from veduta.library import text_index, words

        rng = np.random.default_rng([11, start])
        ids = np.arange(start + 1, start + count + 1)
        offsets = np.sort(rng.integers(0, 8_000, count))
        dates = [_EPOCH + datetime.timedelta(int(o)) for o in offsets]
        days = [d.year * 10_000 + d.month * 100 + d.day for d in dates]
        place = _zipf(rng, CITIES, count)
        located = rng.random(count) < 0.6
        video = rng.random(count) < 0.05
        favorite = rng.random(count) < 0.02
        rating = np.where(rng.random(count) < 0.1, rng.integers(1, 6, count), 0)
        camera = _zipf(rng, 40, count)
        people = rng.poisson(0.8, count)
        hashes = rng.integers(-(2**63), 2**63 - 1, count)
        names = [f"Brand {word(c)} {c}" for c in range(40)]
        self._run(
            "INSERT INTO photos (id,hash,phash,width,height,format,media,bytes,taken,taken_source,day,month_day,"
            "latitude,longitude,place_id,camera,iso,rating,favorite,hidden,color,people_count,added_at,user_edited)"
            " VALUES (?,?,?,4032,3024,'jpeg',?,4000000,?,'exif',?,?,?,?,?,?,100,?,?,0,'#808080',?,'2026-01-01','{}')",
            [
                (i, f"{i:064x}", int(hashes[k]), "video" if video[k] else "photo",
                 f"{dates[k]} 12:{k // 60 % 60:02d}:{k % 60:02d}.000000", days[k], days[k] % 10_000,
                 place[k] % 120 - 60.0 if located[k] else None, place[k] % 300 - 150.0 if located[k] else None,
                 int(place[k]) + 1 if located[k] else None, names[camera[k]],
                 int(rating[k]) or None, int(favorite[k]), int(people[k]))
                for k, i in enumerate(ids.tolist())
            ],
        )  # fmt: skip
        self._run(
            "INSERT INTO files (id, photo_id, folder_id, path, bytes, mtime_ns, role) VALUES (?,?,1,?,1,1,'original')",
            [(i, i, f"/photos/{days[k] // 10_000}/IMG_{i:07d}.jpg") for k, i in enumerate(ids.tolist())],
        )
        pairs: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        every = np.arange(count)

        def put(
            rows: NDArray[np.int64], terms: NDArray[np.int64], weights: NDArray[np.int64] | int = 255
        ) -> None:
            pairs.append((rows, terms, np.broadcast_to(weights, rows.shape)))

        def flag(rows: NDArray[np.bool_], field: str, text: str) -> None:
            where = np.flatnonzero(rows)
            put(where, np.full(len(where), self._term(field, text)))

        findings: list[tuple[Any, ...]] = []
        for kind, vocabulary, most in (("object", OBJECTS, 3), ("scene", SCENES, 1), ("label", None, 2)):
            for _ in range(most):
                rows = every[rng.random(count) < (1.0 if kind == "scene" else 0.7)]
                chosen = _zipf(rng, len(vocabulary) if vocabulary else 1000, len(rows))
                scores = rng.uniform(0.25, 1.0, len(rows))
                spelled = vocabulary or [f"{word(n + 20_000)} {word(n % 90 + 30_000)}" for n in range(1000)]
                numbers = np.array([self._term(kind, text) for text in spelled])
                put(rows, numbers[chosen], np.round(scores * 255).astype(np.int64))
                wide = [[self._term(f"{kind}+", b) for b in words.broader(text)] for text in spelled]
                broad = [(r, t, s) for r, c, s in zip(rows, chosen, scores, strict=True) for t in wide[c]]
                if broad:
                    table = np.array(broad)
                    put(
                        table[:, 0].astype(int),
                        table[:, 1].astype(int),
                        np.round(table[:, 2] * 255).astype(int),
                    )
                findings += [
                    (int(ids[r]), kind, spelled[c], float(s), None, None)
                    for r, c, s in zip(rows, chosen, scores, strict=True)
                ]
        with_text = every[rng.random(count) < 0.15]
        for _ in range(2):
            tokens = _zipf(rng, WORDS, len(with_text) * 4).reshape(-1, 4)
            marks = [text_index.pairs([self._stem[t] for t in row]) for row in tokens.tolist()]
            for column in range(3):
                put(with_text, np.array([self._term("pair", row[column]) for row in marks]))
            for column in range(4):
                numbers = np.array([self._term("text", self._stem[t]) for t in tokens[:, column]])
                put(with_text, numbers, 230)
            findings += [
                (int(ids[r]), "text", "text", 0.9, " ".join(word(t) for t in row), None)
                for r, row in zip(with_text, tokens.tolist(), strict=True)
            ]
        put(every, np.array([self._term("city", self._city[p].lower()) for p in place])[every])
        put(every, np.array([self._term("country", self._country[p].lower()) for p in place]))
        put(every, np.array([self._term("camera", names[c].lower()) for c in camera]))
        put(every, np.array([self._term("gear", "brand")] * count))
        put(every, np.array([self._term("gear", words.stem(word(c))) for c in camera]))
        put(every, np.array([self._term("people", str(p)) for p in people]))
        put(every, np.array([self._term("file", f"{i:07d}") for i in ids]))
        put(every, np.array([self._term("file", "img")] * count))
        put(every, np.array([self._term("file", str(d // 10_000)) for d in days]))
        flag(video, "is", "video")
        flag(~video, "is", "photo")
        flag(favorite, "is", "favorite")
        flag(located, "is", "located")
        for stars in range(1, 6):
            flag(rating == stars, "rating", str(stars))
        self._findings(rng, ids, findings, people)
        self._documents(ids, days, pairs)

    def _findings(
        self, rng: np.random.Generator, ids: NDArray[np.int64], rows: list[tuple[Any, ...]], people: Any
    ) -> None:
        likeness = self._centers[rng.integers(0, len(self._centers), len(ids))]
        likeness = likeness + rng.standard_normal(likeness.shape, np.float32) * np.float32(0.8)
        likeness /= np.linalg.norm(likeness, axis=1, keepdims=True)
        blobs = [v.tobytes() for v in likeness.astype("<f2")]
        first = self._finding + 1
        marks = "INSERT INTO findings (id,photo_id,kind,name,score,text,x,y,w,h,recognizer,version) VALUES "
        rows += [(int(i), "likeness", "likeness", 1.0, None, None) for i in ids]
        face_rows = np.repeat(np.arange(len(ids)), np.minimum(people, 4))
        rows += [(int(ids[r]), "face", "face", 0.9, None, 10.0 + 60 * k) for k, r in enumerate(face_rows)]
        self._run(
            marks + "(?,?,?,?,?,?,?,20.0,50.0,50.0,'synthetic','1')",
            [(first + k, *row[:5], row[5]) for k, row in enumerate(rows)],
        )
        self._finding += len(rows)
        face_first = self._finding - len(face_rows) + 1
        like_first = face_first - len(ids)
        self._run(
            "INSERT INTO vectors (photo_id, finding_id, space, data) VALUES (?,?,?,?)",
            [(int(i), like_first + k, SPACE, blobs[k]) for k, i in enumerate(ids)],
        )
        person = _zipf(rng, PERSONS, len(face_rows))
        faces = self._faces[person] + rng.standard_normal((len(person), FACE), np.float32) * np.float32(0.3)
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        self._run(
            "INSERT INTO vectors (photo_id, finding_id, space, data) VALUES (?,?,'faces@1',?)",
            [(int(ids[r]), face_first + k, v.tobytes())
             for k, (r, v) in enumerate(zip(face_rows, faces.astype("<f2"), strict=True))],
        )  # fmt: skip
        self._run(
            "INSERT INTO faces (finding_id,photo_id,person_id,confirmed,compared,x,y,w,h,score,quality)"
            " VALUES (?,?,?,0,1,10,20,50,50,0.9,0.5)",
            [
                (face_first + k, int(ids[r]), int(p) + 1)
                for k, (r, p) in enumerate(zip(face_rows, person, strict=True))
            ],
        )

    def _documents(self, ids: NDArray[np.int64], days: list[int], pairs: list[Any]) -> None:
        from veduta.library.text_index import PAIR

        rows = np.concatenate([p[0] for p in pairs]).astype(np.int64)
        terms = np.concatenate([p[1] for p in pairs]).astype(np.int64)
        weights = np.concatenate([p[2] for p in pairs]).astype(np.int64).clip(1, 255)
        order = np.lexsort((-weights, terms, rows))
        rows, terms, weights = rows[order], terms[order], weights[order]
        new = np.concatenate([[True], (rows[1:] != rows[:-1]) | (terms[1:] != terms[:-1])])
        rows, terms, weights = rows[new], terms[new], weights[new]
        packed = np.empty(len(rows), PAIR)
        packed["term"], packed["weight"] = terms, weights
        data = packed.tobytes()
        edges = np.searchsorted(rows, np.arange(len(ids) + 1)) * PAIR.itemsize
        self._run(
            "INSERT INTO documents (photo_id, seq, day, shown, terms) VALUES (?,1,?,1,?)",
            [(int(i), days[k], data[edges[k] : edges[k + 1]]) for k, i in enumerate(ids)],
        )


# The questions


def queries(count: int) -> list[str]:
    """Searches as people write them, of common and of rare words; the same ones every time."""
    rng = np.random.default_rng(5)
    pick: Callable[[Any], str] = lambda some: str(some[int(_zipf(rng, len(some), 1)[0])])  # noqa: E731
    text = [word(i) for i in range(20_000)]
    cities = [word(i) for i in range(CITIES)]
    people = [word(i * 7) for i in range(PERSONS) if i % 3]
    kinds: list[Callable[[], str]] = [
        lambda: pick(OBJECTS),
        lambda: f"{pick(OBJECTS)} {pick(SCENES)}",
        lambda: f"{pick(SCENES)} {pick(cities)}",
        lambda: f"place:{pick(cities)} object:{pick(OBJECTS)}",
        lambda: f"person:{pick(people)}",
        lambda: f"person:{pick(people)} {pick(SCENES)} after:2015",
        lambda: f"text:{pick(text)}",
        lambda: pick(text),
        lambda: f'"{pick(text)} {pick(text)}"',
        lambda: f"animal {rng.integers(2004, 2024)}",
        lambda: f"people:>{rng.integers(1, 4)} rating:>=4",
        lambda: f"{pick(SCENES)} -object:{pick(OBJECTS)} before:2012",
        lambda: f"({pick(OBJECTS)} OR {pick(OBJECTS)}) {pick(SCENES)} is:favorite",
        lambda: f"camera:{word(int(rng.integers(0, 40)))} vehicle",
        lambda: f"may {rng.integers(2004, 2024)}",
        lambda: "xqwzkvy",
        lambda: f"IMG_{rng.integers(1, 9_000):07d}",
        lambda: "is:video christmas",
    ]
    return [kinds[i % len(kinds)]() for i in range(count)]


def _times(calls: list[Callable[[], object]]) -> list[float]:
    times = []
    for call in calls:
        begin = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - begin))
    return times


def ask(folder: Path) -> dict[str, float]:
    """Open a library and measure its answers, in milliseconds; memory in megabytes."""
    from veduta.library import timeline
    from veduta.library.catalog import Catalog
    from veduta.library.postings import postings
    from veduta.library.search import search
    from veduta.library.similar import similar

    found: dict[str, float] = {}
    for name in ("cold", "warm"):
        begin = time.perf_counter()
        with Catalog.open(folder) as catalog:
            search(catalog, "dog", 50)
            similar(catalog, 1, 50)
        found[name] = time.perf_counter() - begin
    with Catalog.open(folder) as catalog:
        asked = queries(QUERIES)
        with catalog.session() as session:
            size = int(postings(catalog, session).shown.sum())
        for query in asked[:36]:
            search(catalog, query, 50)
        times = _times([lambda q=q: search(catalog, q, 50) for q in asked])  # type: ignore[misc]
        found |= _quantiles("text and filter search", times)
        slow = sorted(zip(times, asked, strict=True), reverse=True)[:5]
        print("slowest:", "; ".join(f"{query} {ms:.0f} ms" for ms, query in slow), file=sys.stderr)
        photos = np.random.default_rng(3).integers(1, size + 1, QUERIES).tolist()
        for photo in photos[:20]:
            similar(catalog, photo, 50)
        found |= _quantiles("similar search", _times([lambda p=p: similar(catalog, p, 50) for p in photos]))  # type: ignore[misc]
        first = _times([lambda: (timeline.days(catalog), timeline.page(catalog, 0, 200)) for _ in range(20)])
        found["timeline"] = float(np.median(first))
        middle = _times([lambda: timeline.page(catalog, size // 2, 200) for _ in range(10)])
        found["timeline deep"] = float(np.median(middle))
        memory = _memory()
        found["memory"], found["own"] = memory["VmRSS"] / 1000, memory["RssAnon"] / 1000
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        found["recall"] = _recall(catalog, photos[:30])
    found["bytes"] = float((folder / "catalog.db").stat().st_size)
    return found


def _quantiles(name: str, times: list[float]) -> dict[str, float]:
    return {f"{name} p50": float(np.quantile(times, 0.5)), f"{name} p95": float(np.quantile(times, 0.95))}


def _memory() -> dict[str, float]:
    """The process's memory in kilobytes, by the system's names."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return {
        k: float(v.split()[0]) for k, v in (line.split(":", 1) for line in lines) if v.strip().endswith("kB")
    }


def _recall(catalog: Any, photos: list[int]) -> float:
    """How many of the ten nearest photos, found by comparing all, are among the first ten of `similar`."""
    from veduta.library.similar import similar
    from veduta.library.vectors import every, read

    with catalog.session() as session:
        order, asked = read(session, SPACE, photos)
        best = np.full((len(order), 11), -2.0, np.float32)
        ids = np.zeros((len(order), 11), np.int64)
        for block, vectors in every(session, SPACE):
            scores = np.concatenate([best, asked @ vectors.T], axis=1)
            names = np.concatenate([ids, np.broadcast_to(block, (len(order), len(block)))], axis=1)
            top = np.argsort(-scores, axis=1)[:, :11]
            best, ids = np.take_along_axis(scores, top, 1), np.take_along_axis(names, top, 1)
    hits = 0
    for photo, near in zip(order.tolist(), ids.tolist(), strict=True):
        truth = [other for other in near if other != photo][:10]
        hits += len(set(truth) & {hit.photo_id for hit in similar(catalog, photo, 10)})
    return hits / (10 * len(order))


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]))))
