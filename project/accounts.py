"""Who somebody is: allauth's backend with fewer queries, allauth's forms in our words."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Permission, User
from django.utils.translation import gettext_lazy as _

from scs_series.prepared import Prepared
from scs_series.services.erasure import remove_user

_user: Prepared[User] = Prepared(lambda pk: User.objects.select_related("scs_member").filter(pk=pk))
_permissions: Prepared[tuple[str, str]] = Prepared(
    lambda user: (
        Permission.objects.filter(user=user)
        .order_by()
        .values_list("content_type__app_label", "codename")
        .union(
            Permission.objects.filter(group__user=user)
            .order_by()
            .values_list("content_type__app_label", "codename")
        )
    )
)


class AuthenticationBackend(AllauthBackend):  # type: ignore[misc]  # allauth carries no types
    """What every page of a member begins with, in two compiled queries instead of four built anew.

    The user comes with their member, and their own permissions with those of their groups (docs/performance.md).
    """

    def get_user(self, user_id: int) -> User | None:
        user = _user.first(pk=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if user_obj.is_active and not user_obj.is_superuser and obj is None and user_obj.pk:
            if not hasattr(user_obj, "_perm_cache"):  # ModelBackend's own, which it forgets with the user
                user_obj._perm_cache = {f"{app}.{name}" for app, name in _permissions(user=user_obj.pk)}
            found: set[str] = user_obj._perm_cache
            return found
        every: set[str] = super().get_all_permissions(user_obj, obj)
        return every


def erase_user(user: User) -> None:
    """For ERASE_USER: what our libraries hold under the account's name and address, and then the account itself."""
    known = {user.get_username().casefold(), *(user.email and [user.email.casefold()])}
    EmailAddress.objects.filter(user=user).delete()
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(username__in=known).delete()
    remove_user(user)


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth carries no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("Username or email address")
        # allauth says "email", and a password manager then offers the wrong thing.
        login.widget.attrs["autocomplete"] = "username"
        self.fields["remember"].label = _("Stay signed in on this device")
