"""Words for the traffic of messages: what went wrong, what comes next, where books differ."""

from hub.web.translations import Words, gettext

TROUBLE = Words(
    {
        "unreachable": "Hun systeem is niet bereikbaar.",
        "timeout": "Hun systeem geeft geen antwoord.",
        "refused": "Hun systeem weigert het bericht.",
        "malformed": "Het bericht was niet te lezen.",
        "unsupported_version": "Het bericht heeft een versie die wij niet kennen.",
        "cannot_express": "Het bericht past niet in het formaat van de ontvanger.",
        "not_allowed": "De afzender mag dit niet sturen.",
        "too_large": "Het bericht is te groot.",
        "lines_refused": "Een deel van de regels was niet te lezen. De andere regels zijn verwerkt.",
        "cannot_apply": "Het bericht past niet bij de stand van de verwijzing.",
        "unknown_referral": "Wij kennen de verwijzing niet waar het bericht over gaat.",
        "unknown_client": "Wij kennen de inwoner niet waar het bericht over gaat.",
        "fetch_refused": "Hun systeem meldde een wijziging, maar wil die niet laten zien.",
        "fetch_unreachable": "Hun systeem meldde een wijziging, en was daarna niet bereikbaar.",
        "fetch_timeout": "Hun systeem meldde een wijziging, en gaf daarna geen antwoord.",
        "fetch_malformed": "Hun systeem meldde een wijziging die niet te lezen was.",
        "out_of_order": "Het bericht kwam te vroeg: er hoort iets voor te komen.",
        "given_up": "Wij hebben het lang genoeg geprobeerd. Een mens moet nu kijken.",
        "unknown": "Wij weten niet zeker of het bericht is aangekomen.",
    }
)
NEXT_STEPS = Words(
    {
        "unreachable": "Bel de beheerder van de ontvanger. Daarna opnieuw versturen.",
        "timeout": "Bel de beheerder van de ontvanger. Daarna opnieuw versturen.",
        "refused": "Vraag de afzender het veld te verbeteren. Daarna opnieuw versturen.",
        "fetch_refused": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_unreachable": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_timeout": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "fetch_malformed": "Bel de beheerder van de afzender. Daarna opnieuw proberen.",
        "malformed": "Vraag de afzender om een nieuw bericht. Handel dit bericht daarna af.",
        "unsupported_version": "Vraag de afzender om een versie die wij kennen. Daarna opnieuw proberen.",
        "cannot_express": "Vraag de verwijzer het veld aan te passen. Daarna opnieuw versturen.",
        "not_allowed": "Controleer bij de afzender of dit klopt. Handel het bericht daarna af.",
        "too_large": "Vraag de afzender het bericht te splitsen. Handel dit bericht daarna af.",
        "lines_refused": "Vraag de afzender een nieuw bestand met deze regels. Handel dit bestand daarna af.",
        "cannot_apply": "Zoek uit wat de afzender bedoelt. Daarna opnieuw proberen of afhandelen.",
        "unknown_referral": "Zoek uit bij welke verwijzing dit hoort. Daarna opnieuw proberen.",
        "unknown_client": "Vraag de afzender of de gegevens kloppen. Daarna opnieuw proberen.",
        "out_of_order": "Meestal lost dit zichzelf op. Anders opnieuw proberen.",
    }
)
DIFFERENCES = Words(
    {
        "unknown_there": "{who} kent deze verwijzing niet",
        "unknown_here": "Wij kennen deze verwijzing van {who} niet",
        "state": "De stand is bij {who} anders",
        "number": "{who} heeft een ander nummer",
    }
)
DIFFERENCE_STEPS = Words(
    {
        "send_again": "Stuur onze berichten opnieuw: wat er al was, herkent de ander.",
        "take_over": "Neem hun stand over.",
        "ask": "Vraag na wat klopt.",
    }
)
REPAIRS = Words(
    {
        "send_again": "Opnieuw sturen",
        "take_over": "Hun stand overnemen",
        "ask": "Nagevraagd",
        "close": "Sluiten",
    }
)
DIFFERENCE_SAID = Words(
    {
        "send_again": ("De berichten gaan opnieuw", "De ander herkent wat er al was: niets komt dubbel aan."),
        "take_over": (
            "De stand is overgenomen",
            "Het staat bij de verwijzing als iets dat de ander zelf heeft verteld.",
        ),
        "ask": (
            "U heeft het nagevraagd",
            "Dat staat er nu bij, met uw naam. Het verschil blijft staan tot het weg is.",
        ),
        "close": (
            "Het verschil is gesloten",
            "Het komt niet terug zolang er niets verandert. Uw reden blijft bewaard.",
        ),
    },
    at=(0, 1),
)
MESSAGE_KINDS = Words(
    {
        "sent": "Verwijzing",
        "asked": "Vraag",
        "processed": "Ontvangstbevestiging",
        "refused": "Weigering",
        "answered": "Antwoord",
    }
)


def message_words(kind: str | None) -> str:
    """Give what a message is, in one word or two."""
    known = MESSAGE_KINDS.get((kind or "").rpartition(".")[2])
    return known or (gettext("Statusbericht") if kind else gettext("Bericht"))
