"""What makes the database itself refuse to change or delete an audit entry, a node of its tree or a signed head.

The migrations that create the tables hold these statements as they were then; a test compares.
"""

from typing import Final

from hub.append_only import append_only, together

TRIGGERS: Final = together(
    append_only("audit_entries", ("position",)),
    append_only("audit_nodes", ("level", "number")),
    append_only("audit_heads", ("size",)),
)
