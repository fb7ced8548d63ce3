"""Floor 1: networks for inference. Knows no task."""
