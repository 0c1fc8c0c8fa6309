from django.urls import path

from labeling.projects import views

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="list"),
    path("projects/new", views.new, name="new"),
    path("projects/<id:project_id>/settings", views.settings, name="settings"),
    path("projects/<id:project_id>/attributes", views.attributes, name="attributes"),
    path("projects/<id:project_id>/members", views.add_member, name="add_member"),
    path("projects/<id:project_id>/members/<id:user_id>", views.change_member, name="change_member"),
]
