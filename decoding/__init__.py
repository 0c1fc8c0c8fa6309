"""From a file that a stranger made to the picture that people label: upright, 8-bit sRGB.

Knows no Django. `decoding.process.Decoder` runs everything here in a process of its own with limits of memory and time
(`decoding.child`); `decoding.reader.read` is the one reader that view, thumbnail, blocks and windows are made from.
"""
