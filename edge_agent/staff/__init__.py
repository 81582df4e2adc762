"""Who may sign in at this unit: the hub's list, PINs that are checked here, and how often somebody may be wrong."""
