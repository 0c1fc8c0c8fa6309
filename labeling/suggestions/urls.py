from django.urls import path

from labeling.suggestions import views

app_name = "suggestions"
urlpatterns = [
    path("heads/<id:head_id>/worst", views.worst, name="worst"),
]
