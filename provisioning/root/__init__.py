"""The root of the hub's TUF repository: who may sign its watchlist, and the ceremonies that change it."""
