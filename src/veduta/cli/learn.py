"""`veduta learn`: make a recognizer of one's own."""

from __future__ import annotations

from veduta.cli.lazy import Table, lazy_group

TASKS: Table = {
    "annotate": (
        "veduta.cli.learn_annotate",
        "annotate",
        "Label pictures: projects, files, agreement of two people.",
    ),
    "augment": ("veduta.cli.learn_augment", "augment", "Make new pictures of a set, with their labels."),
    "clean": ("veduta.cli.learn_clean", "clean", "Find what is wrong with the pictures of a set."),
    "cranes": ("veduta.cli.learn_cranes", "cranes", "Train the segmenter of cranes on drawn examples."),
    "prepare": (
        "veduta.cli.learn_prepare",
        "prepare",
        "Standardize, normalize, even out, change color space.",
    ),
    "style": ("veduta.cli.learn_style", "style", "Paint by optimization; train a painter for one painting."),
}

learn = lazy_group(TASKS)


@learn.callback()
def group() -> None:
    """Make recognizers: draw or gather examples, train, evaluate."""
