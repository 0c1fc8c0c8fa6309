"""The form on a project's settings page that says which bands and values of its pictures are shown."""

import math
import re
from typing import Any

from django import forms

from labeling.images.rendering import Rendering

MOST_BANDS = 65_535
ONE_OR_THREE = "Enter one band for grey, or three different ones for red, green and blue, such as 4, 3, 2."


class RenderingForm(forms.Form):
    """Empty fields leave it to each file. there: how many bands the project's images have at most; 0: nobody knows."""

    bands = forms.CharField(label="Bands", max_length=40, required=False)
    low = forms.FloatField(label="Black at", required=False)
    high = forms.FloatField(label="White at", required=False)

    def __init__(self, *args: Any, there: int = 0, **options: Any) -> None:
        super().__init__(*args, **options)
        self._there = there

    @classmethod
    def showing(cls, rendering: Rendering) -> "RenderingForm":
        """The form with what is kept."""
        bands = ", ".join(map(str, rendering.bands))
        return cls(initial={"bands": bands, "low": rendering.low, "high": rendering.high})

    def clean_bands(self) -> tuple[int, ...]:
        """The numbers, from 1."""
        words = [word for word in re.split(r"[\s,;]+", self.cleaned_data["bands"]) if word]
        if not all(word.isascii() and word.isdecimal() and len(word) < 6 for word in words):
            raise forms.ValidationError(ONE_OR_THREE)
        found = tuple(int(word) for word in words)
        if (
            len(found) not in (0, 1, 3)
            or len(set(found)) < len(found)
            or not all(1 <= one <= MOST_BANDS for one in found)
        ):
            raise forms.ValidationError(ONE_OR_THREE)
        if self._there and max(found, default=0) > self._there:
            raise forms.ValidationError(f"The images here have {self._there} bands at most. {ONE_OR_THREE}")
        return found

    def clean(self) -> dict[str, Any]:
        """Both values, or none."""
        found = super().clean() or {}
        low, high = found.get("low"), found.get("high")
        if "low" in found and "high" in found and (low is None) != (high is None):
            self.add_error("low" if low is None else "high", "Enter both values, or leave both empty.")
        elif low is not None and high is not None and not (low < high and math.isfinite(high - low)):
            self.add_error("high", "White has to be at a higher value than black.")
        return found

    def rendering(self) -> Rendering:
        """What was entered, once it is valid."""
        return Rendering(self.cleaned_data["bands"], self.cleaned_data["low"], self.cleaned_data["high"])
