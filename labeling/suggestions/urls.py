from django.urls import path

from labeling.suggestions import api, manage_api, views

app_name = "suggestions"
urlpatterns = [
    path("heads/<id:head_id>/worst", views.worst, name="worst"),
    path("api/images/<id:image_id>/suggestions", api.suggestions, name="api_suggestions"),
    path("api/images/<id:image_id>/suggestions/accept", api.accept, name="api_accept"),
    path("api/images/<id:image_id>/suggestions/reject", api.reject, name="api_reject"),
    path("api/images/<id:image_id>/suggestions/reopen", api.reopen, name="api_reopen"),
    path("api/images/<id:image_id>/text", api.phrase, name="api_text"),
    path("api/projects/<id:project_id>/suggestions/accept", api.accept_in_project, name="api_accept_in_project"),
    path("api/projects/<id:project_id>/suggestions/figures", api.figures, name="api_figures"),
    path("api/projects/<id:project_id>/suggestions/settings", manage_api.settings, name="api_settings"),
    path("api/projects/<id:project_id>/suggestions/runs", manage_api.project_runs, name="api_runs"),
    path("api/suggestions/runs/<id:run_id>", manage_api.run, name="api_run"),
    path("api/suggestions/runs/<id:run_id>/stop", manage_api.stop_run, name="api_stop_run"),
    path("api/suggestions/runs/<id:run_id>/retry", manage_api.retry_run, name="api_retry_run"),
    path("api/projects/<id:project_id>/heads", manage_api.project_heads, name="api_heads"),
    path("api/projects/<id:project_id>/heads/<id:head_id>/mapping", manage_api.head_mapping, name="api_mapping"),
    path("api/heads/<id:head_id>", manage_api.head, name="api_head"),
    path("api/heads/<id:head_id>/cancel", manage_api.cancel_head, name="api_cancel_head"),
    path("api/heads/<id:head_id>/retry", manage_api.retry_head, name="api_retry_head"),
]
