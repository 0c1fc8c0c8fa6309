from django.urls import path

from labeling.annotations import api, views

app_name = "annotations"
urlpatterns = [
    path("api/images/<int:image_id>/annotations", api.annotations, name="annotations"),
    path("api/images/<int:image_id>/changes", api.changes, name="changes"),
    path("api/images/<int:image_id>/status", api.status, name="status"),
    path("api/images/<int:image_id>/note", api.note, name="note"),
    path("api/images/<int:image_id>/time", api.time, name="time"),
    path("api/annotations/<int:annotation_id>", api.annotation, name="annotation"),
    path("api/projects/<int:project_id>/panoptic", api.project_panoptic, name="api_panoptic"),
    path("projects/<int:project_id>/panoptic", views.panoptic_project, name="panoptic"),
]
