"""The blind index: keyed hashes of the words by which clients and what is written about them are found."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.record import Record


class SearchWord(Record):
    """One word by which a subject is found, as a keyed hash. ``subject`` is a case (the client) or an item's id."""

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_subject", "subject"),)

    word: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(36), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
