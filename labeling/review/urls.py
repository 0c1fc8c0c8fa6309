from django.urls import path

from labeling.review import views

app_name = "review"
urlpatterns = [path("projects/<id:project_id>/review/settings", views.settings, name="settings")]
