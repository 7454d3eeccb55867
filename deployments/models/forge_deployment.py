from __future__ import annotations

from django.db import models

from .application import Repository
from .deployment import Deployment
from .person import Person


class ForgeDeployment(models.Model):
    """A deployment that somebody created at GitHub: who, and what became of it here.

    GitHub's number counts once in its repository: it is one deployment here, or none, for ever.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="forge_deployments")
    remote_id = models.PositiveBigIntegerField()
    deployment = models.OneToOneField(
        Deployment, models.CASCADE, null=True, related_name="created_at_forge"
    )
    refusal = models.TextField(blank=True)  # why there is none here, in sentences
    # What was done that makes none: a place was locked. A default of the database's own serves
    # machines of the version before, which write no such column.
    done = models.TextField(blank=True, default="", db_default="")
    refused_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)  # when GitHub is told why; null: no more
    answer_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    base_url = models.CharField(max_length=200)  # of the API, such as https://api.github.com
    uid = models.PositiveBigIntegerField()  # of who created it, as GitHub counts accounts
    login = models.CharField(max_length=100)
    created_at = models.DateTimeField(null=True)  # at GitHub; null where that was not told
    heard_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "remote_id"], name="one_deployment_per_remote_id"
            )
        ]

    def __str__(self) -> str:
        return f"deployment {self.remote_id} of {self.repository}"


class ForgeStranger(models.Model):
    """A person who stands for an account at GitHub that nobody has proved to be theirs.

    It has no way in and no right; pages, threads and the history name it as who asked.
    """

    person = models.OneToOneField(Person, models.CASCADE, related_name="forge_stranger")
    base_url = models.CharField(max_length=200)  # of the API, such as https://api.github.com
    uid = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["base_url", "uid"], name="one_stranger_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.uid} at {self.base_url})"
