"""The two registers are compared with each other: a child who is missed may be one who was found."""
