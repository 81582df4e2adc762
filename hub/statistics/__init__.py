"""What the desk did, in numbers that can be shown: no group so small that somebody is recognised in it."""
