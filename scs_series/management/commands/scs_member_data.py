from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scs_series.models import Member
from scs_series.services.own_data import data_of


class Command(BaseCommand):
    help = "Prints everything the app holds about one member, as JSON: what they may download themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="The member's public username.")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.select_related("user").filter(username=options["username"]).first()
        if member is None:
            raise CommandError(f"There is no member {options['username']!r}.")
        for piece in data_of(member):
            self.stdout.write(piece, ending="")
