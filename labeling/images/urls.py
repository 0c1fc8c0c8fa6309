from django.urls import path

from labeling.images import rendering_views, views

app_name = "images"
urlpatterns = [
    path("projects/<id:project_id>/pictures", rendering_views.save, name="rendering"),
    path("images/<id:image_id>/view", views.view, name="view"),
    path("images/<id:image_id>/window", views.window, name="window"),
    path("images/<id:image_id>/thumbnail", views.thumbnail, name="thumbnail"),
    path("images/<id:image_id>/original", views.original, name="original"),
    path("images/<id:image_id>/blocks/<str:level>/<id:row>/<id:column>", views.block, name="block"),
]
