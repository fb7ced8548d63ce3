"""Floor 2: recognizers, pixels to findings."""
