"""The print page as PDF, where the optional extra is installed (requirements-pdf.txt); fetches nothing."""

from functools import cache
from html import escape
from typing import Any

_STYLE = "@page { size: letter; margin: 2cm } body { font: 14pt/1.4 sans-serif; white-space: pre-wrap }"


@cache
def _library() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError):  # OSError: the wheel is there, Pango is not
        return None
    return weasyprint


def is_installed() -> bool:
    """Whether PDFs can be made here; the print page works either way."""
    return _library() is not None


def pages_of(text: str, *, language: str, title: str) -> bytes:
    """A PDF of plain text, tagged for screen readers (PDF/UA-1)."""

    def refuse(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        raise ValueError("a form loads nothing")

    page = (
        f'<!doctype html><html lang="{escape(language)}"><head><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{escape(text)}</body></html>"
    )
    made: bytes = _library().HTML(string=page, url_fetcher=refuse).write_pdf(pdf_variant="pdf/ua-1")
    return made
