from django.urls import path

from labeling.annotations import api

app_name = "annotations"
urlpatterns = [
    path("api/images/<int:image_id>/annotations", api.annotations, name="annotations"),
    path("api/images/<int:image_id>/status", api.status, name="status"),
    path("api/annotations/<int:annotation_id>", api.annotation, name="annotation"),
]
