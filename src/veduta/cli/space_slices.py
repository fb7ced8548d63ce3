"""`veduta space slices`: pictures of sections to a volume, a surface and a page to look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from veduta.cli.output import Bar, emit, printable
from veduta.cli.place import check_folder


def slices(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Pictures of sections, in the order of their names.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT", help="Folder for the results.", show_default=False)
    ],
    pixel: Annotated[float, typer.Option("--pixel", metavar="MM", help="Width of a pixel.")] = 1.0,
    thickness: Annotated[
        float, typer.Option("--thickness", metavar="MM", help="From section to section.")
    ] = 1.0,
    edge: Annotated[
        float | None,
        typer.Option(
            "--edge", metavar="MM", help="Of the volume's cubes; default: a pixel, or what memory allows."
        ),
    ] = None,
    turn: Annotated[
        float,
        typer.Option("--turn", metavar="DEGREES", help="How far neighbors may be turned to each other."),
    ] = 30.0,
    rigid: Annotated[
        bool, typer.Option("--rigid", help="Turn and shift sections, but do not bend them.")
    ] = False,
    aligned: Annotated[bool, typer.Option("--aligned", help="The sections are registered already.")] = False,
    straighten: Annotated[
        bool, typer.Option("--straighten", help="Also undo how the object leans from section to section.")
    ] = False,
    ground: Annotated[
        str, typer.Option("--ground", metavar="auto|dark|bright", help="What the object lies on.")
    ] = "auto",
    threshold: Annotated[
        int | None,
        typer.Option(
            "--threshold",
            metavar="N",
            help="The object differs more than this from the ground; default: Otsu.",
        ),
    ] = None,
    opening: Annotated[int, typer.Option("--opening", metavar="N", help="Cubes that thin parts go by.")] = 1,
    closing: Annotated[int, typer.Option("--closing", metavar="N", help="Cubes that gaps close by.")] = 1,
    least: Annotated[
        float, typer.Option("--least", metavar="P", help="Parts below this share of the largest go.")
    ] = 0.02,
    fill: Annotated[bool, typer.Option("--fill", help="Fill holes inside the object.")] = False,
    smooth: Annotated[
        float, typer.Option("--smooth", metavar="N", help="Cubes to soften the surface over.")
    ] = 1.0,
    skip: Annotated[
        bool,
        typer.Option(
            "--skip-unreadable", help="Leave out pictures that cannot be read, and blend over their places."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was made as one JSON object.")] = False,
) -> None:
    """Rebuild a body from pictures of its sections: register them, make a volume, find the surface.

    OUT gets the registered sections, volume.npy (uint8, z y x), mesh.ply and mesh.stl (millimeters), report.json and
    view.html, a page that shows three planes and the surface without any network. A run that was killed goes on where
    it was when the same command is given again.
    """
    from veduta.space.sections import BadSections
    from veduta.space.segmentation import Wish
    from veduta.space.slices import Plan, build, write
    from veduta.space.workplace import place, workplace

    if ground not in ("auto", "dark", "bright"):
        raise typer.BadParameter("auto, dark or bright", param_hint="--ground")
    plan = Plan(
        pixel,
        thickness,
        edge,
        turn,
        register=not aligned,
        bend=not rigid,
        straighten=straighten,
        inverted=None if ground == "auto" else ground == "bright",
        smooth=smooth,
        skip=skip,
        object=Wish(threshold, opening, closing, least, fill),
    )
    check_folder(out)
    if out.resolve() == folder.resolve():
        raise BadSections(f"{out}: the folder of the sections; give another one for the results")
    check_folder(place(out))
    progress = Bar()
    try:
        with workplace(out) as work:
            if any(work.glob("gray.json")):
                progress.begin("going on with what a stopped run had begun", None)
            body = build(folder, plan, work, progress)
            made = write(body, out, folder.resolve().name, progress)
            told = body.report()
    finally:
        progress.end()
    if as_json:
        emit({**told, "files": {name: str(path) for name, path in made.items()}})
        return
    across, down, layers = told["voxels"]
    typer.echo(
        f"{told['sections']} sections: neighbors agree by {told['agreement_after']:.3f} ({told['agreement_before']:.3f}"
        " before)"
    )
    for one in told["left_out"]:
        typer.echo(printable(f"left out: {one['file']}: {one['reason']}"))
    reduced = " (reduced to keep within memory; --edge chooses)" if told["reduced"] else ""
    typer.echo(f"volume {across} x {down} x {layers} cubes of {told['edge_mm']:.4g} mm{reduced}")
    typer.echo(
        f"object: {told['volume_mm3']:.4g} mm3, {told['surface_mm2']:.4g} mm2, {told['triangles']} triangles"
        f" (threshold {told['threshold']})"
    )
    for doubt in told["doubts"]:
        typer.echo(f"mind: {printable(doubt)}")
    typer.echo(f"look at it: {printable(str(made['view.html']))}")
