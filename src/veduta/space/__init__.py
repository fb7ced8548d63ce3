"""Floor 2: geometry. Empty: no tool is built yet."""
