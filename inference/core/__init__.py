"""What everything else is written in: places, features, prompts, masks. NumPy only."""
