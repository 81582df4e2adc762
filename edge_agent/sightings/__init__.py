"""What an intake sends: built, sealed to the hub at once, and kept until the hub's receipt arrives."""
