"""Our own signal handlers, thin. apps.ready() imports this module."""

from django.core.signals import request_finished, request_started

from scs_series import tasks
from scs_series.services import outbox

outbox.noted.connect(tasks.outbox_noted, dispatch_uid="scs_series.outbox.noted")
request_started.connect(tasks.request_began, dispatch_uid="scs_series.tasks.request_began")
request_finished.connect(tasks.request_ended, dispatch_uid="scs_series.tasks.request_ended")
