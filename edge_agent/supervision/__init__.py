"""Whether the unit works: what it tests when it starts, what it watches, and how systemd and people learn of it."""
