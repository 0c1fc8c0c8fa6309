"""The rows of attributes on a project's settings page. Works without JavaScript (a blank row at the end)."""

from typing import Any, cast

from django import forms
from pydantic import ValidationError

from labeling.projects.attributes import MAX_ATTRIBUTES
from labeling.projects.models import Attribute, Project
from labeling.projects.specs import AttributeSpec
from labeling.web.api import ApiError


class AttributeForm(forms.Form):
    """One attribute; `number` is set for one that exists. A new row without a name is none and is left out."""

    number = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=80, error_messages={"required": "Enter an attribute name."})
    kind = forms.ChoiceField(choices=Attribute.Kind.choices)
    choices = forms.CharField(max_length=9000, required=False)

    def has_changed(self) -> bool:
        """Whether the row is an attribute at all: Django leaves new rows out that have not changed."""
        return bool(self["number"].value() or str(self["name"].value() or "").strip())

    def clean(self) -> dict[str, Any]:
        """The row as a spec, in `spec`; what is wrong with it is told at the row."""
        data = self.cleaned_data
        if not self.errors and not data.get("DELETE"):
            choices = [one.strip() for one in data["choices"].split(",") if one.strip()]
            wanted = choices if data["kind"] == Attribute.Kind.CHOICE else []
            try:
                data["spec"] = AttributeSpec(
                    number=data["number"], name=data["name"], kind=data["kind"], choices=wanted
                )
            except ValidationError as error:
                told = error.errors()[0]["msg"].removeprefix("Value error, ")
                self.add_error("choices", f"{told}.")
        return data


class AttributeRows(forms.BaseFormSet):
    """The rows together."""

    def is_valid(self) -> bool:
        """Rows marked for deletion may say anything."""
        return super().is_valid() and not any(row.errors for row in self._kept())

    def specs(self) -> list[AttributeSpec]:
        """The attributes to add or change."""
        return [row.cleaned_data["spec"] for row in self._kept()]

    def deleted_numbers(self) -> set[int]:
        """The attributes to delete."""
        numbers = (row.cleaned_data.get("number") for row in self.forms if row.cleaned_data.get("DELETE"))
        return {number for number in numbers if number}

    def refuse(self, error: ApiError) -> None:
        """Show what the service refused, above the rows."""
        self.non_form_errors().append(error.message)

    def _kept(self) -> list[AttributeForm]:
        return [row for row in self.forms if row.has_changed() and not row.cleaned_data.get("DELETE")]


def attribute_rows(data: Any = None, project: Project | None = None) -> AttributeRows:
    """The rows of a project, or what was sent."""
    factory = cast(
        type[AttributeRows],
        forms.formset_factory(AttributeForm, AttributeRows, extra=1, can_delete=True, max_num=MAX_ATTRIBUTES),
    )
    if data is not None:
        return factory(data, prefix="attributes")
    initial = [
        {"number": one.number, "name": one.name, "kind": one.kind, "choices": ", ".join(one.choices)}
        for one in (project.attributes.all() if project else [])
    ]
    return factory(initial=initial, prefix="attributes")
