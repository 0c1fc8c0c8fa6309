"""The networks of the click model, in PyTorch."""
