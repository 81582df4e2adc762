"""Everything a hub needs to go on elsewhere, as one file that only an offline key opens."""
