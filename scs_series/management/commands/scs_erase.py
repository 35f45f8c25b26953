from typing import Any

from django.core.management.base import BaseCommand

from scs_series.services.erasure import finish_erasure, unfinished


class Command(BaseCommand):
    help = "Takes up erasures that were broken off: accounts are closed at once, texts that show the old name follow."

    def handle(self, *args: Any, **options: Any) -> None:
        members = list(unfinished())
        for member in members:
            looked_at = 0
            for rows in finish_erasure(member=member):
                looked_at += rows
                if options["verbosity"] > 1:
                    self.stdout.write(f"{member}: {looked_at}")
            self.stdout.write(f"{member}: {looked_at} rows looked at")
        self.stdout.write(f"{len(members)} finished")
