from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SeriesConfig(AppConfig):
    name = "scs_series"
    label = "scs_series"
    verbose_name = _("Series")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from scs_series import checks, receivers  # noqa: F401  (registers both)
