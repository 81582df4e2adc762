"""From frames to the one person an intake is about: choose the subject, align, and prepare its pictures."""
