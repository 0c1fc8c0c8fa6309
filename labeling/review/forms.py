"""The form on a project's settings page that says how it reviews."""

from django import forms

from labeling.review.models import ReviewSettings


class ReviewForm(forms.ModelForm):
    """How a project reviews finished images."""

    rate = forms.IntegerField(label="Percent of images that are reviewed", min_value=0, max_value=100)
    newcomers = forms.IntegerField(label="First images", min_value=0, max_value=1000)

    class Meta:
        model = ReviewSettings
        fields = ("enabled", "rate", "newcomers", "may_correct", "strict", "blind")
