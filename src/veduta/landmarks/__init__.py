"""Floor 2: the landmark system. Empty: no part of it is built yet."""
