"""Invite the first administrator of an agency, or one anew where none can get in any more; print the link once."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from continuity.agencies.first_administrator import invite_administrator
from continuity.errors import DomainError


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("agency_code")
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="as colleagues read it")
        parser.add_argument("--email", default="", help="work e-mail")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token = invite_administrator(
                agency_code=options["agency_code"],
                username=options["username"],
                display_name=options["name"],
                work_email=options["email"],
                at=timezone.now(),
            )
        except DomainError as refused:
            raise CommandError(refused.detail) from None
        except ValidationError as wrong:
            raise CommandError(" ".join(wrong.messages)) from None
        self.stdout.write(f"{settings.SITE_URL.rstrip('/')}{reverse('invitation', args=[token])}")
        self.stdout.write("Good once, for 72 hours. It is not shown again.")
