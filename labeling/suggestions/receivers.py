"""Suggestions follow annotations, images and heads."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver

from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.annotations.signals import events_logged
from labeling.features.signals import features_ready
from labeling.projects.models import Category, Project
from labeling.projects.signals import category_merged, project_copied
from labeling.suggestions import automatic_runs, heads
from labeling.suggestions.models import CategoryMapping, HeadVersion, Suggestion, SuggestionSettings
from labeling.suggestions.state_sync import follow


@receiver(events_logged)
def follow_events(kept: AnnotationSet, events: Sequence[AnnotationEvent], **_: Any) -> None:
    """In the transaction of the change itself."""
    follow(kept, events)


@receiver(features_ready)
def look_at_image(image_id: int, **_: Any) -> None:
    """Discover objects as part of preparing an image."""
    automatic_runs.image_ready(image_id)


@receiver(pre_delete, sender=HeadVersion)
def withdraw_suggestions(instance: HeadVersion, **_: Any) -> None:
    """What a deleted head proposed is not proposed any more; decided ones stay."""
    rows = Suggestion.objects.filter(head=instance, state=Suggestion.State.OPEN)
    rows.update(state=Suggestion.State.STALE)


@receiver(post_delete, sender=HeadVersion)
def delete_files(instance: HeadVersion, **_: Any) -> None:
    """The head's files go once the deletion of the row (by itself or with its project) is committed."""
    transaction.on_commit(lambda: heads.delete_files(instance.folder))


@receiver(project_copied)
def copy_settings(source: Project, copy: Project, **_: Any) -> None:
    """A copy lets happen by itself what its original does. Models are not copied: they are of the original's labels."""
    settings = SuggestionSettings.objects.filter(project=source).first()
    if settings is not None:
        settings.pk, settings.project = None, copy
        settings.save(force_insert=True)


@receiver(category_merged)
def follow_merge(category: Category, into: Category, **_: Any) -> None:
    """What was proposed as the merged class is proposed as the other one."""
    Suggestion.objects.filter(category=category).update(category=into)
    CategoryMapping.objects.filter(category=category).update(category=into)
