"""What the database itself refuses: changing an event, and deleting one of the last 30 days.

Django's `flush` deletes all rows and fails on SQLite; tests drop the trigger against deletion there.
"""

KEPT_DAYS = 30
"""Younger events can't be deleted; `AUDIT_DAYS` is not less."""

SQLITE = [
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'The audit log is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_auditevent "
    f"WHEN OLD.at > datetime('now', '-{KEPT_DAYS} days') "
    "BEGIN SELECT RAISE(ABORT, 'The audit log is append-only'); END",
]
POSTGRESQL = [
    "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{KEPT_DAYS} days' THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'The audit log is append-only' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditevent "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
]
SQLITE_UNDO = ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
POSTGRESQL_UNDO = ["DROP TRIGGER audit_append_only ON audit_auditevent", "DROP FUNCTION audit_append_only"]
