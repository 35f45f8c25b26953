import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from scs_series.services.outbox import Done, work_off


class Command(BaseCommand):
    help = "Tells members and sends mail: does what is due in the outbox, then ends. For cron, or with --loop as a service."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Keep on; look again when nothing is due.")
        parser.add_argument(
            "--pause", type=float, default=5, help="Seconds between two looks with --loop (5)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._is_over = False
        if options["loop"]:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, self._end)
        while True:
            try:
                done = self._work()
            except DatabaseError as error:
                if not options["loop"]:
                    raise
                # The database may be away for a moment; what was begun is begun again.
                self.stderr.write(str(error))
                done = Done()
            if not options["loop"]:
                self.stdout.write(_in_words(done))
                return
            if done:
                self.stdout.write(_in_words(done))
            for _tenth in range(max(1, int(options["pause"] * 10))):
                if self._is_over:
                    return
                time.sleep(0.1)

    def _work(self) -> Done:
        close_old_connections()
        return work_off(progress=self._tell, stops=lambda: self._is_over)

    def _tell(self, done: Done) -> None:
        if self._tells_progress:
            self.stderr.write(f"  {_in_words(done)}", ending="\r")
            self.stderr.flush()

    def execute(self, *args: Any, **options: Any) -> Any:
        # A terminal sees how far it is; a log gets one line in the end.
        self._tells_progress = options["verbosity"] > 0 and bool(getattr(self.stderr, "isatty", bool)())
        return super().execute(*args, **options)

    def _end(self, *args: Any) -> None:
        self._is_over = True


def _in_words(done: Done) -> str:
    return f"{done.told} told, {done.sent} sent, {done.skipped} not wanted any more, {done.failed} failed"
