"""Interlabel's model library: click segmentation from features that are computed once per image.

Import from here. Importing is cheap: no weights are read and PyTorch is not loaded.
"""

from inference.features import FEATURES_VERSION, Features, FeaturesError
from inference.predictor import ClickPredictor
from inference.session import Click, ClickSession, MaskPatch

__all__ = [
    "FEATURES_VERSION",
    "Click",
    "ClickPredictor",
    "ClickSession",
    "Features",
    "FeaturesError",
    "MaskPatch",
]
