"""Records of the networks that a user adds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from veduta.errors import NotFound
from veduta.nets.download import check
from veduta.nets.pack import BadPack, ModelPack

SUFFIXES = (".onnx", ".tflite", ".pb")


def own_pack(
    source: str,
    *,
    sha256: str,
    name: str,
    task: str,
    license: str = "unknown",
    version: str = "1",
    family: str = "",
    companions: Sequence[str] = (),
    size: tuple[float, ...] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    threshold: float = 0.5,
) -> tuple[ModelPack, dict[str, Path]]:
    """The record of the network at `source` (a file or URL), and the files to keep beside it by name.

    `companions` are "FILE=SHA-256"; each file is checked here. Raises BadPack, NotFound, WrongHash.
    """
    is_url = source.startswith(("http://", "https://"))
    member = PurePosixPath(urlsplit(source).path).name if is_url else Path(source).name
    if Path(member).suffix.lower() not in SUFFIXES:
        raise BadPack(f"{member}: a network of your own must be one of {', '.join(SUFFIXES)}")
    files: dict[str, Path] = {}
    for companion in companions:
        path_text, equals, digest = companion.rpartition("=")
        path = Path(path_text)
        if not equals:
            raise BadPack(f"companion {companion!r}: write FILE=SHA-256")
        if not path.is_file():
            raise NotFound(f"{path}: no such file")
        check(path, digest.lower(), path.name, "nothing was kept; check where the file comes from")
        files[path.name] = path
    spread = std or (1.0, 1.0, 1.0)
    if any(value <= 0 for value in spread):
        raise BadPack(f"model pack {name}: deviations must be above zero, not {spread}")
    if size is not None and any(value < 1 or value != int(value) for value in size):
        raise BadPack(f"model pack {name}: a size is in whole pixels, not {size}")
    if not 0 <= threshold <= 1:
        raise BadPack(f"model pack {name}: a threshold is a score, from 0 to 1, not {threshold}")
    pack = ModelPack(
        name=name,
        version=version,
        task=task,
        license=license,
        copyright="see its source",
        source=source if is_url else "a file of the user's",
        member=member,
        member_sha256=sha256.lower(),
        member_bytes=0 if is_url or not Path(source).is_file() else Path(source).stat().st_size,
        url=source if is_url else None,
        converter="painter" if task == "style" else "own",
        shape=(),
        size=(int(size[0]), int(size[-1])) if size else None,
        mean=(mean or (0.0, 0.0, 0.0))[:3],  # type: ignore[arg-type]
        std=spread[:3],  # type: ignore[arg-type]
        thresholds={"score": threshold},
        default=False,
        family=family or name,
        companions=tuple(sorted(files)),
    )
    return pack, files
