from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from scs_series.services.maintenance import raise_everything, render_all


class Command(BaseCommand):
    help = (
        "Renders all stored text again: after an upgrade, a change of templates, of addresses or of language."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        seen: Counter[str] = Counter()
        changed: Counter[str] = Counter()
        for what, differed in render_all():
            seen[what] += 1
            changed[what] += differed
            if options["verbosity"] and seen[what] % 500 == 0:
                self.stdout.write(f"{what}: {seen[what]}")
        raise_everything()
        for what, count in seen.items():
            self.stdout.write(f"{what}: {count} rendered, {changed[what]} differ")
