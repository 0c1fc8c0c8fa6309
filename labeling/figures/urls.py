from django.urls import path

from labeling.figures import views

app_name = "figures"
urlpatterns = [
    path("projects/<id:project_id>/figures", views.page, name="page"),
    path("projects/<id:project_id>/figures/<slug:table>", views.as_csv, name="csv"),
]
