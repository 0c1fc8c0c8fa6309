from django.urls import path

from labeling.pages import views

app_name = "pages"
urlpatterns = [
    path("projects/<id:project_id>/", views.project, name="project"),
    path("projects/<id:project_id>/suggestions", views.suggestions, name="suggestions"),
    path("projects/<id:project_id>/next", views.next_image, name="next"),
    path("images/<id:image_id>/", views.editor, name="editor"),
]
