"""What allauth says of second factors, in our words."""

from allauth.mfa.adapter import DefaultMFAAdapter


class SecondFactorAdapter(DefaultMFAAdapter):
    """Hooks of allauth.mfa."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "Wrong code. Enter the newest one.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
    }
