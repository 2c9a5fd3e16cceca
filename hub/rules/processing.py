"""What is kept of people, thing by thing: of whom, what for, who reads it, how long, and in which tables.

The register of processing (AVG article 30) is written from this table. A test holds that every table of the database
stands in it, so nothing is kept that the register doesn't name.
"""

from dataclasses import dataclass

_POLICY = "whom the access policy lets in"
_CASE = "with the case"


@dataclass(frozen=True, kw_only=True)
class Processing:
    """One thing that is kept: in words, and the tables in which it stands."""

    what: str
    of_whom: str
    why: str
    readers: str
    kept: str
    tables: frozenset[str]


def _kept_in(*tables: str) -> frozenset[str]:
    return frozenset(tables)


PROCESSINGS = (
    Processing(
        what="person, own story, regisseur",
        of_whom="client",
        why="to know who is helped, and by whom",
        readers=_POLICY,
        kept="`case`",
        tables=_kept_in("clients", "cases"),
    ),
    Processing(
        what="referrals: what is asked, which fields were shared, on which ground, how it went",
        of_whom="client",
        why="to ask another organisation for help",
        readers=_POLICY,
        kept="`content`; what is left of it `case`",
        tables=_kept_in("referrals", "releases", "timeline"),
    ),
    Processing(
        what="consent: asked, given, refused, withdrawn",
        of_whom="client",
        why="to share only what the client finds good, and to show that later",
        readers="regisseur, and the sender of what it shared",
        kept="the step stays as evidence; its words go with the case",
        tables=_kept_in("consent_events"),
    ),
    Processing(
        what="life domains (scores), goals, steps, agreements, decisions, conversation",
        of_whom="client; who wrote it, who does it",
        why="one plan that all who help can see",
        readers=f"{_POLICY}, or fewer where the writer chose",
        kept=_CASE,
        tables=_kept_in("case_items"),
    ),
    Processing(
        what="contact: when and how the client was spoken, and what was said",
        of_whom="client; who wrote it",
        why="to know who is out of sight",
        readers=f"{_POLICY}, or fewer where the writer chose",
        kept=_CASE,
        tables=_kept_in("case_items"),
    ),
    Processing(
        what="appointments: what, where, with whom; given out as a calendar file without the client's name",
        of_whom="client; who planned it",
        why="to meet",
        readers=f"{_POLICY}, or fewer where the writer chose",
        kept=f"{_CASE}; a calendar file is with who took it",
        tables=_kept_in("case_items"),
    ),
    Processing(
        what="documents, judged before they are kept",
        of_whom="client, and who is named in them",
        why="letters that would get lost elsewhere",
        readers=f"{_POLICY}, or fewer where the writer chose; each taking is logged",
        kept=f"{_CASE}; one that was taken away too",
        tables=_kept_in("case_items", "document_bodies"),
    ),
    Processing(
        what="notes for oneself",
        of_whom="client; who wrote it",
        why="a reminder",
        readers="the writer alone",
        kept=_CASE,
        tables=_kept_in("case_items"),
    ),
    Processing(
        what="case discussions: the question, who sits at the table, notes, what was agreed; without a name where the "
        "client was not asked",
        of_whom="client; who takes part",
        why="to find help together",
        readers="the table, each what the own organisation may see; a seat ends two weeks after the meeting",
        kept=f"{_CASE}; date and place of the meeting stay",
        tables=_kept_in("meetings", "attendances", "case_items"),
    ),
    Processing(
        what="visits: how far somebody read a case, and when last",
        of_whom="who works with it",
        why="to tell what is new since",
        readers="that person alone",
        kept=_CASE,
        tables=_kept_in("visits"),
    ),
    Processing(
        what="alerts: that somebody was named, answered or asked; where, and no word of what",
        of_whom="who works with it",
        why="to know that a colleague waits",
        readers="that person alone",
        kept=_CASE,
        tables=_kept_in("alerts"),
    ),
    Processing(
        what="words by which a client is found, hashed with a key",
        of_whom="client",
        why="to search names that nobody can read in the database",
        readers="nobody; a search finds only what the policy shows",
        kept=_CASE,
        tables=_kept_in("search_words"),
    ),
    Processing(
        what="messages to and from partners, as mapped, sent, received and answered",
        of_whom="client",
        why="to carry a referral to another system, once",
        readers=f"{_POLICY}; the operator when and where, never what",
        kept="`content`, `payload`, `messages`, `memory`",
        tables=_kept_in("outbox", "inbox", "intake", "wire", "idempotency"),
    ),
    Processing(
        what="digests: which referrals both sides have open",
        of_whom="client, by reference",
        why="to find what got lost between two systems",
        readers="operator, by reference",
        kept="`digests`",
        tables=_kept_in("digests", "differences"),
    ),
    Processing(
        what="emergency access, objections, files closed to somebody",
        of_whom="client; who asked",
        why="to help in a crisis, to halt where the client objects",
        readers="privacy officer; the client is told",
        kept=_CASE,
        tables=_kept_in("emergencies", "objections", "closed_files"),
    ),
    Processing(
        what="requests of clients: access, correction, erasure; holds, previews, tombstones",
        of_whom="client, by reference; who asked and decided",
        why="the rights of the client",
        readers="privacy officer, regisseur, the owner of what is to be corrected",
        kept="`evidence`, or with the case",
        tables=_kept_in(
            "disclosures",
            "corrections",
            "correction_notices",
            "erasures",
            "legal_holds",
            "retention_previews",
            "tombstones",
        ),
    ),
    Processing(
        what="who saw or did what, and the verdicts on it",
        of_whom="who looked; client by pseudonym",
        why="to show that nobody looks without a task",
        readers="privacy officer, regisseur of the own clients",
        kept="`audit`",
        tables=_kept_in("audit_records", "audit_chains", "audit_checkpoints", "audit_reviews"),
    ),
    Processing(
        what="accounts and posts; the address for a mail that says that something waits, and nothing of what",
        of_whom="who signs in",
        why="to let in whom one knows",
        readers="operator, who manages the organisation; the address that person alone",
        kept="as long as the account; a blocked one stays, since the log names it. The address until it is taken away",
        tables=_kept_in("people", "posts", "recovery_codes"),
    ),
    Processing(
        what="sessions, with the kind of browser and a hash of the address; tries to sign in",
        of_whom="who signs in",
        why="to see and end sessions, to slow down who guesses",
        readers="that person, the operator",
        kept="30 days after the end of a session, or the last try",
        tables=_kept_in("sessions", "throttles"),
    ),
    Processing(
        what="systems of organisations and their keys; keys of content; how much room a service has",
        of_whom="nobody",
        why="to run the hub",
        readers="operator, never a key; room is told to who refers",
        kept="until replaced",
        tables=_kept_in(
            "api_clients",
            "api_client_keys",
            "spent_ids",
            "case_keys",
            "destroyed_keys",
            "signing_keys",
            "capacities",
        ),
    ),
)
