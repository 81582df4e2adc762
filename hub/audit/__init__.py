"""The lowest room: an append-only account of every change of state."""
