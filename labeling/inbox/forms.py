"""The form of one's own mail settings."""

from zoneinfo import available_timezones

from django import forms

from labeling.inbox.models import MailSettings


class MailForm(forms.ModelForm):
    """How somebody is told by e-mail."""

    hour = forms.IntegerField(min_value=0, max_value=23, required=False)
    zone = forms.CharField(max_length=64, required=False)

    class Meta:
        model = MailSettings
        fields = ("how", "hour", "zone")

    def clean_hour(self) -> int:
        hour = self.cleaned_data["hour"]
        return self.instance.hour if hour is None else int(hour)

    def clean_zone(self) -> str:
        zone = self.cleaned_data["zone"] or self.instance.zone
        if zone not in available_timezones():
            raise forms.ValidationError("This time zone is not known. Choose one like Europe/Berlin.")
        return str(zone)
