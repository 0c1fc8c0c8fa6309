"""Training examples of heads."""
