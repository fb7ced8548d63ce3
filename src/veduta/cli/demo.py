"""`veduta demo`: a folder of photographs that installed packages ship, so that a newcomer sees a library at
once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

# package, file in it -> name in the folder, subject and license as the package's documentation states it
PHOTOGRAPHS: dict[tuple[str, str], tuple[str, str]] = {
    ("skimage", "data/astronaut.png"): ("astronaut.png", "Eileen Collins. NASA, public domain."),
    ("skimage", "data/camera.png"): ("cameraman.png", "Man with a camera. CC0, Lav Varshney."),
    ("skimage", "data/chelsea.png"): ("chelsea.png", "A cat. CC0, Stefan van der Walt."),
    ("skimage", "data/clock_motion.png"): (
        "clock.png",
        "A clock in motion. Public domain, Stefan van der Walt.",
    ),
    ("skimage", "data/coffee.png"): ("coffee.png", "A cup of coffee. CC0, Rachel Michetti."),
    ("skimage", "data/coins.png"): (
        "coins.png",
        "Greek coins. Brooklyn Museum, no known copyright restrictions.",
    ),
    ("skimage", "data/rocket.jpg"): ("rocket.jpg", "A Falcon 9 on its pad. SpaceX, public domain."),
    ("skimage", "data/hubble_deep_field.jpg"): ("hubble.jpg", "Hubble deep field. NASA, public domain."),
    ("skimage", "data/retina.jpg"): ("retina.jpg", "A human retina. CC0, Mikael Häggström."),
    ("skimage", "data/brick.png"): ("brick.png", "A brick wall. CC0, CC0Textures."),
    ("skimage", "data/grass.png"): ("grass.png", "Grass. CC0."),
    ("skimage", "data/gravel.png"): ("gravel.png", "Gravel. CC0, CC0Textures."),
    ("skimage", "data/text.png"): ("text.png", "Handwritten text. Public domain."),
    ("sklearn", "datasets/images/china.jpg"): (
        "china.jpg",
        "Summer Palace, Beijing. CC BY 2.0, danielbuechele.",
    ),
    ("sklearn", "datasets/images/flower.jpg"): ("flower.jpg", "A dahlia. CC BY 2.0, vultilion."),
}


def _sources() -> Iterator[tuple[Path, str, str]]:
    for (package, inside), (name, terms) in PHOTOGRAPHS.items():
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            source = Path(spec.origin).parent / inside
            if source.is_file():
                yield source, name, f"{name}: {terms} From the package {package}, {inside}."


def make_demo(folder: Path) -> list[Path]:
    """Copy the photographs into `folder`, with their licenses in LICENSES.txt; the copies. Runs again
    without harm.
    """
    from veduta.errors import NotFound
    from veduta.files import replacing, write_text

    copies, lines = [], []
    for source, name, line in _sources():
        copy = folder / name
        if not copy.exists() or copy.stat().st_size != source.stat().st_size:
            with replacing(copy) as temporary:
                shutil.copyfile(source, temporary)
        copies.append(copy)
        lines.append(line)
    if not copies:
        raise NotFound("no package with photographs is installed: run `pip install veduta[demo]`")
    write_text(folder / "LICENSES.txt", "\n".join(lines) + "\n")
    return copies


def demo(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to; default: beside the library.")
    ] = None,
) -> None:
    """Make a demo folder from photographs that installed packages ship, each with its license."""
    from veduta.settings import settings

    target = (folder or settings().home / "demo-photos").expanduser().absolute()
    copies = make_demo(target)
    typer.echo(f"{target}: {len(copies)} photographs (their licenses are in LICENSES.txt)")
