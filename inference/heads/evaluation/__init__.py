"""Evaluations of heads."""
