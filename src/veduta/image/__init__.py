"""Floor 1: pixels and files. Knows no network."""
