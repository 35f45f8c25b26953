from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scs_series.services.counts import recount, wrong_counts


class Command(BaseCommand):
    help = "Counts everything anew, reports which stored counts differed and mends them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Report only; exit with 1 if a count is wrong."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = list(wrong_counts()) if options["check"] else recount()
        for d in differences:
            self.stdout.write(f"{d.model} {d.pk}: {d.field} was {d.stored}, counted {d.counted}")
        self.stdout.write(f"{len(differences)} wrong" + ("" if options["check"] else ", mended"))
        if options["check"] and differences:
            raise SystemExit(1)
