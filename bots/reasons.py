"""Why a message did not go out, in a sentence that administrators may read."""

from __future__ import annotations

import re

from bots.models import ChatConnection
from bots.platforms.contract import Undelivered
from deployments import vault
from deployments.exceptions import DeploymentError

LONGEST = 200
MASK = "[masked]"
# Of an address only the machine is named: names, passwords, paths and queries may be secrets.
ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)(?:[^\s/?#]*@)?([^\s/?#@]*)\S*", re.I)


def reason(error: Exception, connection: ChatConnection | None = None) -> str:
    """Return the sentence; what an unexpected error says is told to nobody."""
    if not isinstance(error, Undelivered):
        return f"Shipmate failed over it ({type(error).__name__}); its log says where."
    text = " ".join(str(error).split())
    secret = _secret(connection)
    if secret:
        text = text.replace(secret, MASK)
    return ADDRESS.sub(r"\1\2", text)[:LONGEST]


def _secret(connection: ChatConnection | None) -> str:
    if connection is None or not connection.secret_encrypted:
        return ""
    try:
        return vault.decrypt(connection.secret_encrypted)
    except DeploymentError:
        return ""
