"""The unit's screen: local pages, served on loopback by the agent, for staff who have signed in."""
