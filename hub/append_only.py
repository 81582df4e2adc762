"""What makes the database itself refuse to change, delete or replace a row, in each database's own language."""

from collections.abc import Mapping, Sequence

Triggers = Mapping[str, Sequence[str]]


def append_only(table: str, *keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Statements, by the dialect's name, after which rows of `table` can only be added.

    `keys`: each set of columns that is unique. SQLite needs them: its INSERT OR REPLACE deletes the old row
    without asking the triggers for deletion.
    """
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
    same_key = " OR ".join("(" + " AND ".join(f"{name} = NEW.{name}" for name in key) + ")" for key in keys)
    replaced = f"EXISTS (SELECT 1 FROM {table} WHERE {same_key})"  # noqa: S608 - the names are our tables' own.
    raise_error = f"BEGIN RAISE EXCEPTION '{table} is append-only'; END"
    call = f"EXECUTE FUNCTION {table}_refuse()"
    return {
        "sqlite": (
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse}; END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {replaced} BEGIN {refuse}; END",
        ),
        "postgresql": (
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raise_error} $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}",
        ),
    }


def append_only_but_words(
    table: str, fixed: Sequence[str], words: Sequence[str], *keys: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """The same, but that the `words` of a row may all be emptied, once and for good; `fixed`: its other columns."""
    plain = append_only(table, *keys)
    emptied = " AND ".join(f"length(NEW.{name}) = 0" for name in words)
    is_same = {"sqlite": "IS", "postgresql": "IS NOT DISTINCT FROM"}
    allowed = {
        dialect: " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in fixed) + f" AND {emptied}"
        for dialect, same in is_same.items()
    }
    before, body = f"BEFORE UPDATE ON {table} ", f"BEGIN RAISE EXCEPTION '{table} is append-only'"
    except_words = f"BEGIN IF TG_OP = 'UPDATE' AND {allowed['postgresql']} THEN RETURN NEW; END IF;"
    return {
        "sqlite": tuple(text.replace(before, f"{before}WHEN NOT ({allowed['sqlite']}) ") for text in plain["sqlite"]),
        "postgresql": tuple(text.replace(body, body.replace("BEGIN", except_words, 1)) for text in plain["postgresql"]),
    }


def together(*parts: Triggers) -> dict[str, tuple[str, ...]]:
    """The statements of several tables as one list for each dialect."""
    dialects = sorted({dialect for part in parts for dialect in part})
    return {dialect: tuple(text for part in parts for text in part.get(dialect, ())) for dialect in dialects}
