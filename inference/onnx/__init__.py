"""ONNX graphs: how they are written, and what the decoder's has in it."""
