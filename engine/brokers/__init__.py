"""The doors to the venues: one protocol (`base`), one folder a venue."""
