from django.urls import path

from labeling.images import api, views

app_name = "images"
urlpatterns = [
    path("images/<int:image_id>/view", views.view, name="view"),
    path("images/<int:image_id>/window", views.window, name="window"),
    path("images/<int:image_id>/thumbnail", views.thumbnail, name="thumbnail"),
    path("images/<int:image_id>/original", views.original, name="original"),
    path("images/<int:image_id>/blocks/<str:level>/<int:row>/<int:column>", views.block, name="block"),
    path("api/projects/<int:project_id>/uploads", api.start, name="start_upload"),
    path("api/uploads/<int:upload_id>", api.show, name="upload"),
    path("api/uploads/<int:upload_id>/files", api.add_files, name="add_files"),
    path("api/uploads/<int:upload_id>/close", api.close, name="close_upload"),
    path("api/images/<int:image_id>/blocks", api.blocks, name="blocks"),
    path("api/images/<int:image_id>", api.delete, name="delete"),
]
