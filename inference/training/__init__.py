"""Training of the click model."""
