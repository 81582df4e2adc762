"""Where the key of a vault is kept, so that a copy of the disk does not open the vault."""
