"""Floor 4: HTTP API and the built web app."""
