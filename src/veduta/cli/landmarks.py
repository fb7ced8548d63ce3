"""`veduta landmarks`: from a bank of photos to a recognizer of landmarks, one command for each step."""

from __future__ import annotations

from veduta.cli.lazy import Table, lazy_group

# command -> (module, attribute, one-line help), in the order of the work.
STEPS: Table = {
    "bank": (
        "veduta.cli.landmarks_bank",
        "bank",
        "Index photos of landmarks, and find what is wrong with them.",
    ),
    "clean": ("veduta.cli.landmarks_bank", "clean", "Drop photos that do not show their landmark."),
    "review": (
        "veduta.cli.landmarks_review",
        "review",
        "List landmarks that need a look, and dropped photos.",
    ),
    "train": ("veduta.cli.landmarks_train", "train", "Train an embedding on a bank, region by region."),
    "build": ("veduta.cli.landmarks_build", "build", "Build an atlas from a bank."),
    "recognize": ("veduta.cli.landmarks_build", "recognize", "Name the landmarks in photos."),
    "evaluate": (
        "veduta.cli.landmarks_evaluate",
        "evaluate",
        "Measure an atlas on photos with known answers.",
    ),
    "atlases": ("veduta.cli.landmarks_atlases", "listing", "List the atlases in use."),
    "use": ("veduta.cli.landmarks_atlases", "use", "Recognize landmarks by an atlas of your own too."),
    "drop": ("veduta.cli.landmarks_atlases", "drop", "No longer use an atlas of your own."),
}

landmarks = lazy_group(STEPS)


@landmarks.callback()
def group() -> None:
    """Make and prove one's own recognizer of landmarks: bank, clean, train, build, recognize, evaluate."""
