"""The print page as PDF, where the optional extra is installed (requirements-pdf.txt); fetches nothing."""

from functools import cache
from html import escape
from typing import Any

_STYLE = """
@page { size: letter; margin: 2cm } body { font: 12pt/1.4 sans-serif } .plain { font-size: 14pt; white-space: pre-wrap }
h1 { font-size: 18pt } h2 { font-size: 14pt; margin-top: 18pt } h3, h4 { font-size: 12pt; margin: 12pt 0 2pt }
h2, h3, h4 { break-after: avoid } .told { break-inside: avoid } .told .told { margin-left: 16pt }
dl { margin: 0 } dl > div { display: flex; gap: 12pt } dt { flex: 0 0 110pt; color: #444 } dd { flex: 1; margin: 0 }
dd { white-space: pre-wrap }
"""


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
    return pages_of_html(f'<div class="plain">{escape(text)}</div>', language=language, title=title)


def pages_of_html(body: str, *, language: str, title: str) -> bytes:
    """A PDF of what a template rendered, escaped as templates do; tagged likewise."""

    def refuse(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        raise ValueError("a form loads nothing")

    page = (
        f'<!doctype html><html lang="{escape(language)}"><head><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    made: bytes = _library().HTML(string=page, url_fetcher=refuse).write_pdf(pdf_variant="pdf/ua-1")
    return made
