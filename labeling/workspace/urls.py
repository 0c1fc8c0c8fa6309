from django.urls import path

from labeling.workspace import api, views

app_name = "workspace"
urlpatterns = [
    path("projects/<id:project_id>/", views.project, name="project"),
    path("projects/<id:project_id>/suggestions", views.suggestions, name="suggestions"),
    path("projects/<id:project_id>/next", views.next_image, name="next"),
    path("images/<id:image_id>/", views.editor, name="editor"),
    path("api/images/<id:image_id>/editor", api.editor, name="api_editor"),
    path("api/projects/<id:project_id>/images", api.images, name="api_images"),
    path("api/projects/<id:project_id>/next", api.next_image, name="api_next"),
]
