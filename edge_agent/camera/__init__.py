"""Cameras behind one Protocol, and whether one that gives frames also sees."""
