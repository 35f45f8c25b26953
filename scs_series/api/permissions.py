"""Who may write at all. What somebody may do to one thing is the policy's answer, which the services ask."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class ReadForAllWriteForMembers(BasePermission):
    """Anybody reads what is visible to them; visitors who write are told to sign in, not that they may not."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or request.user.is_authenticated


__all__ = ["ReadForAllWriteForMembers"]
