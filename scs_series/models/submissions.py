"""Submission: the key of a create, and what it made."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from scs_series.models.members import Member


class Submission(models.Model):
    """A series, part or tag that was made under a key of the client's choice: sent again, it is not made again."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    made_id = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("member", "kind", "key"), name="scs_submission_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.made_id}: {self.key}"
