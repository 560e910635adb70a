"""What this door refuses to start with."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def refuse_demo_on_the_net(**_: Any) -> list[CheckMessage]:
    """A demonstration shows codes on its pages: never where a site is reached over https, that is, by others."""
    if settings.DEMO and not settings.INSECURE_COOKIES:
        return [
            Error(
                "DEMO shows second factors on the page and is for one's own machine alone.",
                hint="Set DEMO=false, or INSECURE_COOKIES=true where only a demonstration runs.",
                id="entry.E001",
            )
        ]
    return []
