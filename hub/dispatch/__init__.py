"""A confirmed match leaves the hub: as a CAP alert in the feed and as messages to the recipients."""
