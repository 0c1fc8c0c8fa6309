"""The filter of the audit log."""

from django import forms

from labeling.audit.actions import Action


class Filter(forms.Form):
    """What is looked for; all of it is optional."""

    person = forms.CharField(max_length=150, required=False)
    action = forms.ChoiceField(
        choices=[("", "Any action"), *((action.value, action.label) for action in Action)], required=False
    )
    project = forms.CharField(max_length=200, required=False)
    since = forms.DateField(required=False, error_messages={"invalid": "Enter a day like 2026-01-31."})
    until = forms.DateField(required=False, error_messages={"invalid": "Enter a day like 2026-01-31."})
