"""The command `mca`: it mounts the programs that are installed, and holds the demonstration."""
