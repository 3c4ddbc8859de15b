"""What may each program do in the database?

Three roles. The owner migrates; nobody works as the owner. The app reads and writes rows, but can
neither change the tables nor drop a trigger, truncate, or rewrite a table that is only added to. The
reader reads, without passwords, sessions and keys. Triggers guard against mistakes; this guards against
whoever has got hold of the app.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

APP, READER = "ektp_app", "ektp_read"
MAINTAIN_SINCE = 170_000  # PostgreSQL 17 can grant LOCK TABLE alone

# What a reader has no business with.
SECRET = (
    "account_emailaddress",
    "auth_user",
    "django_session",
    "mfa_authenticator",
    "printing_pickupcode",
    "registry_deviceinvitation",
    "registry_devicekey",
    "registry_storedanswer",
    "registry_webhook",
    "usersessions_usersession",
)
LOCKED_WHOLE = ("registry_blankmovement", "registry_ledgerseal")  # by services/seals.py, for one query


def append_only_tables() -> list[str]:
    """The tables whose models refuse update and delete."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
    )


def grant(*, app_password: str = "", read_password: str = "") -> None:
    """Make both roles, or say again what they may do. Run by the owner after every ``migrate``.

    A password that is empty is left as it is; a role that is new and has none cannot sign in.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _statements(app_password, read_password):
            cursor.execute(statement.as_string(cursor.connection))


def _statements(app_password: str, read_password: str) -> Iterable[sql.Composed]:
    app, reader = sql.Identifier(APP), sql.Identifier(READER)
    both = sql.SQL(", ").join([app, reader])
    for name, password in ((APP, app_password), (READER, read_password)):
        yield from _role(name, password)
    say = sql.SQL
    yield say("REVOKE ALL ON SCHEMA public FROM PUBLIC, {}").format(both)
    yield say("GRANT USAGE ON SCHEMA public TO {}").format(both)
    yield say("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(both)
    yield say("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(app)
    yield say("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(app)
    yield say("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(reader)
    yield say("REVOKE UPDATE, DELETE ON TABLE {} FROM {}").format(_names(append_only_tables()), app)
    yield say("REVOKE INSERT, UPDATE, DELETE ON TABLE django_migrations FROM {}").format(app)
    yield say("REVOKE ALL ON TABLE {} FROM {}").format(_names(_there(SECRET)), reader)
    if _version() >= MAINTAIN_SINCE:
        yield say("GRANT MAINTAIN ON TABLE {} TO {}").format(_names(LOCKED_WHOLE), app)
    else:  # the trigger alone guards these two
        yield say("GRANT UPDATE ON TABLE {} TO {}").format(_names(LOCKED_WHOLE), app)
    yield say("ALTER ROLE {} SET default_transaction_read_only = on").format(reader)


def _role(name: str, password: str) -> Iterable[sql.Composed]:
    role = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone() is None:
            yield sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role)
    if password:
        yield sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password))


def _there(tables: Iterable[str]) -> list[str]:
    known = set(connection.introspection.table_names())
    return [table for table in tables if table in known]


def _names(tables: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))


def _version() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.server_version)
