"""Every way the database can say no. None of these is mended by trying the same again."""

from __future__ import annotations

from cobrowse.core.errors import CobrowseError


class StorageError(CobrowseError):
    """The root of the errors below. A transaction in which one was raised must be rolled back."""


class DatabaseUnusable(StorageError):
    """The database cannot be opened, or another server has it."""


class DatabaseNewer(StorageError):
    """A later version of Cobrowse has migrated this database; this one would misread it."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"the database is at revision {found}, this version of Cobrowse knows revisions up to {known}: "
            "install the version that wrote it, or restore a backup"
        )


class MissingMigration(StorageError):
    """The database lacks what this version needs, and is not migrated without being asked."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(
            f"the database is at revision {found}, this version of Cobrowse needs {needed}: "
            "run `cobrowse migrate`"
        )


class SecretMissing(StorageError):
    """The servers of this database are given their secret by a setting, which this one lacks."""

    def __init__(self) -> None:
        super().__init__(
            "the other servers of this database have a `secret` in their settings: "
            "expected COBROWSE_SECRET to be the same one here"
        )


class SecretDiffers(StorageError):
    """The database keeps the secret of its servers, and this one is given another."""

    def __init__(self) -> None:
        super().__init__(
            "`secret` is not the one that this database keeps for its servers: expected none, or that one "
            "(SELECT value FROM secrets); with a new one, after DELETE FROM secrets, all visitors are new"
        )


class LogConflict(StorageError):
    """The log already holds this offset of the room."""


class EmailTaken(StorageError):
    """Another agent signs in with this e-mail address."""


class ExternalIdTaken(StorageError):
    """Another contact of the site is already this customer of the shop."""


class Missing(StorageError):
    """A row that this one refers to is not there: the calls came in the wrong order."""
