from django.urls import path

from labeling.api import views
from labeling.api.site import api

app_name = "api"
urlpatterns = [
    path("schema.json", views.schema, name="schema"),
    path("docs", views.docs, name="docs"),
    *api.routes(),
]
