"""The project form: name, instructions, and a row for each class. Works without JavaScript (blank rows at the end)."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.db.models.expressions import RawSQL

from labeling.projects.models import HOTKEY, Category, Membership, Project, Role
from labeling.projects.palette import PALETTE, free_color, free_hotkey
from labeling.projects.specs import CategorySpec
from labeling.web.api import ApiError

COUNTED = 1_000


class ProjectForm(forms.Form):
    """What a project is for."""

    name = forms.CharField(max_length=120, error_messages={"required": "Enter a project name."})
    instructions = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea)


class DuplicateForm(forms.Form):
    """What a copy of a project gets."""

    name = forms.CharField(max_length=120, error_messages={"required": "Enter a project name."})
    images = forms.BooleanField(required=False)
    members = forms.BooleanField(required=False)


class CategoryForm(forms.Form):
    """One class; `number` is set for one that exists. A new row without a name is no class and is left out."""

    number = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=80, error_messages={"required": "Enter a class name."})
    color = forms.CharField(
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Use a colour like #1f77b4.")],
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    hotkey = forms.CharField(max_length=3, validators=[HOTKEY], required=False)
    kind = forms.ChoiceField(choices=Category.Kind.choices)
    place = forms.IntegerField(min_value=1, max_value=100_000, required=False)
    move_to = forms.CharField(max_length=80, required=False)

    used = 0
    """Objects of the class, counted up to one more than `COUNTED`: it is only deleted when they are moved to another
    one."""
    used_more = False

    def has_changed(self) -> bool:
        """Whether the row is a class at all: Django leaves new rows out that have not changed."""
        return bool(self["number"].value() or str(self["name"].value() or "").strip())

    def clean_hotkey(self) -> str | None:
        """No key is None."""
        return self.cleaned_data["hotkey"] or None

    def spec(self) -> CategorySpec:
        """The row for labeling/projects/services.py."""
        return CategorySpec(**{name: self.cleaned_data[name] for name in ("number", "name", "color", "hotkey", "kind")})


def _is_deleted(row: CategoryForm) -> bool:
    """Whether the row's Delete box is ticked."""
    return bool(row.cleaned_data.get("DELETE"))


class CategoryRows(forms.BaseFormSet):
    """The rows together: at least one class, no name or key twice."""

    palette = " ".join(PALETTE)  # for the page's script

    def clean(self) -> None:
        kept = self.kept()
        if not kept:
            raise forms.ValidationError("A project needs at least one class.")
        names: set[str] = set()
        hotkeys: set[str] = set()
        for row in kept:
            name, hotkey = row.cleaned_data.get("name", "").casefold(), row.cleaned_data.get("hotkey")
            if name and name in names:
                row.add_error("name", "Another class has the same name.")
            if hotkey and hotkey in hotkeys:
                row.add_error("hotkey", "Another class uses the same key.")
            names.add(name)
            hotkeys.add(hotkey or "")

    def is_valid(self) -> bool:
        """Rows marked for deletion may say anything; the others must be right, also against each other."""
        return super().is_valid() and not any(row.errors for row in self.kept())

    def kept(self) -> list[CategoryForm]:
        """The rows that are classes and are to stay, in the order of their places."""
        rows = [row for row in self.forms if row.has_changed() and not _is_deleted(row)]
        return sorted(rows, key=lambda row: row.cleaned_data.get("place") or len(rows) + 1)

    def deleted_numbers(self) -> set[int]:
        """The classes to delete."""
        numbers = (row.cleaned_data.get("number") for row in self.forms if _is_deleted(row))
        return {number for number in numbers if number} - set(self.moves())

    def moves(self) -> dict[int, str]:
        """The classes that are deleted by moving their objects: their numbers, and the names of the other classes."""
        rows = [row.cleaned_data for row in self.forms if _is_deleted(row) and row.used]
        return {data["number"]: data["move_to"] for data in rows if data.get("number") and data.get("move_to")}

    def refuse(self, error: ApiError) -> None:
        """Show what the service refused: at the row it is about, else above all of them."""
        for row in self.forms:
            if row.cleaned_data.get("number") and row.cleaned_data["number"] == error.extra.get("category"):
                row.add_error("name", error.message)
                return
        self.non_form_errors().append(error.message)


def category_rows(
    data: Any = None, project: Project | None = None, begin: Sequence[dict[str, Any]] = ()
) -> CategoryRows:
    """The rows of a project (of a new one without `project`), or what was sent. begin: classes of a new project."""
    categories = list(project.categories.all()) if project else []
    initial = [
        {
            "number": one.number,
            "name": one.name,
            "color": one.color,
            "hotkey": one.hotkey or "",
            "kind": one.kind,
            "place": place,
        }
        for place, one in enumerate(categories, 1)
    ]
    blank = _begun(begin)
    colors = {one.color for one in categories} | {row["color"] for row in blank}
    keys = {one.hotkey for one in categories} | {row["hotkey"] for row in blank}
    for _ in range(1 if project or begin else 3):
        color, hotkey = free_color(colors), free_hotkey(keys)
        blank.append({"color": color, "hotkey": hotkey or "", "kind": Category.Kind.THING, "place": ""})
        colors.add(color)
        keys.add(hotkey)
    factory = cast(
        type[CategoryRows],
        forms.formset_factory(CategoryForm, CategoryRows, extra=len(blank), can_delete=True, max_num=500),
    )
    if data is not None:
        return _with_use(factory(data, prefix="classes"), project)
    rows = _with_use(factory(initial=initial, prefix="classes"), project)
    for form, values in zip(rows.extra_forms, blank, strict=True):
        form.initial = values
    return rows


def _begun(classes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a new project with these classes; what they leave out is chosen."""
    rows: list[dict[str, Any]] = []
    colors, keys = {one.get("color") or "" for one in classes}, {one.get("hotkey") for one in classes}
    for place, one in enumerate(classes, 1):
        color = one.get("color") or free_color(colors)
        hotkey = one.get("hotkey") or free_hotkey(keys, one["name"])
        colors.add(color)
        keys.add(hotkey)
        row = {
            "name": one["name"],
            "color": color,
            "hotkey": hotkey or "",
            "kind": one.get("kind", Category.Kind.THING),
        }
        rows.append({**row, "place": place})
    return rows


def _with_use(rows: CategoryRows, project: Project | None) -> CategoryRows:
    """The rows, with why the classes of objects can't be deleted: it is told before anything is sent."""
    used = dict(project.categories.values_list("number", _use())) if project else {}
    for row in rows.forms:
        number = str(row["number"].value() or "")
        row.used = used.get(int(number), 0) if number.isdecimal() and len(number) < 19 else 0
        row.used_more = row.used > COUNTED
    return rows


def _use() -> RawSQL:
    """Objects of a class, counted up to one more than `COUNTED`: all of a million would be waited for."""
    objects = Category._meta.get_field("annotations").related_model._meta.db_table
    first = f"SELECT 1 FROM {objects} WHERE category_id = {Category._meta.db_table}.id LIMIT {COUNTED + 1}"
    return RawSQL(f"(SELECT COUNT(*) FROM ({first}) AS counted)", ())  # noqa: S608 -- names of this code only


class MemberForm(forms.Form):
    """A person to add."""

    username = forms.CharField(max_length=150, error_messages={"required": "Enter a username."})
    role = forms.ChoiceField(choices=Role.choices, initial=Membership._meta.get_field("role").default)
