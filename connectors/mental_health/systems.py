"""The identifier and code systems that this dialect uses, and the words that belong to them."""

from schemas.vocabulary import Gender, Urgency

# Dutch national systems (nl-core, zib2020) and HL7's own.
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
URA = "http://fhir.nl/fhir/NamingSystem/ura"
AGB = "http://fhir.nl/fhir/NamingSystem/agb-z"
KVK = "http://fhir.nl/fhir/NamingSystem/kvk"
OIN = "http://fhir.nl/fhir/NamingSystem/oin"
UZI = "http://fhir.nl/fhir/NamingSystem/uzi"
MUNICIPALITY = "http://fhir.nl/fhir/NamingSystem/gemeentecode"
URI = "urn:ietf:rfc:3986"
TASK_CODE = "http://hl7.org/fhir/CodeSystem/task-code"
AVG_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NL_CORE_PATIENT = "http://nictiz.nl/fhir/StructureDefinition/nl-core-Patient"

# Our own. A partner that knows them gives us back more than FHIR's states can say.
OUR_MESSAGE = "urn:nl:schakel:message"
OUR_REFERRAL = "urn:nl:schakel:referral"
OUR_NUMBER = "urn:nl:schakel:referral-number"
OUR_STATUS = "urn:nl:schakel:referral-status"
OUR_KIND = "urn:nl:schakel:message-kind"
OUR_ORGANISATION = "urn:nl:schakel:organisation"
OUR_CLIENT = "urn:nl:schakel:client-reference"
OUR_CONTENT = "urn:nl:schakel:referral-content"
OUR_DOMAIN = "urn:nl:schakel:life-domain"
OUR_OUTCOME = "urn:nl:schakel:outcome"
OUR_BASIS = "urn:nl:schakel:legal-basis"
OUR_PURPOSE = "urn:nl:schakel:purpose"
OUR_LIST = "urn:nl:schakel:list:"
OUR_RECEIPT = "urn:nl:schakel:receipt-reference"
OUR_SYSTEMS = frozenset({OUR_REFERRAL, OUR_NUMBER})

# How an address book names a system, most specific for health care first: the order in which we write.
ORGANISATION_SYSTEMS = {
    "ura": URA,
    "agb": AGB,
    "kvk": KVK,
    "oin": OIN,
    "gemeentecode": MUNICIPALITY,
    "uzi": UZI,
}
SHORT_NAMES = {system: name for name, system in ORGANISATION_SYSTEMS.items()}

# HumanName extensions of nl-core (zib NameInformation) and the kinds of given name of ISO 21090.
OWN_NAME = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"
OWN_PREFIX = "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix"
PARTNER_NAME = "http://hl7.org/fhir/StructureDefinition/humanname-partner-name"
QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
INITIAL, BIRTH_NAME, CALL_NAME = "IN", "BR", "CL"

GENDERS = {gender.value: gender for gender in Gender}
URGENCIES = {
    "routine": Urgency.ROUTINE,
    "urgent": Urgency.URGENT,
    "asap": Urgency.TODAY,
    "stat": Urgency.TODAY,
}
PRIORITIES = {Urgency.ROUTINE: "routine", Urgency.URGENT: "urgent", Urgency.TODAY: "asap"}

# A CodeableConcept that has words but no code: Coded needs a code, this one says that there was none.
WORDS_ONLY = "text"
