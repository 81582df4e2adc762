"""Intakes after the photograph: searched for now, waiting for a list that may be used, or kept for a longer list."""
