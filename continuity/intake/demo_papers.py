"""What the made-up forms of the demo say, in English and Spanish, and the little PDF that stands for a signed one."""

from datetime import date

INFORMATION = {
    "en": {
        "police": "What helps me and what to be careful of, short notes on my crisis contacts, how to call my team, "
        "and whether the promised follow-up took place.",
        "care_only": "What helps me, my crisis contacts and what the clinicians wrote about them, who treats me, and "
        "where I was referred.",
        "part2_combined": "What helps me, my crisis contacts, my alcohol or drug treatment at New Day Recovery, and "
        "where I was referred.",
    },
    "es": {
        "police": "Lo que me ayuda y con qué hay que tener cuidado, notas breves sobre mis crisis, cómo llamar a mi "
        "equipo y si se hizo el seguimiento prometido.",
        "care_only": "Lo que me ayuda, mis crisis y lo que los profesionales escribieron sobre ellas, quién me atiende "
        "y a dónde me enviaron.",
        "part2_combined": "Lo que me ayuda, mis crisis, mi tratamiento por alcohol o drogas en New Day Recovery y a "
        "dónde me enviaron.",
    },
}
INFORMATION = {
    language: texts | {"police_and_mobile": texts["police"]} for language, texts in INFORMATION.items()
}
REVOCATION = {
    "en": "write to the Privacy Office, 100 Example Way, Kestrel, or hand a note to any member of our staff.",
    "es": "escriba a la Oficina de Privacidad, 100 Example Way, Kestrel, o entregue una nota a cualquier empleado.",
}
LANGUAGES = tuple(REVOCATION)
INTERPRETER = "B. Salcedo-Example, certified interpreter 0000"


def signed_paper(number: str, signed: date) -> bytes:
    """A PDF of one page that says what it stands for; it names nobody."""
    lines = ("Signed form, made up for the demo", f"Form {number}", f"Signed on {signed:%Y-%m-%d}")
    shown = " ".join(f"({line}) Tj 0 -24 Td" for line in lines)
    stream = f"BT /F1 16 Tf 72 700 Td {shown} ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    paper, places = b"%PDF-1.4\n", []
    for count, content in enumerate(objects, 1):
        places.append(len(paper))
        paper += b"%d 0 obj\n%s\nendobj\n" % (count, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    ending = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(paper))
    return paper + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + ending
