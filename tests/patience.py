"""How long tests wait for what will happen."""

PATIENCE = 120.0
"""Seconds. Other lanes may have the processor, and a wait that ends well costs no more for a longer limit. A test that
shall fail when something is slow is a benchmark (`docs/internals/benchmarks.md`)."""
