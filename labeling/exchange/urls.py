from django.urls import path

from labeling.exchange import api, views

app_name = "exchange"
urlpatterns = [
    path("exports/<id:export_id>/download", views.download, name="download"),
    path("api/projects/<id:project_id>/exports", api.exports, name="api_exports"),
    path("api/exports/<id:export_id>", api.export, name="api_export"),
]
