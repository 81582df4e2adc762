"""Staff of a test's unit, whose PINs are known here."""

from edge_agent.kiosk.staff import LockedOutError, Member, WrongPinError

PIN = "482915"
AMINA = Member("m-amina", "Amina Khatun", frozenset({"intake", "found"}))
GUARD = Member("m-guard", "Rafiq Islam", frozenset())
LOCKED = Member("m-locked", "Sunita Rai", frozenset({"intake"}))


class KnownStaff:
    """Three people: one of them has no role, and one is locked out."""

    def members(self) -> tuple[Member, ...]:
        return AMINA, GUARD, LOCKED

    def sign_in(self, member_id: str, pin: str) -> Member:
        if member_id == LOCKED.id:
            raise LockedOutError("Too many wrong PINs.", 90)
        for member in (AMINA, GUARD):
            if (member.id, PIN) == (member_id, pin):
                return member
        raise WrongPinError("The PIN is not right.")
