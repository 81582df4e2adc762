"""What makes the database itself refuse to change or delete an audit entry.

The migration that creates the table holds these statements as they were then; a test compares.
"""

from typing import Final

from hub.append_only import append_only

TRIGGERS: Final = append_only("audit_entries", ("position",))
