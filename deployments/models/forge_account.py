from __future__ import annotations

from django.db import models

from .person import Person


class ForgeAccount(models.Model):
    """An account at GitHub that is proven to be a person's. Written by that proof alone.

    It is known by GitHub's number: a login may be renamed, and then belong to somebody else.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="forge_accounts")
    base_url = models.CharField(max_length=200)  # of the API, such as https://api.github.com
    uid = models.PositiveBigIntegerField()
    login = models.CharField(max_length=100)  # as it was called at the last sign-in
    linked_at = models.DateTimeField(auto_now_add=True)
    # When it last was a member's, where settings ask for members; null: it is not known to be.
    member_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["base_url", "uid"], name="one_person_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.login} at {self.base_url}"
