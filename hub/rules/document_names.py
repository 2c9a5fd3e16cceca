"""What a document may be called: a plain name that says what kind of file it is, and nothing that a computer obeys."""

import unicodedata

LONGEST = 120
_FORBIDDEN = frozenset('<>:"|?*\\/')
_NAMELESS = "document"


def clean_name(given: str) -> str:
    """Give a name as it is kept: without folders, without signs that nobody sees or that turn the text around."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(
        "-" if sign in _FORBIDDEN else " " if sign.isspace() else sign
        for sign in unicodedata.normalize("NFC", last)
        if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    stem, dot, suffix = " ".join(plain.split()).strip(". ").rpartition(".")
    if not dot:
        return suffix[:LONGEST].strip() or _NAMELESS
    return f"{stem.strip('. ')[: LONGEST - len(suffix) - 1].strip() or _NAMELESS}.{suffix}"


def suffix_of(name: str) -> str:
    """Give what a name says of the kind of file, in small letters: ``pdf``; nothing where it says nothing."""
    stem, dot, suffix = name.rpartition(".")
    return suffix.strip().lower() if dot and stem else ""


def renamed(old: str, wanted: str) -> str:
    """Give a document another name; of what kind of file it is does not change with it."""
    kept = old.rpartition(".")[2]
    name = clean_name(wanted)
    return name if suffix_of(name) == kept.lower() else clean_name(f"{name}.{kept}")
