"""How well recognition works, measured in the terms of NIST FRTE and published with its uncertainty."""
