"""Fields of forms that are not ours, in our looks."""

from django import template
from django.forms import BoundField, CheckboxInput, HiddenInput
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """The control of a field. Placeholders that repeat the label are left out."""
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)
    if isinstance(widget, CheckboxInput | HiddenInput):
        return field.as_widget()
    return field.as_widget(attrs={"class": "input"})
