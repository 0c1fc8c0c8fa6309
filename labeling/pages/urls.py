from django.urls import path

from labeling.pages import tabs, views

app_name = "pages"
urlpatterns = [
    path("projects/<id:project_id>/", tabs.overview, name="project"),
    path("projects/<id:project_id>/images", tabs.images, name="images"),
    path("projects/<id:project_id>/suggestions", tabs.suggestions, name="suggestions"),
    path("projects/<id:project_id>/suggestions/panel", tabs.suggestions_panel, name="suggestions_panel"),
    path("projects/<id:project_id>/exports", tabs.exports, name="exports"),
    path("projects/<id:project_id>/next", views.next_image, name="next"),
    path("projects/<id:project_id>/review", views.next_review, name="review"),
    path("images/<id:image_id>/", views.editor, name="editor"),
]
