from django.urls import path

from labeling.audit import views

app_name = "audit"
urlpatterns = [
    path("audit/", views.log, name="log"),
    path("audit/events.csv", views.as_csv, name="csv"),
]
