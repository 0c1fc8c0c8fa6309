"""What belongs to the signed-in person alone."""

from django.http import HttpRequest

from labeling.accounts.schemas import KeysData
from labeling.accounts.services import user_of
from labeling.accounts.specs import Keys
from labeling.web.routes import Router, Sent

router = Router(tags=["accounts"])


@router.get("me/keys")
def keys(request: HttpRequest) -> KeysData:
    """The editor's keys as the signed-in person wants them."""
    return KeysData(keys=user_of(request).keys)


@router.put("me/keys")
def set_keys(request: HttpRequest, sent: Sent[Keys]) -> KeysData:
    """Change the editor's keys. What an action is called is the editor's business."""
    user = user_of(request)
    user.keys = sent.read().keys
    user.save(update_fields=["keys"])
    return KeysData(keys=user.keys)
