"""The tables. Times are seconds since the Unix epoch, money is in minor units, ids are text.

`log` is the truth; a room's other tables are made from it, in the same transactions, and outlive it. On SQLite its own
rows, carts and visitors may follow a second later; `unfiled` has what was committed until then.
A change here needs a migration in `migrations/versions`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

# Named constraints: a migration can only drop what it can name.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

log = Table(
    "log",
    metadata,
    Column("room", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("hash", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("replica", BigInteger, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    PrimaryKeyConstraint("room", "offset"),
)

rooms = Table(
    "rooms",
    metadata,
    Column("room", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("hash", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("saved_at", Double, nullable=False),
)

unfiled = Table(
    "unfiled",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("rows", LargeBinary, nullable=False),
)

visitors = Table(
    "visitors",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("first_seen", Double, nullable=False),
    Column("last_seen", Double, nullable=False),
    Column("visits", Integer, nullable=False),
    Column("referrer", Text),
    Column("device", Text),
    Column("locale", Text),
    Index(None, "site", "last_seen"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("visitor", Text, ForeignKey("visitors.id"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("name", Text),
    Column("email", Text),
    Column("external_id", Text),
    # The name and the e-mail address without case and accents: what `contacts.search` looks through.
    Column("folded", Text, nullable=False),
    UniqueConstraint("site", "external_id"),
    Index(None, "visitor"),
    Index(None, "site", "created_at"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("contact", Text, ForeignKey("contacts.id")),
    Column("status", Text, nullable=False),
    Column("opened_at", Double, nullable=False),
    # No foreign key: the log names agents, and must be readable into a database that never knew them.
    Column("taken_by", Text),
    Column("closed_at", Double),
    Column("reason", Text),
    Column("offer", Text),
    Index(None, "site", "status", "opened_at"),
    Index(None, "room", "opened_at"),
    Index(None, "contact", "opened_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, ForeignKey("conversations.id"), nullable=False),
    Column("room", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("author_role", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "room", "offset"),
    Index(None, "conversation", "offset"),
)

carts = Table(
    "carts",
    metadata,
    Column("room", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("lines", Text, nullable=False),
    Column("item_count", Integer, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Index(None, "site", "updated_at"),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("status", Text, nullable=False),
    Column("settled_at", Double),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "room", "made_at"),
    Index(None, "site", "made_at"),
    Index(None, "site", "rule", "made_at"),
)

# One row a rule that fell due in a room: what was decided, and with which values. Made from the log's `judged`.
decisions = Table(
    "decisions",
    metadata,
    Column("room", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("site", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("offer", Text),
    PrimaryKeyConstraint("room", "offset"),
    Index(None, "site", "rule", "at"),
)

# What visitors bought, as the shop's pages said: what offers are measured by. `reference` is the shop's own number.
orders = Table(
    "orders",
    metadata,
    Column("room", Text, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("site", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("reference", Text),
    PrimaryKeyConstraint("room", "offset"),
    UniqueConstraint("room", "reference"),
    Index(None, "room", "at"),
)

# What the console changed of the rule files: `source` replaces the file's text, `off` switches the rule off.
rule_overrides = Table(
    "rule_overrides",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("off", Boolean, nullable=False),
    Column("source", Text),
    # The version of the file that the edit began from; "" when there was none.
    Column("based_on", Text, nullable=False),
)

# Every change of a rule, numbered from 1: also those that came with a file.
rule_changes = Table(
    "rule_changes",
    metadata,
    Column("rule", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    # No foreign key: the history outlives the agent. Empty where a file changed.
    Column("agent", Text, nullable=False),
    Column("agent_name", Text, nullable=False),
    PrimaryKeyConstraint("rule", "number"),
)

# Who did what with a shopper's page: made from the log, and beside it for what is done with a recording. Never a value.
audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("site", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # No foreign keys: the audit outlives agents.
    Column("actor_role", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("csa", Text, nullable=False),
    Column("csa_name", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "at", "id"),
    Index(None, "room", "at"),
)

# The six digits that a shopper reads out: of each only a keyed digest, used once.
join_codes = Table(
    "join_codes",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("made_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("used_at", Double),
    Index(None, "room", "made_at"),
    Index(None, "expires_at"),
)

join_tries = Table(
    "join_tries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agent", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index(None, "at"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("csa", Text, nullable=False),
    Column("csa_name", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("parts", Integer, nullable=False),
    Index(None, "room", "started_at"),
    Index(None, "started_at"),
)

# What was masked in the page already: batches as they went to the CSA, each with its time, deflated together.
recording_parts = Table(
    "recording_parts",
    metadata,
    Column("recording", Text, ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("recording", "number"),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("disabled_at", Double),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("agent", Text, ForeignKey("agents.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index(None, "agent"),
    Index(None, "expires_at"),
)

# What signs visitors' tokens on several nodes; no value where a setting of theirs holds it.
secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text),
)
