"""The `veduta` command: knows the groups by name and loads only the one that is asked for."""

from __future__ import annotations

import os
import sys

import typer

from veduta import __version__
from veduta.cli.lazy import Table, lazy_group

# command -> (module, attribute, one-line help): shown by --help without importing anything heavy.
LAZY: Table = {
    "up": ("veduta.cli.up", "up", "Add photos and serve the library in the browser."),
    "add": ("veduta.cli.add", "add", "Add folders of photos to the library."),
    "status": ("veduta.cli.status", "status", "Show how many photos are done, pending or failed, and why."),
    "problems": ("veduta.cli.problems", "problems", "List what could not be read, and try it again."),
    "folders": ("veduta.cli.folders", "folders", "List folders, watch them, leave out, take out."),
    "settings": ("veduta.cli.settings", "settings", "Show and change settings: recognizers, watching..."),
    "search": ("veduta.cli.search", "search", "Find photos by words, people, places, dates and more."),
    "suggest": ("veduta.cli.search", "suggest", "Suggest how a search may go on."),
    "similar": ("veduta.cli.search", "similar", "Find photos that look like a given one."),
    "show": ("veduta.cli.show", "show", "Show everything known about photos."),
    "edit": ("veduta.cli.edit", "edit", "Favorites, stars, titles, descriptions, keywords; hide photos."),
    "albums": ("veduta.cli.albums", "albums", "List albums; make and change one's own."),
    "people": ("veduta.cli.people", "people", "List, name, merge, split, hide and forget people."),
    "timeline": ("veduta.cli.times", "timeline", "Count photos by day."),
    "memories": ("veduta.cli.times", "memories", "List photos of this day in earlier years."),
    "trips": ("veduta.cli.times", "trips", "List trips."),
    "places": ("veduta.cli.places", "places", "List cities with photos."),
    "map": ("veduta.cli.places", "map_command", "Cluster the photos of a piece of the map."),
    "duplicates": ("veduta.cli.duplicates", "duplicates", "Group duplicate and near-duplicate photos."),
    "match": ("veduta.cli.match", "match", "Match two pictures point by point, or rank a folder by it."),
    "export": ("veduta.cli.export", "export", "Copy photos, with or without their location, to a folder."),
    "backup": ("veduta.cli.backup", "backup", "Write the catalog to one file."),
    "restore": ("veduta.cli.backup", "restore", "Restore a catalog from a backup file and prove it."),
    "verify": ("veduta.cli.backup", "verify", "Check the catalog and the originals against their hashes."),
    "see": ("veduta.cli.see", "see", "Print what is seen in photos, with no library."),
    "count": ("veduta.cli.count", "count", "Count people in photos and videos, in regions, over a line."),
    "erase": (
        "veduta.cli.erase",
        "erase",
        "Make cranes, people, plates or anything else vanish from photos.",
    ),
    "redact": ("veduta.cli.redact", "redact", "Hide plates, faces, text and people in photos for good."),
    "stack": ("veduta.cli.stack", "stack", "Make people vanish who walk through several photos of one view."),
    "fuse": ("veduta.cli.fuse", "fuse", "Fuse several frames of one thing to a larger, clearer picture."),
    "upscale": ("veduta.cli.upscale", "upscale", "Enlarge photos two or four times."),
    "adjust": ("veduta.cli.adjust", "adjust", "Crop, turn, light, colors, sharpness: from photos to copies."),
    "sketch": ("veduta.cli.sketch", "sketch", "Draw photos in pencil, in gray or in color."),
    "style": ("veduta.cli.style", "style", "Repaint photos and films in 26 styles, or like any painting."),
    "hide": ("veduta.cli.hide", "hide", "Hide a text, a file or a picture in photos."),
    "reveal": ("veduta.cli.reveal", "reveal", "Get out again what is hidden in photos."),
    "masks": ("veduta.cli.masks", "masks", "Find, select, combine and keep regions of photos."),
    "versions": ("veduta.cli.versions", "versions", "Photos as edited, kept beside the originals."),
    "landmarks": ("veduta.cli.landmarks", "landmarks", "Make and prove one's own recognizer of landmarks."),
    "learn": ("veduta.cli.learn", "learn", "Make recognizers of one's own: draw examples, train, evaluate."),
    "space": ("veduta.cli.space", "space", "Measure space: distance from two views, what stands in the way."),
    "models": ("veduta.cli.models", "models", "Pull, list, add and remove networks."),
    "demo": ("veduta.cli.demo", "demo", "Make a demo folder from photographs that installed packages ship."),
}

app = lazy_group(LAZY)

# Groups that multiply large matrices one after the other: the threads of BLAS help them.
ALONE = ("landmarks", "learn")


def _show_version(asked: bool) -> None:
    if asked:
        print(f"veduta {__version__}")
        raise typer.Exit


@app.callback()
def veduta(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Veduta: a photo library that sees."""


def main() -> None:
    """Run the command line; what goes wrong is told in one line and decides the exit status."""
    from veduta.cli.outcome import ENDS, ended

    if sys.argv[1:2] not in ([name] for name in ALONE):
        # Photos are worked on side by side: threads of BLAS would spin while they wait for those of other photos. NumPy
        # reads this when it is loaded.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        status = app(prog_name="veduta", standalone_mode=False)
    except ENDS as error:
        status = ended(error)
    raise SystemExit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
