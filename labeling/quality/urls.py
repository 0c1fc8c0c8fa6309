from django.urls import path

from labeling.quality import views

app_name = "quality"
urlpatterns = [
    path("quality/pairs/<id:pair_id>/picture", views.pair_picture, name="pair_picture"),
]
