from django.urls import path

from labeling.history import views

app_name = "history"
urlpatterns = [
    path("projects/<id:project_id>/activity", views.project_activity, name="project"),
    path("images/<id:image_id>/history", views.image_history, name="image"),
    path("images/<id:image_id>/history/<id:first>/<id:last>", views.picture, name="picture"),
]
