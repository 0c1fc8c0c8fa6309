from django.urls import path

from labeling.annotations import views

app_name = "annotations"
urlpatterns = [
    path("projects/<id:project_id>/panoptic", views.panoptic_project, name="panoptic"),
    path("images/<id:image_id>/overlay", views.image_overlay, name="overlay"),
]
