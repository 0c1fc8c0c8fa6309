"""A simulated team that takes, labels, finishes and reviews images at the same time, and a ledger of all it did."""
