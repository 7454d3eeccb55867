"""Accounts of chats outside, and how one is tied to a person: by proof on both sides.

The account asks for a one-time address; who opens it signs in anew, sees which account asks, and
gets a word; the account types the word back.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from bots.models import ChatAccount, ChatConnection, LinkRequest
from bots.portraits import outside
from deployments import changes, rights
from deployments.exceptions import Invalid
from deployments.models import Person

LASTS = timedelta(minutes=10)
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"


def known(connection: ChatConnection, external_id: str, name: str) -> ChatAccount:
    """Return the account of this id, under the name that it has now."""
    found, _ = ChatAccount.objects.select_related("person").get_or_create(
        connection=connection, external_id=external_id, defaults={"name": name}
    )
    if name and found.name != name:
        found.name = name
        ChatAccount.objects.filter(pk=found.pk).update(name=name)
    found.connection = connection
    return found


def person_of(account: ChatAccount) -> Person:
    """Return who speaks: never more than the connection's ceiling, and nobody if not linked."""
    person = account.person
    if person is None or not person.is_active:
        return Person(username=account.name, name=account.name)
    person.ceiling = account.connection.ceiling
    return person


def ask(account: ChatAccount) -> str:
    """Return a one-time address for this account; an earlier one is of no use any more."""
    if account.person is not None:
        raise Invalid(f"This account is {account.person}’s already. To untie it: forget me")
    secret = secrets.token_urlsafe(24)
    made = {"digest": _digest(secret), "asked_at": timezone.now(), "person": None, "word": ""}
    LinkRequest.objects.update_or_create(account=account, defaults=made)
    return outside() + reverse("chat-link", args=[secret])


def asked(secret: str) -> LinkRequest:
    """Return the request that an address belongs to, while it lasts."""
    related = ("account__connection", "account__person")
    found = LinkRequest.objects.select_related(*related).filter(digest=_digest(secret)).first()
    if found is None or _is_over(found):
        raise Invalid("This address is of no use any more. Say “link” to the bot again.")
    return found


def agree(request: LinkRequest, person: Person) -> str:
    """Note who opened the address, and return the word that the account must type back."""
    if request.person_id not in (None, person.pk):
        raise Invalid("Somebody else has opened this address. Say “link” to the bot again.")
    word = request.word or "-".join(_signs(4) for _ in range(2))
    LinkRequest.objects.filter(pk=request.pk).update(person=person, word=word)
    return word


def prove(account: ChatAccount, word: str) -> Person:
    """Tie the account to who got this word. One word counts once."""
    with transaction.atomic():
        rows = LinkRequest.objects.select_for_update(of=("self",)).select_related("person")
        request = rows.filter(account=account).first()
        is_right = request is not None and hmac.compare_digest(
            (request.word or secrets.token_hex()).encode(), word.lower().encode()
        )
        if request is None or request.person is None or not is_right or _is_over(request):
            raise Invalid("That is not the word that the page showed, or its time is over.")
        _tie(account, request.person)
        request.delete()
    return request.person


def forget(account: ChatAccount, by: Person) -> None:
    """Untie it. Its owner may, and whoever administers."""
    if account.person_id != by.pk:
        rights.require(by, "administer")
    with transaction.atomic():
        was = account.person
        ChatAccount.objects.filter(pk=account.pk).update(person=None, linked_at=None)
        LinkRequest.objects.filter(account=account).delete()
        old = str(was or "")
        changes.record("account.unlinked", person=by, via="chat", subject=str(account), old=old)
    account.person = None


def _tie(account: ChatAccount, person: Person) -> None:
    ChatAccount.objects.filter(pk=account.pk).update(person=person, linked_at=timezone.now())
    account.person = person
    changes.record(
        "account.linked", person=person, via="chat", subject=str(account), new=str(person)
    )


def _is_over(request: LinkRequest) -> bool:
    return timezone.now() - request.asked_at > LASTS


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _signs(count: int) -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(count))
