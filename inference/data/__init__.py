"""Training data: data sets, cached tokens, crops, and a simulated user."""
