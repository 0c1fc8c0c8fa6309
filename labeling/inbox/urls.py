from django.urls import path

from labeling.inbox import views

app_name = "inbox"
urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read", views.read, name="read"),
    path("inbox/mail", views.mail_settings, name="mail"),
    path("inbox/unsubscribe/<token>", views.unsubscribe, name="unsubscribe"),
]
