"""OmniCore: the open engine behind a telecom operator's business."""

__version__ = "0.1.0"
