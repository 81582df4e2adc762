"""Personal names as they sound: one form for all the spellings and scripts in which people write one name. Pure."""
