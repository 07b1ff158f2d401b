"""Every revision of the tables, oldest first. A revision that was released is never edited."""
