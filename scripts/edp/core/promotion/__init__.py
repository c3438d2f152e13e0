"""What may move where, and why not yet."""
