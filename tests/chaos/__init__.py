"""Campaigns of faults against the real programs: `scripts/chaos`. What they found is in docs/reliability.md."""
