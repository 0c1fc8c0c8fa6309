from django.urls import path

from labeling.features import api

app_name = "features"
urlpatterns = [
    path("api/images/<id:image_id>/encode", api.retry_image, name="retry_image"),
    path("api/projects/<id:project_id>/encode", api.retry_project, name="retry_project"),
]
