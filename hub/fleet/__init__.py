"""The units in the field: who they are, how they are, and what waits to be sent to them."""
