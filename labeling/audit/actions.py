"""What is written into the audit log. A new action is a line here; it needs no migration."""

from enum import StrEnum


class Action(StrEnum):
    """What somebody did. The value is kept in the log and must not change; `label` is what people read."""

    SIGNED_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in.failed"
    SIGNED_OUT = "sign_out"
    SESSIONS_ENDED = "sessions.ended"
    PASSWORD_CHANGED = "password.changed"
    PASSWORD_RESET_ASKED = "password.reset_asked"
    PASSWORD_RESET = "password.reset"
    EMAIL_CHANGED = "email.changed"
    TWO_FACTOR_ADDED = "two_factor.added"
    TWO_FACTOR_REMOVED = "two_factor.removed"
    TWO_FACTOR_FAILED = "two_factor.failed"
    CONNECTION_ADDED = "connection.added"
    CONNECTION_REMOVED = "connection.removed"
    PERSON_CREATED = "person.created"
    PERSON_DEACTIVATED = "person.deactivated"
    PERSON_REACTIVATED = "person.reactivated"
    ADMINISTRATOR_MADE = "administrator.made"
    ADMINISTRATOR_REVOKED = "administrator.revoked"
    INVITED = "invitation.created"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_ACCEPTED = "invitation.accepted"
    MEMBER_ADDED = "member.added"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    PROJECT_CREATED = "project.created"
    PROJECT_ARCHIVED = "project.archived"
    PROJECT_RESTORED = "project.restored"
    PROJECT_BINNED = "project.binned"
    PROJECT_DELETED = "project.deleted"
    SETTINGS_CHANGED = "settings.changed"
    IMAGES_DELETED = "images.deleted"
    GOLDEN_MARKED = "golden.marked"
    GOLDEN_REMOVED = "golden.removed"
    IMAGES_ASSIGNED = "images.assigned"
    IMAGES_TAKEN_BACK = "images.taken_back"
    LOT_CREATED = "lot.created"
    LOT_CLOSED = "lot.closed"
    LOT_REOPENED = "lot.reopened"
    LOT_DELETED = "lot.deleted"
    SAMPLE_ACCEPTED = "sample.accepted"
    SAMPLE_DRAWN = "sample.drawn"
    EXPORT_MADE = "export.made"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_DELETED = "export.deleted"
    EXPORT_FROZEN = "export.frozen"
    LABELS_IMPORTED = "labels.imported"
    SOURCE_CONNECTED = "source.connected"
    SOURCE_DISCONNECTED = "source.disconnected"

    @property
    def label(self) -> str:
        """The action in words."""
        return LABELS[self]


LABELS = {
    Action.SIGNED_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Sign-in failed",
    Action.SIGNED_OUT: "Signed out",
    Action.SESSIONS_ENDED: "Signed out other browsers",
    Action.PASSWORD_CHANGED: "Changed the password",
    Action.PASSWORD_RESET_ASKED: "Asked for a password reset",
    Action.PASSWORD_RESET: "Reset the password",
    Action.EMAIL_CHANGED: "Changed e-mail addresses",
    Action.TWO_FACTOR_ADDED: "Added a second factor",
    Action.TWO_FACTOR_REMOVED: "Removed a second factor",
    Action.TWO_FACTOR_FAILED: "Second factor failed",
    Action.CONNECTION_ADDED: "Connected single sign-on",
    Action.CONNECTION_REMOVED: "Disconnected single sign-on",
    Action.PERSON_CREATED: "Created an account",
    Action.PERSON_DEACTIVATED: "Deactivated an account",
    Action.PERSON_REACTIVATED: "Reactivated an account",
    Action.ADMINISTRATOR_MADE: "Made an administrator",
    Action.ADMINISTRATOR_REVOKED: "Revoked administrator rights",
    Action.INVITED: "Created an invitation",
    Action.INVITATION_REVOKED: "Revoked an invitation",
    Action.INVITATION_ACCEPTED: "Accepted an invitation",
    Action.MEMBER_ADDED: "Added a member",
    Action.MEMBER_ROLE_CHANGED: "Changed a role",
    Action.MEMBER_REMOVED: "Removed a member",
    Action.PROJECT_CREATED: "Created a project",
    Action.PROJECT_ARCHIVED: "Archived a project",
    Action.PROJECT_RESTORED: "Restored a project",
    Action.PROJECT_BINNED: "Moved a project to the bin",
    Action.PROJECT_DELETED: "Deleted a project for good",
    Action.SETTINGS_CHANGED: "Changed settings",
    Action.IMAGES_DELETED: "Deleted images",
    Action.GOLDEN_MARKED: "Marked a golden image",
    Action.GOLDEN_REMOVED: "Removed a golden image",
    Action.IMAGES_ASSIGNED: "Assigned images",
    Action.IMAGES_TAKEN_BACK: "Took assigned images back",
    Action.LOT_CREATED: "Created a lot",
    Action.LOT_CLOSED: "Closed a lot",
    Action.LOT_REOPENED: "Opened a lot again",
    Action.LOT_DELETED: "Deleted a lot",
    Action.SAMPLE_ACCEPTED: "Accepted images by sample",
    Action.SAMPLE_DRAWN: "Had images reviewed that were not drawn",
    Action.EXPORT_MADE: "Made an export",
    Action.EXPORT_DOWNLOADED: "Downloaded an export",
    Action.EXPORT_DELETED: "Deleted an export",
    Action.EXPORT_FROZEN: "Froze a version of the dataset",
    Action.LABELS_IMPORTED: "Imported labels",
    Action.SOURCE_CONNECTED: "Connected a folder or bucket",
    Action.SOURCE_DISCONNECTED: "Disconnected a folder or bucket",
}


def label_of(action: str) -> str:
    """An action in words, also one that a later version wrote."""
    return Action(action).label if action in Action._value2member_map_ else action
