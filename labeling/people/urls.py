from django.urls import path

from labeling.people import views

app_name = "people"
urlpatterns = [
    path("join/<str:token>", views.join, name="join"),
    path("projects/<id:project_id>/invitations", views.invite, name="invite"),
    path("projects/<id:project_id>/invitations/<id:invitation_id>", views.change_invitation, name="change_invitation"),
    path("people/", views.people, name="people"),
    path("people/invitations", views.invite_to_site, name="invite_to_site"),
    path("people/invitations/<id:invitation_id>", views.change_site_invitation, name="change_site_invitation"),
    path("people/<id:user_id>", views.change_person, name="change_person"),
]
