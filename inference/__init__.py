"""Interlabel's model library: click segmentation from features that are computed once per image.

Import from here. Importing is cheap: no weights are read and PyTorch is not loaded.
"""

from inference.clicks.session import ClickSession
from inference.core.features import FEATURES_VERSION, Features, FeaturesError
from inference.core.masks import Click, MaskPatch
from inference.predictor import ClickPredictor

__all__ = [
    "FEATURES_VERSION",
    "Click",
    "ClickPredictor",
    "ClickSession",
    "Features",
    "FeaturesError",
    "MaskPatch",
]
