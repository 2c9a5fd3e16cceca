"""The reasons of the access policy, in both languages: what a person reads beside each answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule decides as it does, in a sentence for the screen and one for the log."""

    nl: str
    en: str


REASONS: dict[str, Reason] = {
    "A01": Reason(
        "Eigen gegevens van de eigen organisatie, binnen de betrokkenheid.",
        "Data of the own organisation, within the involvement.",
    ),
    "A02": Reason(
        "Klantregisseur: regie over deze inwoner.",
        "Case director: in charge of the help to this client.",
    ),
    "A03": Reason(
        "Recht op uitkering: eigen gegevens van Werk & Inkomen.",
        "Entitlement to benefit: own data of Werk & Inkomen.",
    ),
    "A04": Reason(
        "Nodig voor deze geaccepteerde verwijzing.",
        "Needed for this accepted referral.",
    ),
    "A05": Reason(
        "Afzender ziet hoe het met de eigen verwijzing staat.",
        "The sender sees how its own referral is doing.",
    ),
    "A06": Reason(
        "Deelnemer aan deze casusbespreking, binnen de ingebrachte leefgebieden.",
        "Takes part in this case discussion, within the life domains brought in.",
    ),
    "A07": Reason(
        "Inzage in de eigen gegevens.",
        "Access to one's own data.",
    ),
    "A08": Reason(
        "Beheer van het berichtenverkeer, zonder inhoud.",
        "Operation of the message traffic, without content.",
    ),
    "A09": Reason(
        "Toezicht op wie wat heeft gezien.",
        "Oversight of who has seen what.",
    ),
    "A10": Reason(
        "Koppeling van de eigen organisatie, voor berichten aan of van die organisatie.",
        "The organisation's own system, for messages to or from that organisation.",
    ),
    "A11": Reason(
        "Noodtoegang: kort, met reden, gemeld aan de privacyfunctionaris en de inwoner.",
        "Emergency access: short, with a reason, told to the privacy officer and the client.",
    ),
    "A12": Reason(
        "Aankondiging: er is een verwijzing, zonder naam en inhoud.",
        "Announcement: there is a referral, without name and content.",
    ),
    "A13": Reason(
        "Geanonimiseerde telling, minstens 10 inwoners.",
        "Anonymised count of at least 10 clients.",
    ),
    "A14": Reason(
        "Delen: u mag het zien en de ontvanger mag het voor dit doel zien.",
        "Sharing: you may see it and the recipient may see it for this purpose.",
    ),
    "D00": Reason(
        "Er is geen regel die dit toestaat.",
        "No rule allows this.",
    ),
    "D01": Reason(
        "Handhaving krijgt uit Schakel nooit gegevens; toestemming of nood verandert dat niet.",
        "Enforcement never gets data from Schakel; consent or emergency does not change that.",
    ),
    "D02": Reason(
        "Voor inkomen mag alleen contact, BSN, processtatus en financiën van Werk & Inkomen zelf; "
        "niets uit vrijwillige begeleiding of zorg.",
        "For income only contact, BSN, process status and finances of Werk & Inkomen itself are allowed; "
        "nothing from voluntary guidance or care.",
    ),
    "D03": Reason(
        "Deze rol mag niet onder dit doel werken.",
        "This role may not work for this purpose.",
    ),
    "D04": Reason(
        "U heeft voor deze inwoner ook een pet inkomen of handhaving; begeleidings- en zorggegevens blijven dan dicht.",
        "You also hold an income or enforcement role for this client; data of guidance and care then stays closed.",
    ),
    "D05": Reason(
        "Er is geen lopende betrokkenheid bij deze inwoner.",
        "There is no current involvement with this client.",
    ),
    "D06": Reason(
        "Er is geen geldige grondslag (ontbreekt, verlopen, ingetrokken of past niet bij dit doel).",
        "There is no valid legal ground (missing, expired, withdrawn or not fit for this purpose).",
    ),
    "D07": Reason(
        "Een werkaantekening is alleen voor wie haar schreef.",
        "A working note is only for whoever wrote it.",
    ),
    "D08": Reason(
        "Gezondheidsgegevens gaan nooit naar Werk & Inkomen of een re-integratiepartner.",
        "Health data never goes to Werk & Inkomen or a re-integration partner.",
    ),
    "D09": Reason(
        "Beroepsgeheim: dit verlaat de eigen organisatie alleen met uitdrukkelijke toestemming "
        "voor deze ontvanger en dit soort gegeven.",
        "Professional secrecy: this leaves its own organisation only with explicit consent "
        "for this recipient and this kind of data.",
    ),
    "D10": Reason(
        "Dit hoort niet bij wat voor deze verwijzing en rol nodig is.",
        "This is not part of what this referral and role need.",
    ),
    "D11": Reason(
        "De verwijzing is aangekondigd, nog niet geaccepteerd: alleen de aankondiging is te zien.",
        "The referral is announced, not yet accepted: only the announcement can be seen.",
    ),
    "D12": Reason(
        "De betrokkenheid is geëindigd; de inzagetermijn is voorbij.",
        "The involvement has ended; the term for viewing is over.",
    ),
    "D13": Reason(
        "Beheer ziet berichtgegevens, nooit de inhoud.",
        "An operator sees message data, never the content.",
    ),
    "D14": Reason(
        "De ontvanger mag dit zelf niet inzien; delen via een omweg kan niet.",
        "The recipient may not see this; sharing by a detour is not possible.",
    ),
    "D15": Reason(
        "Deze inwoner hoort bij een andere gemeente.",
        "This client belongs to another municipality.",
    ),
    "D16": Reason(
        "Alleen de organisatie die het gegeven vastlegde mag het wijzigen of verder delen.",
        "Only the organisation that recorded the data may change it or pass it on.",
    ),
    "D17": Reason(
        "De inwoner heeft bezwaar gemaakt; verwerking is beperkt tot het besluit.",
        "The client has objected; processing is restricted until the decision.",
    ),
    "D18": Reason(
        "Noodtoegang geldt niet voor dit doel, deze rol of dit soort gegeven.",
        "Emergency access does not hold for this purpose, this role or this kind of data.",
    ),
    "D19": Reason(
        "Eigen dossier of dat van een naaste: alleen via een collega.",
        "Your own file or that of somebody close to you: only through a colleague.",
    ),
    "D20": Reason(
        "Voor toezicht zijn logregels genoeg; inhoud niet.",
        "For oversight log records are enough; content is not needed.",
    ),
}
