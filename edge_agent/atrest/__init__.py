"""What a unit keeps secret on its disk: its keys in a vault, and how all of it is destroyed."""
