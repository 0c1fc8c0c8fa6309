from django.urls import path

from labeling.projects import class_views, life_views, views

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="list"),
    path("projects/new", views.new, name="new"),
    path("projects/<id:project_id>/settings", views.settings, name="settings"),
    path("projects/<id:project_id>/classes.json", class_views.export_classes, name="export_classes"),
    path("projects/<id:project_id>/classes/<id:number>/unmerge", class_views.unmerge, name="unmerge"),
    path("projects/<id:project_id>/attributes", views.attributes, name="attributes"),
    path("projects/<id:project_id>/archive", life_views.archive, name="archive"),
    path("projects/<id:project_id>/unarchive", life_views.unarchive, name="unarchive"),
    path("projects/<id:project_id>/delete", life_views.delete, name="delete"),
    path("projects/<id:project_id>/restore", life_views.restore, name="restore"),
    path("projects/<id:project_id>/duplicate", life_views.duplicate, name="duplicate"),
    path("projects/<id:project_id>/purge", life_views.purge, name="purge"),
    path("projects/<id:project_id>/people", views.people, name="people"),
    path("projects/<id:project_id>/members", views.add_member, name="add_member"),
    path("projects/<id:project_id>/members/<id:user_id>", views.change_member, name="change_member"),
]
