"""Which passwords are too easy to guess: short ones, and what many choose, with a year or a sign behind it or not.

The list is made, not copied: the words and names people take, in Dutch and English, with what they put round them.
"""

import re
from enum import StrEnum

SHORTEST = 12
LONGEST = 200
_UNLEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_KEYBOARD = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "abcdefghijklmnopqrstuvwxyz", "01234567890", "qazwsxedc",
    "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "1qaz2wsx3edc4rfv",
)  # fmt: skip
_WORDS = frozenset(
    """
    wachtwoord paswoord password passwort passphrase welkom welcome geheim secret letmein iloveyou ikhouvanjou login
    inloggen toegang access admin administrator beheer beheerder manager gebruiker user root test testen proef demo
    gast guest tijdelijk temporary nieuw new changeme verander default standaard master super hallo hello goedemorgen
    zomer herfst winter lente voorjaar najaar summer spring autumn januari februari maart april mei juni juli augustus
    september oktober november december january february march may june july august october maandag dinsdag woensdag
    donderdag vrijdag zaterdag zondag monday tuesday wednesday thursday friday saturday sunday weekend vakantie kerst
    kerstmis pasen sinterklaas carnaval feest verjaardag holiday christmas
    nederland holland oranje amsterdam rotterdam utrecht denhaag tilburg eindhoven breda groningen arnhem nijmegen
    almere enschede haarlem zwolle maastricht leiden dordrecht zoetermeer amersfoort apeldoorn denbosch brabant limburg
    friesland zeeland gelderland flevoland drenthe overijssel broekhoven reeshof
    ajax feyenoord psv willem voetbal football hockey tennis wielrennen schaatsen dragon monkey shadow sunshine
    princess prinses prins superman batman pokemon starwars football baseball master killer ninja tijger tiger leeuw
    lion hond dog kat cat poes paard horse konijn vogel vlinder butterfly bloem flower roos liefde love schat schatje
    lieverd engel angel moeder vader mama papa oma opa familie family baby kinderen vrienden vriend friend geluk happy
    vrijheid freedom vrede peace muziek music gitaar computer laptop internet windows microsoft office google apple
    samsung facebook instagram netflix koffie coffee thee chocolade chocolate pizza appel banaan aardbei bier kaas
    fiets auto mercedes ferrari porsche toyota yamaha kawasaki trein schip
    gemeente schakel regie regisseur toegangsteam maatschappelijk werk inkomen zorg hulp jeugdzorg verwijzing dossier
    inwoner client klant helpdesk kantoor stadhuis overheid
    jan piet klaas henk kees johan peter thomas daan sem lucas levi finn noah emma julia anna sophie lisa eva sanne
    maria johanna fatima mohammed ahmed michael jennifer jessica daniel robert david anne marieke ingrid linda monique
    zonneschijn regenboog rainbow ster star maan moon zon sun aarde water vuur fire ijs blauw blue rood red groen green
    geel zwart black wit white paars oranje roze mijn onze jouw dit was het is een de van voor mooi beautiful sterk
    """.split()  # noqa: SIM905 - three hundred words read better as a text
)


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    OWN = "own"


def weakness(password: str, *own: str) -> Weakness | None:
    """Give why a password is refused, or nothing; ``own`` are the name and user name of whoever wants it."""
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    folded = password.casefold()
    mine = {part for word in own for part in re.split(r"[\W_]+", word.casefold()) if len(part) >= 3}
    if _made_of(folded, mine | _WORDS) and not _made_of(folded, _WORDS):
        return Weakness.OWN
    if len(set(folded)) < 5 or _repeats(folded) or _on_the_keyboard(folded) or _made_of(folded, _WORDS):
        return Weakness.COMMON
    return None


def _repeats(text: str) -> bool:
    """Whether it is one short piece again and again."""
    return any((text[:size] * len(text))[: len(text)] == text for size in range(1, len(text) // 2 + 1))


def _on_the_keyboard(text: str) -> bool:
    """Whether it is at least two thirds runs of four along a keyboard, an alphabet or the digits."""
    rows = [*_KEYBOARD, *(row[::-1] for row in _KEYBOARD)]
    pieces = {row[place : place + 4] for row in rows for place in range(len(row) - 3)}
    covered = [
        any(text[max(0, at - back) :][:4] in pieces for back in range(4) if at >= back) for at in range(len(text))
    ]
    return sum(covered) * 3 >= len(text) * 2


def _made_of(text: str, words: frozenset[str] | set[str]) -> bool:
    """Whether it is at most two of these words, with digits and signs round and between, leet spelling undone."""
    return any(_pieces(plain, words) <= 2 for plain in (text, _without_leet(text)))


def _without_leet(text: str) -> str:
    """Give a text with its disguised letters back; digits and signs at the ends are no letters."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text).translate(_UNLEET)


def _pieces(text: str, words: frozenset[str] | set[str]) -> int:
    """Give of how few words the letters of a text are made; many where they are not."""
    letters = re.sub(r"[^a-zà-ÿ]+", " ", text).split()
    if not letters:
        return 0
    if sum(len(part) for part in letters if len(part) <= 2) > 3:
        return 99
    total = 0
    for part in (part for part in letters if len(part) > 2):
        if part in words:
            total += 1
        elif any(part[:at] in words and part[at:] in words for at in range(2, len(part) - 1)):
            total += 2
        else:
            return 99
    return total
