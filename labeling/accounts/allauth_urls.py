"""What of allauth can be reached, at addresses of ours and by the names that it looks up. Signing up can't."""

from django.conf import settings
from django.urls import path, re_path

from labeling.accounts import account_page, views
from labeling.accounts.lazy import lazy

ACCOUNT, MFA, SOCIAL = "allauth.account.views", "allauth.mfa", "allauth.socialaccount"
TOTP, CODES, KEYS = f"{MFA}.totp.views", f"{MFA}.recovery_codes.views", f"{MFA}.webauthn.views"

urlpatterns = [
    path("sign-in", views.sign_in, name="account_login"),
    path("sign-in/inactive", lazy(f"{ACCOUNT}.account_inactive", is_open=True), name="account_inactive"),
    path("sign-in/second-factor", lazy(f"{MFA}.base.views.authenticate", is_open=True), name="mfa_authenticate"),
    path("sign-in/passkey", lazy(f"{KEYS}.login_webauthn", is_open=True), name="mfa_login_webauthn"),
    path("sign-in/password-reset", lazy(f"{ACCOUNT}.password_reset", is_open=True), name="account_reset_password"),
    path(
        "sign-in/password-reset/sent",
        lazy(f"{ACCOUNT}.password_reset_done", is_open=True),
        name="account_reset_password_done",
    ),
    path(
        "sign-in/password-reset/done",
        lazy(f"{ACCOUNT}.password_reset_from_key_done", is_open=True),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^sign-in/password-reset/(?P<uidb36>[0-9A-Za-z]{1,14})-(?P<key>[0-9A-Za-z-]{1,100})/$",
        lazy(f"{ACCOUNT}.password_reset_from_key", is_open=True),
        name="account_reset_password_from_key",
    ),
    path("sign-out", views.sign_out, name="account_logout"),
    path("account/confirm", lazy(f"{ACCOUNT}.reauthenticate"), name="account_reauthenticate"),
    path("account/confirm/code", lazy(f"{MFA}.base.views.reauthenticate"), name="mfa_reauthenticate"),
    path("account/confirm/passkey", lazy(f"{KEYS}.reauthenticate_webauthn"), name="mfa_reauthenticate_webauthn"),
    path("account/password", lazy(f"{ACCOUNT}.password_change"), name="account_change_password"),
    path("account/password/set", lazy(f"{ACCOUNT}.password_set"), name="account_set_password"),
    path("account/email", lazy(f"{ACCOUNT}.email"), name="account_email"),
    path(
        "account/email/confirm/<str:key>", lazy(f"{ACCOUNT}.confirm_email", is_open=True), name="account_confirm_email"
    ),
    path("account/sessions", account_page.sessions, name="usersessions_list"),
    path("account/two-factor", lazy(f"{MFA}.base.views.index"), name="mfa_index"),
    path("account/two-factor/app", lazy(f"{TOTP}.activate_totp"), name="mfa_activate_totp"),
    path("account/two-factor/app/remove", lazy(f"{TOTP}.deactivate_totp"), name="mfa_deactivate_totp"),
    path("account/two-factor/codes", lazy(f"{CODES}.view_recovery_codes"), name="mfa_view_recovery_codes"),
    path("account/two-factor/codes/new", lazy(f"{CODES}.generate_recovery_codes"), name="mfa_generate_recovery_codes"),
    path("account/two-factor/codes.txt", lazy(f"{CODES}.download_recovery_codes"), name="mfa_download_recovery_codes"),
    path("account/two-factor/passkeys", lazy(f"{KEYS}.list_webauthn"), name="mfa_list_webauthn"),
    path("account/two-factor/passkeys/add", lazy(f"{KEYS}.add_webauthn"), name="mfa_add_webauthn"),
    path("account/two-factor/passkeys/<id:pk>", lazy(f"{KEYS}.edit_webauthn"), name="mfa_edit_webauthn"),
    path("account/two-factor/passkeys/<id:pk>/remove", lazy(f"{KEYS}.remove_webauthn"), name="mfa_remove_webauthn"),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    _OIDC = f"{SOCIAL}.providers.openid_connect.views"
    _sso = {"provider_id": "sso"}
    urlpatterns += [
        path("sign-in/sso", lazy(f"{_OIDC}.login", is_open=True), _sso, name="openid_connect_login"),
        path("sign-in/sso/callback", lazy(f"{_OIDC}.callback", is_open=True), _sso, name="openid_connect_callback"),
        path("sign-in/sso/name", lazy(f"{SOCIAL}.views.signup", is_open=True), name="socialaccount_signup"),
        path(
            "sign-in/sso/cancelled",
            lazy(f"{SOCIAL}.views.login_cancelled", is_open=True),
            name="socialaccount_login_cancelled",
        ),
        path("sign-in/sso/error", lazy(f"{SOCIAL}.views.login_error", is_open=True), name="socialaccount_login_error"),
        path("account/single-sign-on", lazy(f"{SOCIAL}.views.connections"), name="socialaccount_connections"),
    ]
