"""What the promotion commands share: look at everything, decide, carry it out, record it."""
