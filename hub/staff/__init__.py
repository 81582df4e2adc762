"""The staff of sites: who may sign in at the units there, and the lists that tell the units of it."""
