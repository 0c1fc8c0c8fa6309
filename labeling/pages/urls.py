from django.urls import path

from labeling.pages import imports, quality, sources, tabs, views

app_name = "pages"
urlpatterns = [
    path("projects/<id:project_id>/", tabs.overview, name="project"),
    path("projects/<id:project_id>/images", tabs.images, name="images"),
    path("projects/<id:project_id>/suggestions", tabs.suggestions, name="suggestions"),
    path("projects/<id:project_id>/suggestions/panel", tabs.suggestions_panel, name="suggestions_panel"),
    path("projects/<id:project_id>/lots", tabs.lots, name="lots"),
    path("projects/<id:project_id>/exports", tabs.exports, name="exports"),
    path("projects/<id:project_id>/imports", imports.imports, name="imports"),
    path("projects/<id:project_id>/sources", sources.sources, name="sources"),
    path("imports/<id:import_id>/", imports.import_page, name="import"),
    path("projects/<id:project_id>/next", views.next_image, name="next"),
    path("projects/<id:project_id>/review", views.next_review, name="review"),
    path("projects/<id:project_id>/quality", quality.quality, name="quality"),
    path("projects/<id:project_id>/quality/csv/<str:side>/<str:table>", quality.quality_csv, name="quality_csv"),
    path("projects/<id:project_id>/quality/draw", quality.draw_golden, name="draw_golden"),
    path("projects/<id:project_id>/quality/rates", quality.set_rates, name="set_rates"),
    path("projects/<id:project_id>/quality/consensus", quality.set_consensus, name="set_consensus"),
    path("images/<id:image_id>/golden", quality.mark_golden, name="mark_golden"),
    path("images/<id:image_id>/consensus", quality.take_consensus, name="take_consensus"),
    path("images/<id:image_id>/", views.editor, name="editor"),
]
