"""Evaluations and comparisons of the click model."""
