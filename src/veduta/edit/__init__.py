"""Floor 2: retouching, photo and mask to photo. Empty: no operation is built yet."""
