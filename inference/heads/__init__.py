"""Light heads over the cached features of the frozen encoder. None of them changes the features.

docs/architecture.md lists the rooms. Modules at this level answer, and never import PyTorch.
"""
