"""The main job on one machine, with the real programs: `mca demo`."""
