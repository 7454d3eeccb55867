"""Keys and secrets: written by people, read only to deploy."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from deployments import changes, rights, vault
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, Person, Secret, SshKey
from deployments.models.names import variable
from deployments.runner import keys
from deployments.runner.masking import SHORTEST
from deployments.selectors.secrets import secrets_of

LONGEST = 64_000
# What scripts on hosts go by; a secret called so would turn them upside down.
TAKEN = frozenset(
    {
        "HOME",
        "PATH",
        "IFS",
        "PWD",
        "ENV",
        "work",
        "ssh",
        "root",
        "name",
        "sha",
        "release",
        "upload",
        "keep",
    }
    | {"partial", "link", "folder", "old", "UID", "EUID", "PPID", "OPTIND", "TAR_OPTIONS", "GZIP"}
    | {"LD_PRELOAD", "LD_LIBRARY_PATH", "PERL5OPT", "PERL5LIB", "BASH_ENV", "SHELLOPTS"}
)


def make_key(environment: Environment, person: Person) -> SshKey:
    """Make an Ed25519 key for the environment, in place of the one it may have."""
    pair = keys.generate(comment=f"shipmate {environment}")
    return _keep_key(environment, pair, person, "key.made")


def give_key(environment: Environment, private: str, person: Person) -> SshKey:
    """Take a private key that somebody gives; it is never shown again."""
    pair = keys.read(private, comment=f"shipmate {environment}")
    return _keep_key(environment, pair, person, "key.given")


def private_key(environment: Environment) -> str:
    """Return the private half, to sign in to the environment's hosts."""
    return vault.decrypt(environment.ssh_key.private_encrypted)


def set_secret(
    name: str,
    value: str,
    person: Person,
    *,
    application: Application | None = None,
    environment: Environment | None = None,
) -> Secret:
    """Keep a secret for an application or one of its environments, in place of the one before."""
    scope = environment or application
    rights.require(person, "configure", scope)
    _check(name, value)
    mark = vault.fingerprint(value)
    with transaction.atomic():
        secret, _ = Secret.objects.update_or_create(
            application=application,
            environment=environment,
            name=name,
            defaults={"value_encrypted": vault.encrypt(value), "fingerprint": mark},
        )
        _record("secret.set", person, scope, name, mark)
    return secret


def remove_secret(secret: Secret, person: Person) -> None:
    scope = secret.environment or secret.application
    rights.require(person, "configure", scope)
    with transaction.atomic():
        _record("secret.removed", person, scope, secret.name)
        secret.delete()


def values(environment: Environment) -> dict[str, str]:
    """Return the secrets in clear, to be sent to hosts and masked in what they print."""
    return {
        secret.name: vault.decrypt(secret.value_encrypted) for secret in secrets_of(environment)
    }


def _check(name: str, value: str) -> None:
    try:
        variable(name)
    except ValidationError as error:
        raise Invalid(f"“{name}” is no name for a secret. {error.message}") from None
    if name in TAKEN or name.startswith("SHIPMATE_"):
        raise Invalid(f"“{name}” has a meaning of its own in commands; choose another name.")
    if len(value) < SHORTEST:
        raise Invalid(
            f"A secret has at least {SHORTEST} characters; shorter ones cannot be masked."
        )
    if len(value) > LONGEST or "\x00" in value:
        raise Invalid(f"A secret has at most {LONGEST} characters and no NUL among them.")


def _keep_key(environment: Environment, pair: keys.KeyPair, person: Person, verb: str) -> SshKey:
    rights.require(person, "configure", environment)
    with transaction.atomic():
        key, _ = SshKey.objects.update_or_create(
            environment=environment,
            defaults={
                "public": pair.public,
                "fingerprint": pair.fingerprint,
                "private_encrypted": vault.encrypt(pair.private),
            },
        )
        _record(verb, person, environment, pair.fingerprint)
    return key


def _record(
    verb: str, person: Person, scope: Environment | Application | None, subject: str, new: str = ""
) -> None:
    changes.record(
        verb,
        person=person,
        via="web",
        environment=scope if isinstance(scope, Environment) else None,
        application=scope if isinstance(scope, Application) else None,
        subject=subject,
        new=new,
    )
