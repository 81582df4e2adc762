"""The agent that keeps a unit and its hub in touch: outbox up, receipts and notices down, list kept fresh."""
