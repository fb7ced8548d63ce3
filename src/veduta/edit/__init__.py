"""Floor 2: retouching, photo and mask to photo."""
