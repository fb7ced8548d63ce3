"""The packaged styles by name: what each looks like. The order is that of the network's code."""

from __future__ import annotations

# The network came without names; these say what the pictures look like.
STYLES: dict[str, str] = {
    "sunlit": "warm light, ocher on pale blue",
    "comic": "thick black lines, yellow and white",
    "tempera": "muted, dark outlines on cream",
    "stained-glass": "short strokes of blue, red and white on black",
    "crimson": "dark red, yellow and sky blue",
    "autumn": "rough strokes of orange and violet",
    "indigo": "dark blue, holes and knots",
    "primaries": "plain areas of blue, red and yellow",
    "crayon": "white paper, lines of teal and magenta",
    "linocut": "dabs of dark green and red on white",
    "terracotta": "reddish brown, little contrast",
    "engraving": "brown lines on yellowed paper",
    "pastel": "soft yellow, violet and pink",
    "jungle": "green and teal with dark outlines",
    "mist": "pale blue-gray and rose",
    "mosaic": "small pale cells with dark joints",
    "dusk": "blue and violet strokes",
    "weave": "bands of red, orange and blue; little of the photo stays",
    "woodgrain": "carved lines of beige and olive",
    "starlit": "swirling strokes of blue and yellow",
    "embers": "deep red and black",
    "poster": "bold black, light blue and rose",
    "slate": "gray-blue, white and spots of red",
    "oil": "smooth, dark green, light faces",
    "woodblock": "Prussian blue lines on pale paper",
    "bronze": "metal relief of brown and blue",
}
NONE = "none"
# Of these our thin painter loses what makes them: cells, dabs, holes, bands; or it leaves blots.
LARGE_ONLY = frozenset({"stained-glass", "indigo", "linocut", "mist", "mosaic", "weave"})
QUICK = tuple(name for name in STYLES if name not in LARGE_ONLY)
