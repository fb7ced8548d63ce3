"""The model store: a folder in which every network lies once, checked, converted and with its record."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from veduta.errors import ModelUnavailable, NotFound
from veduta.files import write_text
from veduta.lock import locked
from veduta.nets.convert import converter
from veduta.nets.download import check, copy_file, fetch_package, fetch_url, file_hash, take_member
from veduta.nets.pack import BadPack, ModelPack
from veduta.nets.packs import known_packs
from veduta.progress import Progress, Silent
from veduta.settings import settings

RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class PackState:
    """How one network stands in a store; `bytes` is its size there, or what a pull has to download."""

    name: str
    version: str
    task: str
    license: str
    copyright: str
    source: str
    package: str | None
    sha256: str
    bytes: int
    default: bool
    ready: bool
    state: str
    own: bool

    def as_json(self) -> dict[str, Any]:
        """All fields, fit for JSON."""
        return asdict(self)


class ModelStore:
    """The networks in `directory`; safe to use from several processes at once."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)

    @property
    def cache(self) -> Path:
        """Where downloads wait until they are converted."""
        return self.directory / "downloads"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with locked(self.directory / ".lock"):
            yield

    def own_packs(self) -> list[ModelPack]:
        """The packs that the user has added, by name."""
        if not self.directory.is_dir():
            return []
        known = {pack.folder for pack in known_packs()}
        found = []
        for path in sorted(self.directory.glob(f"*/{RECORD}")):
            if path.parent.name not in known and not path.parent.name.startswith("."):
                record = self._record(path.parent)
                if record is not None and record.get("own"):
                    found.append(ModelPack.from_json(record["pack"]))
        return found

    def packs(self) -> list[ModelPack]:
        """Every pack that this store knows, with or without weights."""
        return [*known_packs(), *self.own_packs()]

    def pack(self, name: str) -> ModelPack:
        """The pack called `name`; raises NotFound with the known names."""
        packs = self.packs()
        for pack in packs:
            if pack.name == name:
                return pack
        raise NotFound(f"no network is called {name!r}; known: {', '.join(p.name for p in packs)}")

    def _record(self, folder: Path) -> dict[str, Any] | None:
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def _state(self, pack: ModelPack) -> str:
        folder = self.directory / pack.folder
        record = self._record(folder)
        if record is None:
            return "missing"
        if record["pack"].get("member_sha256") != pack.member_sha256 or record.get("converted_by") != (
            f"{pack.converter}/{converter(pack.converter).revision}"
        ):
            return "outdated"
        for name, facts in record["files"].items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != facts["bytes"]:
                return "damaged"
        return "ready"

    def states(self) -> list[PackState]:
        """How every pack stands: ready, missing, outdated (older conversion) or damaged (a file cut or gone)."""
        own = {pack.name for pack in self.own_packs()}
        found = []
        for pack in self.packs():
            state = self._state(pack)
            size = pack.archive_bytes or pack.member_bytes
            if state == "ready":
                record = self._record(self.directory / pack.folder) or {"files": {}}
                size = sum(facts["bytes"] for facts in record["files"].values())
            found.append(
                PackState(
                    name=pack.name,
                    version=pack.version,
                    task=pack.task,
                    license=pack.license,
                    copyright=pack.copyright,
                    source=pack.source,
                    package=pack.package and f"{pack.package}=={pack.package_version}",
                    sha256=pack.member_sha256,
                    bytes=size,
                    default=pack.default,
                    ready=state == "ready",
                    state=state,
                    own=pack.name in own,
                )
            )
        return found

    def ready(self, pack: ModelPack) -> bool:
        """Whether `pack` can be used now."""
        return self._state(pack) == "ready"

    def path(self, pack: ModelPack, name: str | None = None) -> Path:
        """The file of `pack` that the engine reads, or the one called `name` beside it.

        Raises ModelUnavailable, telling how to get it.
        """
        state = self._state(pack)
        if state != "ready":
            how = (
                "it is yours: `veduta models add` it again"
                if pack.package is None
                else f"run `veduta models pull {pack.name}` once, while the machine has a network"
            )
            raise ModelUnavailable(f"the network {pack.name} is {state} in {self.directory}: {how}")
        folder = self.directory / pack.folder
        record = self._record(folder) or {}
        return folder / (name or record["main"])

    def fingerprint(self, pack: ModelPack) -> str:
        """Eight characters that change with the weights, the record or the companions of a ready pack."""
        return file_hash(self.path(pack, RECORD))[:8]

    def verify(self, pack: ModelPack) -> None:
        """Read every file of `pack` and raise WrongHash if one has changed since it was pulled."""
        self.path(pack)
        folder = self.directory / pack.folder
        for name, facts in (self._record(folder) or {"files": {}})["files"].items():
            check(
                folder / name,
                facts["sha256"],
                f"{pack.folder}/{name}",
                f"run `veduta models pull {pack.name}`",
            )

    def wanted(self, packs: Iterable[ModelPack] | None = None) -> list[ModelPack]:
        """Which of `packs` (the default ones when None) are not ready."""
        asked = [p for p in known_packs() if p.default] if packs is None else list(packs)
        return [pack for pack in asked if not self.ready(pack)]

    def download_bytes(self, packs: Iterable[ModelPack] | None = None) -> int:
        """How many bytes a pull of `packs` has to fetch."""
        archives = {
            (p.archive or p.url or p.name): p.archive_bytes or p.member_bytes
            for p in self.wanted(packs)
            if p.archive is None or not (self.cache / p.archive).exists()
        }
        return sum(archives.values())

    def pull(
        self,
        packs: Iterable[ModelPack] | None = None,
        progress: Progress | None = None,
        keep_downloads: bool = False,
    ) -> list[Path]:
        """Fetch, check and convert what is not ready of `packs` (None: the default ones); returns the files.

        An interrupted pull leaves whole networks and whole downloads, never parts; the next pull goes on
        from there. Raises WrongHash, DownloadFailed.
        """
        progress = progress or Silent()
        asked = [p for p in known_packs() if p.default] if packs is None else list(packs)
        if not self.wanted(asked):
            return [self.path(pack) for pack in asked]
        with self._lock():
            self._sweep()
            missing = self.wanted(asked)  # another process may have pulled while we waited
            progress.begin("pulling networks", self.download_bytes(missing))
            try:
                fetched: set[Path] = set()
                for pack in sorted(missing, key=lambda p: p.archive or ""):
                    fresh = pack.archive is not None and not (self.cache / pack.archive).exists()
                    source = self._fetch(pack)
                    fetched.add(source)
                    if fresh:
                        progress.advance(pack.archive_bytes)
                    self._install(pack, source)
            finally:
                progress.end()
            if not keep_downloads:
                for source in fetched:
                    source.unlink(missing_ok=True)
        return [self.path(pack) for pack in asked]

    def _fetch(self, pack: ModelPack) -> Path:
        if pack.package is None:  # its companions and its source are the user's to give
            raise ModelUnavailable(f"the network {pack.name} is yours: `veduta models add` it again")
        return fetch_package(pack, self.cache)

    def _sweep(self) -> None:
        # Only the holder of the lock gets here, so what lies about is from a process that died.
        for pattern in (".new-*", ".old-*", "downloads/fetch-*"):
            for folder in self.directory.glob(pattern):
                shutil.rmtree(folder, ignore_errors=True)

    def _install(self, pack: ModelPack, source: Path, companions: Mapping[str, Path] | None = None) -> None:
        """Convert the weight in (or at) `source` and put the finished folder in place in one step."""
        work = Path(tempfile.mkdtemp(prefix=".new-", dir=self.directory))
        try:
            weight = work / f"weight{Path(pack.member).suffix}"
            if pack.archive is not None:
                take_member(source, pack.member, pack.member_bytes, weight)
                check(weight, pack.member_sha256, pack.member, "nothing was kept; pull again")
            else:
                copy_file(source, weight)
                check(
                    weight,
                    pack.member_sha256,
                    source.name,
                    "nothing was kept; check where the file comes from",
                )
            made = work / "made"
            made.mkdir()
            how = converter(pack.converter)
            main = how.convert(weight, made)
            for name, companion in (companions or {}).items():
                shutil.copyfile(companion, made / name)
            record = {
                "pack": pack.as_json(),
                "own": companions is not None,
                "main": main.name,
                "converted_by": f"{pack.converter}/{how.revision}",
                "files": {
                    path.name: {"bytes": path.stat().st_size, "sha256": file_hash(path)}
                    for path in sorted(made.iterdir())
                },
            }
            for path in made.iterdir():
                with path.open("rb") as written:
                    os.fsync(written.fileno())
            write_text(made / RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
            made.chmod(0o755)
            self._swap(made, self.directory / pack.folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _swap(self, made: Path, place: Path) -> None:
        if place.exists():
            old = Path(tempfile.mkdtemp(prefix=".old-", dir=self.directory))
            place.rename(old / place.name)
            made.rename(place)
            shutil.rmtree(old, ignore_errors=True)
        else:
            made.rename(place)

    def add(
        self,
        pack: ModelPack,
        source: Path | str,
        progress: Progress | None = None,
        companions: Mapping[str, Path] | None = None,
    ) -> Path:
        """Add a pack of the user's own from a file or URL; its weight must have the SHA-256 of the record.

        `companions` are files to keep beside it, by the name they get there. It takes the place of an own pack
        of the same name. Raises WrongHash when the hash differs, BadPack when the name belongs to a built-in
        network.
        """
        if any(pack.name == known.name or pack.folder == known.folder for known in known_packs()):
            raise BadPack(f"{pack.name} is the name of a built-in network; choose another")
        with self._lock():
            self._sweep()
            if isinstance(source, str) and source.startswith(("http://", "https://")):
                path = fetch_url(source, self.cache / f"{pack.member_sha256[:16]}-{pack.member}", progress)
                try:
                    self._install(pack, path, companions or {})
                finally:
                    path.unlink(missing_ok=True)
            else:
                path = Path(source)
                if not path.is_file():
                    raise NotFound(f"{path}: no such file")
                self._install(pack, path, companions or {})
            for other in self.own_packs():
                if other.name == pack.name and other.folder != pack.folder:
                    self._discard(other)
        return self.path(pack)

    def remove(self, name: str) -> None:
        """Delete the weights of the pack called `name`; a pack of the user's own is forgotten altogether."""
        pack = self.pack(name)
        with self._lock():
            if not (self.directory / pack.folder).exists():
                raise NotFound(f"the network {name} is not in {self.directory}")
            self._discard(pack)

    def _discard(self, pack: ModelPack) -> None:
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=self.directory))
        (self.directory / pack.folder).rename(old / pack.folder)
        shutil.rmtree(old, ignore_errors=True)


@cache
def default_store() -> ModelStore:
    """The store of this process's settings."""
    return ModelStore(settings().models_directory)


def ensure(packs: Sequence[ModelPack], store: ModelStore | None = None) -> None:
    """Raise ModelUnavailable unless all `packs` are ready, naming each that is not."""
    store = store or default_store()
    missing = [pack.name for pack in packs if not store.ready(pack)]
    if missing:
        raise ModelUnavailable(
            f"networks that are not in {store.directory}: {', '.join(missing)}."
            " Run `veduta models pull` once, while the machine has a network"
        )
