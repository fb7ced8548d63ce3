"""The atlases by which landmarks are recognized: the one that comes with Veduta, and the user's own beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from veduta.errors import BadFolder, NotFound
from veduta.settings import settings

DEFAULT = "default"
MANIFEST = "manifest.json"


class AtlasExists(BadFolder):
    """An atlas of that name is used already."""


@dataclass(frozen=True, slots=True)
class Used:
    """An atlas that is in use, and where it lies."""

    name: str
    folder: Path


def shipped() -> Path:
    """Where the atlas lies that comes with Veduta."""
    return Path(__file__).parent / "data" / DEFAULT


def home() -> Path:
    """Where the user's own atlases lie."""
    return settings().home / "atlases"


def used() -> list[Used]:
    """The atlases in use: the shipped one first, then the user's own by name."""
    found = [Used(DEFAULT, shipped())] if (shipped() / MANIFEST).is_file() else []
    if home().is_dir():
        own = sorted(p for p in home().iterdir() if not p.name.startswith(".") and (p / MANIFEST).is_file())
        found += [Used(folder.name, folder) for folder in own]
    return found


def fingerprint() -> str:
    """Changes whenever another atlas is used, or one of them is another: their manifests tell all their hashes."""
    digest = hashlib.blake2b(digest_size=6)
    for one in used():
        digest.update(f"{one.name}\n".encode("utf-8", "surrogateescape"))
        digest.update((one.folder / MANIFEST).read_bytes())
    return digest.hexdigest()


def use(folder: Path, name: str | None = None, again: bool = False) -> Used:
    """Copy an atlas to the user's own, under the name of its folder or another; `again` replaces one.

    Raises what opening it raises, and AtlasExists.
    """
    from veduta.landmarks.atlas import Atlas

    Atlas.open(folder)
    called = (name or folder.resolve().name).strip()
    if not called or called == DEFAULT or called.startswith(".") or Path(called).name != called:
        raise NotFound(f"{called!r} cannot be the name of an atlas: give another with --name")
    target = home() / called
    if target.exists() and not again:
        raise AtlasExists(
            f"an atlas called {called} is used already: give another --name, or replace it with --again"
        )
    home().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".coming-", dir=home()) as temporary:
        shutil.copytree(folder, Path(temporary) / "new")
        if target.exists():
            os.replace(target, Path(temporary) / "old")  # noqa: PTH105
        os.replace(Path(temporary) / "new", target)  # noqa: PTH105
    return Used(called, target)


def drop(name: str) -> None:
    """Use one of the user's own atlases no longer, and delete its copy; raises NotFound."""
    folder = next((one.folder for one in used() if one.name == name and one.name != DEFAULT), None)
    if folder is None:
        own = ", ".join(one.name for one in used() if one.name != DEFAULT) or "none"
        raise NotFound(f"no atlas of your own is called {name!r}; there are: {own}")
    shutil.rmtree(folder)
