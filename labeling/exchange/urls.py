from django.urls import path

from labeling.exchange import views

app_name = "exchange"
urlpatterns = [
    path("exports/<id:export_id>/download", views.download, name="download"),
    path("exports/<id:export_id>/difference/<id:before>", views.difference, name="difference"),
]
