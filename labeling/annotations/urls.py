from django.urls import path

from labeling.annotations import api, views

app_name = "annotations"
urlpatterns = [
    path("api/images/<id:image_id>/annotations", api.annotations, name="annotations"),
    path("api/images/<id:image_id>/changes", api.changes, name="changes"),
    path("api/images/<id:image_id>/status", api.status, name="status"),
    path("api/images/<id:image_id>/note", api.note, name="note"),
    path("api/images/<id:image_id>/time", api.time, name="time"),
    path("api/annotations/<id:annotation_id>", api.annotation, name="annotation"),
    path("api/projects/<id:project_id>/panoptic", api.project_panoptic, name="api_panoptic"),
    path("projects/<id:project_id>/panoptic", views.panoptic_project, name="panoptic"),
]
