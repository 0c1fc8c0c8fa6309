from django.urls import path

from labeling.images import api, views

app_name = "images"
urlpatterns = [
    path("images/<id:image_id>/view", views.view, name="view"),
    path("images/<id:image_id>/window", views.window, name="window"),
    path("images/<id:image_id>/thumbnail", views.thumbnail, name="thumbnail"),
    path("images/<id:image_id>/original", views.original, name="original"),
    path("images/<id:image_id>/blocks/<str:level>/<id:row>/<id:column>", views.block, name="block"),
    path("api/projects/<id:project_id>/uploads", api.start, name="start_upload"),
    path("api/uploads/<id:upload_id>", api.show, name="upload"),
    path("api/uploads/<id:upload_id>/files", api.add_files, name="add_files"),
    path("api/uploads/<id:upload_id>/close", api.close, name="close_upload"),
    path("api/images/<id:image_id>/blocks", api.blocks, name="blocks"),
    path("api/images/<id:image_id>", api.delete, name="delete"),
]
