"""Floor 3: the user's photos."""
