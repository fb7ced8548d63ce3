"""Build the atlas that comes with Veduta: `python -m benchmarks.landmarks_atlas [FOLDER]` (again: the same bytes).

Its photos are those of `landmarks/bank` among the pictures to measure on, cleaned by the product's own cleaning; the
background are `landmarks/others/train`, thresholds come from `landmarks/others/calibration`. No test photo is read.
What the cleaning had dropped was looked at by a person, as the guide says; PUT_BACK is what shows its landmark.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.figure import eval_dir
from veduta.cli.output import Bar
from veduta.landmarks.atlas_build import Material, build
from veduta.landmarks.atlases import shipped
from veduta.landmarks.bank import Bank
from veduta.landmarks.bank_features import describe_photos, name, store_of
from veduta.landmarks.clean import clean
from veduta.landmarks.features import LOOKS
from veduta.landmarks.importing import fill
from veduta.landmarks.material import gather
from veduta.landmarks.references import put_back
from veduta.progress import Progress

NOTES = {
    "source": "Photos of 34 landmarks and photos without landmarks, from the web; only numbers computed from them",
    "license": "Apache-2.0",
}


PUT_BACK = {
    "ajanta_caves": ("013",),
    "badshahi_masjid": ("020",),
    "chhota_imambara": ("004",),
    "fatehpur_sikri": (
        "004",
        "019",
    ),
    "golden_temple": ("016",),
    "hue_imperial_city": ("010",),
    "jamali_kamali_tomb": ("005",),
    "mysore_palace": ("007",),
    "qutub_minar": ("018",),
    "tajmahal": (
        "013",
        "020",
    ),
    "the_roman_colosseum": ("025",),
}
"""Names of files of a landmark."""


def gathered(work: Path, progress: Progress, others: Path | None = None) -> Material:
    """What the atlas is made of; what was described stays in `work`, so that another run is quick.

    `others` may hold fewer photos without landmarks, in folders train and calibration.
    """
    photos = eval_dir() / "landmarks"
    others = others or photos / "others"
    fill(work, photos / "bank", photos / "landmarks.csv", others=others, progress=progress)
    with Bank.open(work) as bank:
        store = store_of(bank)
        background = [p for p in bank.photos("") if p.split == "train" and p.hash]
        describe_photos(store, [(p.hash or "", str(p.path)) for p in background], progress, len(background))
        clean(bank, progress, background=store.get([name(p.hash or "", LOOKS[0]) for p in background]))
        every = bank.chosen("landmark != '' AND state = 'dropped'")
        put_back(bank, [p for p in every if Path(p.path).stem in PUT_BACK.get(p.landmark, ())])
        return gather(bank, progress, NOTES)


def main(out: Path, work: Path) -> Path:
    """Write the atlas to `out`."""
    return build(gathered(work, Bar()), out)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else shipped()
    if len(sys.argv) > 2:
        print(main(target, Path(sys.argv[2])))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            print(main(target, Path(temporary)))
