"""Reports of an evaluation that explain themselves to who has to decide. Needs the extra `evaluate`."""
