"""How long tests wait for what will happen."""

PATIENCE = 120.0
"""Seconds. Other lanes may have the processor, and a wait that ends well costs no more for a longer limit. How fast
something is, the benchmark commands say."""
