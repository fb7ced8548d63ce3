"""The figures that the README tells first: what a user would ask about each part of the house."""

from __future__ import annotations

# A part of the house: topics and names of figures in the results file, and how the README calls them.
HIGHLIGHTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Adding photos": (
        (
            "add",
            "add photos: times the plain pipeline",
            "adding photos, against the same networks one after the other",
        ),
        ("add", "add photos: peak memory", "memory while adding"),
        (
            "image",
            "decode 12 MP JPEG to 640 px, speed against Pillow",
            "opening a photo of 12 megapixels, against Pillow",
        ),
    ),
    "Landmarks": (
        ("landmarks", "landmarks rank-1", "the right landmark is the first guess"),
        ("landmarks", "landmarks sensitivity at 0.01", "landmarks named at 1 % false positives"),
        ("landmarks", "landmarks fpr_seen at 0.01", "photos without a landmark that get a name all the same"),
        ("landmarks_clean", "landmark bank: dirt found", "wrong photos found in a dirty bank"),
        (
            "landmarks_delf",
            "times faster than DELF-like, a photo",
            "speed against local features in the manner of DELF",
        ),
        ("landmarks_scale", "search among 2,300,000 photos", "search in a bank of 2.3 million photos"),
    ),
    "People, objects, text": (
        ("recognition_faces", "faces: pairs", "faces: same person or not"),
        ("people", "people: pairwise F1", "faces sorted by person, pairwise F1"),
        ("counting", "groups: mean absolute error", "counting people in group photos, mean error"),
        ("recognition_objects", "persons: recall at precision 0.75", "persons found at a precision of 0.75"),
        ("recognition_text", "text: receipt lines read", "lines of receipts read without a mistake"),
        ("plates", "plates: found, overlap of at least 0.5", "number plates found"),
    ),
    "A library of a million photos": (
        ("scale", "1,000,000 photos: text and filter search, p50", "search by words and filters, median"),
        ("scale", "1,000,000 photos: similar search, p50", "search by example, median"),
        ("scale", "1,000,000 photos: resident memory", "memory of the server"),
        ("server", "time from start to ready", "from start to ready"),
    ),
    "Retouching": (
        ("cranes", "masks: recall of pixels", "pixels of cranes that the mask covers"),
        (
            "fill",
            "removal_synth, thin: hole PSNR",
            "cables and masts filled, PSNR in the hole (asked: the best peer)",
        ),
        (
            "fill",
            "12 megapixels, a crane: times faster than PatchMatch on the whole photo",
            "a crane out of 12 megapixels, against PatchMatch on the whole",
        ),
        (
            "stack",
            "stack of 5: gain over the aligned median, where people were",
            "tourists gone from five shots, against the aligned median",
        ),
        ("editing", "editor: preview after a slider move", "editor: preview after a slider moves"),
    ),
    "Picture craft": (
        (
            "augment",
            "times as fast as Keras: all of it (the usual recipe)",
            "augmentation, against Keras' ImageDataGenerator",
        ),
        ("clean_set", "near: recall", "near copies found in a picture set"),
        ("enhancement", "denoise, noise 10, fast: PSNR", "denoising, PSNR (asked: the best peer)"),
        (
            "enhancement",
            "fuse 8 frames x2: gain over bicubic",
            "eight shaky frames made into one, against bicubic",
        ),
        ("dehaze", "dehaze, haze_synth: PSNR, Veduta", "dehazing, PSNR (asked: the best peer)"),
        (
            "sketch",
            "sketch: one picture, speed against OpenCV's pencilSketch",
            "pencil sketch, against OpenCV's",
        ),
        ("style", "style: frames of 512 x 512", "film repainted in a style, frames of 512 x 512"),
        ("steganography", "hidden text after JPEG 75", "hidden messages that survive JPEG 75"),
        ("stereo", "Motorcycle: bad 2.0", "stereo: pixels off by more than 2, Motorcycle"),
        ("slices", "slices, upright: error, rigid and elastic", "sections stacked, error"),
    ),
}
