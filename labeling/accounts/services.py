"""What other apps ask about people."""

from typing import cast

from django.http import HttpRequest

from labeling.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Who asks. For views that only signed-in people reach, which is all of them but the sign-in page and health."""
    return cast(User, request.user)
