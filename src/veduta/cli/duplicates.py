"""`veduta duplicates`: photos that show the same, and which of them to keep."""

from __future__ import annotations

from typing import Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit


def duplicates(
    library: LibraryOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="exact, near or burst; may be repeated. Default: all."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="At most N groups.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Group duplicate and near-duplicate photos and suggest which to keep; nothing is deleted."""
    from veduta.library.catalog import Catalog
    from veduta.library.duplicates import KINDS
    from veduta.library.duplicates import duplicates as find

    unknown = sorted(set(kind or ()) - set(KINDS))
    if unknown:
        raise typer.BadParameter(f"no kind is called {unknown[0]!r}; known: {', '.join(KINDS)}")
    with Catalog.open(library, create=False) as catalog:
        groups = find(catalog, kind or KINDS)[:limit]
    for group in groups:
        best = group.members[0]
        if as_json:
            photos = [
                {"path": m.path, "width": m.width, "height": m.height, "bytes": m.bytes, "why": m.why}
                for m in group.members
            ]
            emit({"kind": group.kind, "best": best.path, "reason": group.reason, "photos": photos})
            continue
        typer.echo(f"{group.kind}: {len(group.members)} photos; keep the {group.reason}")
        for number, member in enumerate(group.members):
            path = member.path.encode("utf-8", "backslashreplace").decode()
            size = f"{member.width} x {member.height}, {member.bytes:,} bytes"
            typer.echo(f"  {' ' if number else '*'} {path}  {size}  {member.why}")
    if not as_json:
        spare = sum(member.bytes for group in groups for member in group.members[1:])
        typer.echo(f"{len(groups)} groups; {spare / 1e6:,.1f} MB besides the best of each")
