"""The hub in numbers for Prometheus: counts, ages and sizes, and nothing of any person."""
