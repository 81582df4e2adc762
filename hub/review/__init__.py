"""Two people look at two faces, each without knowing the score or what the other said."""
