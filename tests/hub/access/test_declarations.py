"""The declaration of access itself."""

import pytest

from hub.access.service import Role, Stage, anyone, declaration_of, requires


def test_route_without_a_declaration_is_recognised_as_such() -> None:
    assert declaration_of(lambda: None) is None


def test_empty_list_of_roles_is_a_mistake_and_not_open_to_anyone() -> None:
    with pytest.raises(ValueError, match="at least one role"):
        requires()


def test_no_role_includes_another() -> None:
    @requires(Role.REVIEWER)
    def page() -> None: ...

    declared = declaration_of(page)
    assert declared is not None
    assert declared.roles == {Role.REVIEWER}


def test_open_route_says_so() -> None:
    @anyone()
    def page() -> None: ...

    declared = declaration_of(page)
    assert declared is not None
    assert declared.stage is Stage.ANYONE
