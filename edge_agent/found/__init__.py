"""Registering a child who is there, and whose family nobody knows, with the hub's register of found children."""
