"""What goes in the audit log: the verbs of the field, with the letter that NEN 7513 gives them."""

from enum import StrEnum


class Deed(StrEnum):
    """What was done with a person's data, or with the hub that holds them."""

    CASE_VIEW = "case.view"
    CASE_ENTRIES = "case.entries"
    CASE_PUSH = "case.push"
    WORKLIST_VIEW = "worklist.view"
    SEARCH = "search.view"
    REFERRAL_VIEW = "referral.view"
    REFERRAL_LIST = "referral.list"
    REFERRAL_TRAIL = "referral.trail"
    REFERRAL_SEND = "referral.send"
    REFERRAL_EVENT = "referral.event"
    FEED_READ = "feed.read"
    DIGEST_READ = "digest.read"
    DIGEST_TAKE = "digest.take"
    ITEM_WRITE = "item.write"
    ITEM_CHANGE = "item.change"
    MEETING_VIEW = "meeting.view"
    MEETING_PLAN = "meeting.plan"
    MEETING_SEAT = "meeting.seat"
    DOCUMENT_TAKE = "document.take"
    INTAKE_TAKE = "intake.take"
    INTAKE_READ = "intake.read"
    MESSAGE_APPLY = "message.apply"
    MESSAGE_DELIVER = "message.deliver"
    MESSAGE_VIEW = "message.view"
    MESSAGE_REHEARSE = "message.rehearse"
    TRAFFIC_HANDLE = "traffic.handle"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    ACCOUNT_CHANGE = "account.change"
    ACCOUNT_LIST = "account.list"
    OVERSIGHT_VIEW = "oversight.view"
    CONSENT_CHANGE = "consent.change"
    EMERGENCY_OPEN = "emergency.open"
    CLIENT_EXPORT = "client.export"
    CLIENT_CORRECT = "client.correct"
    CLIENT_ERASE = "client.erase"
    CLIENT_HOLD = "client.hold"
    RETENTION_PREVIEW = "retention.preview"
    KEY_USE = "key.use"
    CONFIGURATION_CHANGE = "configuration.change"
    CAPACITY_CHANGE = "capacity.change"
    AUDIT_VIEW = "audit.view"
    AUDIT_NAMES = "audit.names"
    AUDIT_EXPORT = "audit.export"
    AUDIT_VERIFY = "audit.verify"
    REVIEW_VIEW = "review.view"
    REVIEW_VERDICT = "review.verdict"
    REPORT_VIEW = "report.view"
    REPORT_EXPORT = "report.export"

    @property
    def letter(self) -> str:
        """Give the EventActionCode of NEN 7513: create, read, update, delete or execute."""
        return _LETTERS.get(self, "R")


_LETTERS = {
    Deed.REFERRAL_SEND: "C",
    Deed.ITEM_WRITE: "C",
    Deed.ITEM_CHANGE: "U",
    Deed.MEETING_PLAN: "C",
    Deed.MEETING_SEAT: "U",
    Deed.INTAKE_TAKE: "C",
    Deed.DIGEST_TAKE: "C",
    Deed.REFERRAL_EVENT: "U",
    Deed.MESSAGE_APPLY: "U",
    Deed.ACCOUNT_CHANGE: "U",
    Deed.CONSENT_CHANGE: "U",
    Deed.CLIENT_CORRECT: "U",
    Deed.CLIENT_HOLD: "U",
    Deed.CONFIGURATION_CHANGE: "U",
    Deed.CAPACITY_CHANGE: "U",
    Deed.REVIEW_VERDICT: "U",
    Deed.CLIENT_ERASE: "D",
    Deed.MESSAGE_DELIVER: "E",
    Deed.TRAFFIC_HANDLE: "E",
    Deed.SIGN_IN: "E",
    Deed.SIGN_OUT: "E",
    Deed.EMERGENCY_OPEN: "E",
    Deed.KEY_USE: "E",
    Deed.MESSAGE_REHEARSE: "E",
    Deed.CLIENT_EXPORT: "E",
    Deed.AUDIT_EXPORT: "E",
    Deed.AUDIT_VERIFY: "E",
    Deed.REPORT_EXPORT: "E",
}


class Outcome(StrEnum):
    """How it ended: done, refused by a rule, or not done for another reason."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"
