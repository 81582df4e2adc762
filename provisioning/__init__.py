"""Makes what a hub and its units need to trust each other: certificates, keys, rules and settings."""
