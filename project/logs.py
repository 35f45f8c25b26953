"""How the log reads: a line for what happened, and the code's path only to where the code is at fault."""

from __future__ import annotations

import copy
import logging


class LineFormatter(logging.Formatter):
    """Without the traceback of a request that was refused as it should be (403, 404, 405, …).

    Django hands on the exception by which a view refuses; whoever reads the log looks for errors among them.
    """

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info and 400 <= getattr(record, "status_code", 500) < 500:
            record = copy.copy(record)  # others who handle it may want it whole
            record.exc_info = record.exc_text = None
        return super().format(record)
