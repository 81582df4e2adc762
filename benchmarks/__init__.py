"""Measurements of this project against something else, run side by side on the same machine."""
