"""Bodies of the images' API."""

from labeling.web.api import Spec


class WholeFile(Spec):
    """`POST /api/uploads/<id>/resumable`: the number in the `Location` of a file that arrived in parts."""

    file: int
