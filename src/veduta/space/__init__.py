"""Floor 2: geometry. Distance from two views, what stands in the way, and photos set in motion."""
