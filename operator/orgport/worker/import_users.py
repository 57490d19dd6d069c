"""Members of the imported organization: accounts found by e-mail, and those that are made for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pymongo.errors import DuplicateKeyError

from orgport.browsertrix.organization import members
from orgport.browsertrix.scalars import to_uuid
from orgport.stores.lookups import SECONDARY, find_like
from orgport.stores.mongo import Database
from orgport.stores.receipts import Held

USERS = "users"
ROUNDS = 3
"""How often accounts are looked for: somebody may make one meanwhile."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Member:
    """A member as the export names them."""

    source: UUID
    name: str
    email: str
    role: int


@dataclass(frozen=True)
class Account:
    """What became of a member. `fate`: created, matched or skipped."""

    member: Member
    id: UUID | None
    fate: str

    def row(self) -> dict[str, Any]:
        """For the report."""
        member = self.member
        found = {"email": member.email, "name": member.name, "role": member.role, "account": self.fate}
        return {**found, "id": str(self.id)} if self.id else found


@dataclass
class Accounts:
    """What became of all members."""

    accounts: list[Account] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def mapping(self) -> dict[UUID, UUID]:
        """From the source's user ids to the target's."""
        return {each.member.source: each.id for each in self.accounts if each.id is not None}

    @property
    def members(self) -> dict[str, int]:
        """The organization's members by the target's ids; who had two accounts has the higher of their roles."""
        roles: dict[str, int] = {}
        for each in self.accounts:
            if each.id is not None:
                roles[str(each.id)] = max(each.member.role, roles.get(str(each.id), 0))
        return roles

    def count(self, fate: str) -> int:
        return sum(each.fate == fate for each in self.accounts)


def members_of(organization: dict[str, Any]) -> tuple[list[Member], list[str]]:
    """The members that the export names, and why others are left out."""
    found, problems = [], []
    rows = members(organization)
    if nameless := len(organization.get("userDetails") or ()) - len(rows):
        problems.append(f"{nameless} members are left out: no id, no e-mail address, or named twice")
    for row in rows:
        email = row["email"].strip().lower()
        try:
            source = to_uuid(row["id"])
        except ValueError:
            problems.append(f"member {email} is left out: {row['id']!r} is no id")
            continue
        if _EMAIL.fullmatch(email):
            found.append(Member(source, row["name"] or email, email, row["role"]))
        else:
            problems.append(f"member {source} is left out: {email!r} is no e-mail address")
    return found, problems


@dataclass
class Registrar:
    """Finds and makes accounts. Each intended id is in the receipt before its account is in the database."""

    database: Database
    held: Held
    hashed_password: str
    """Of a password that nobody knows: who gets an account has to ask for a reset."""
    makes_accounts: bool

    async def register(self, organization: dict[str, Any]) -> Accounts:
        """See that every member has an account, or is left out if none are to be made."""
        members, problems = members_of(organization)
        found = Accounts(warnings=problems)
        for _ in range(ROUNDS):
            found.accounts = [await self._account(member) for member in members]
            lacking = [each for each in found.accounts if each.id is None]
            if not lacking or not self.makes_accounts:
                return found
            await self._make([each.member for each in lacking])
        found.accounts = [await self._account(member) for member in members]
        return found

    async def _account(self, member: Member) -> Account:
        projection = {"id": 1, "email": 1}
        rows = await find_like(self.database, USERS, "email", member.email, SECONDARY, projection)
        if not rows:
            return Account(member, None, "skipped")
        # Two accounts may differ in nothing but case; the one that is written alike is the one that logs in.
        row = next((row for row in rows if row["email"] == member.email), rows[0])
        return Account(member, row["id"], "created" if row["id"] in self._intended() else "matched")

    def _intended(self) -> set[UUID]:
        return {entry["id"] for entry in self.held.receipt.users}

    async def _make(self, members: Sequence[Member]) -> None:
        by_email = {member.email: member for member in members}
        intents = await self._intend(list(by_email.values()))
        for email, member in by_email.items():
            await self.held.may_write()
            document = {
                "id": intents[email],
                "name": member.name,
                "email": email,
                "is_superuser": False,
                "is_verified": False,
                "hashed_password": self.hashed_password,
            }
            with self.database.translated():
                try:
                    await self.database.collection(USERS).insert_one(document)
                except DuplicateKeyError:
                    # Somebody made it at this moment: the next round finds it.
                    continue

    async def _intend(self, members: Sequence[Member]) -> dict[str, UUID]:
        intended = {entry["email"]: entry["id"] for entry in self.held.receipt.users}
        fresh = [
            {"source": member.source, "id": uuid4(), "email": member.email}
            for member in members
            if member.email not in intended
        ]
        if fresh:
            await self.held.record(users=[*self.held.receipt.users, *fresh])
        return {entry["email"]: entry["id"] for entry in self.held.receipt.users}
