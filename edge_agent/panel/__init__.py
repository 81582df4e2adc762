"""What a unit has outside its screen: a shutter button, a light, a tamper switch."""
