from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import models


class VerifiedAddress(models.Model):
    """An e-mail address that who vouches for an account has verified to be its owner's.

    It tells whose commits these are. It lets nobody in, and nothing is ever sent to it.
    """

    account = models.ForeignKey(SocialAccount, models.CASCADE, related_name="addresses")
    address = models.CharField(max_length=254, db_index=True)  # in small letters

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "address"], name="one_address_once_per_account"
            ),
        ]

    def __str__(self) -> str:
        return self.address
