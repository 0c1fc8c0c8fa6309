"""Addresses of accounts. allauth looks its own up by names without a namespace: those are in `allauth_urls`."""

from django.urls import path

from labeling.accounts import account_page, views

app_name = "accounts"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("account/", account_page.account, name="account"),
    path("account/keys/reset", account_page.reset_keys, name="reset_keys"),
]
