"""The records: data and constraints, no rules."""

from hub.models.audit import AuditChain, AuditCheckpoint, AuditRecord, AuditReview
from hub.models.capacity import Capacity
from hub.models.case import Case, Client
from hub.models.columns import name_places
from hub.models.consent import ConsentEvent, Release
from hub.models.digests import Difference, Digest
from hub.models.exceptions import ClosedFile, Emergency, Objection
from hub.models.identity import (
    ApiClient,
    ApiClientKey,
    Person,
    Post,
    RecoveryCode,
    SignIn,
    SpentId,
    Throttle,
)
from hub.models.items import Alert, CaseItem, DocumentBody, Visit
from hub.models.keys import CaseKey, DestroyedKey, SigningKey
from hub.models.meetings import Attendance, Meeting
from hub.models.messages import Idempotency, InboxRecord, Intake, OutboxRecord
from hub.models.record import Record
from hub.models.referral import Referral
from hub.models.rights import (
    Correction,
    CorrectionNotice,
    Disclosure,
    Erasure,
    LegalHold,
    RetentionPreview,
    Tombstone,
)
from hub.models.search import SearchWord
from hub.models.timeline import TimelineEntry
from hub.models.wire import WireRecord

__all__ = [
    "Alert",
    "ApiClient",
    "ApiClientKey",
    "Attendance",
    "AuditChain",
    "AuditCheckpoint",
    "AuditRecord",
    "AuditReview",
    "Capacity",
    "Case",
    "CaseItem",
    "CaseKey",
    "Client",
    "ClosedFile",
    "ConsentEvent",
    "Correction",
    "CorrectionNotice",
    "DestroyedKey",
    "Difference",
    "Digest",
    "Disclosure",
    "DocumentBody",
    "Emergency",
    "Erasure",
    "Idempotency",
    "InboxRecord",
    "Intake",
    "LegalHold",
    "Meeting",
    "Objection",
    "OutboxRecord",
    "Person",
    "Post",
    "Record",
    "RecoveryCode",
    "Referral",
    "Release",
    "RetentionPreview",
    "SearchWord",
    "SignIn",
    "SigningKey",
    "SpentId",
    "Throttle",
    "TimelineEntry",
    "Tombstone",
    "Visit",
    "WireRecord",
]

name_places(Record.metadata)
