"""Clicking an object: sessions, tiles and zoom over cached features. Runs without PyTorch."""
