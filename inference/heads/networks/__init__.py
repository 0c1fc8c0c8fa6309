"""The networks of the heads and their losses, in PyTorch."""
