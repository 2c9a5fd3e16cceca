"""What a decision let someone see, kept for the audit log."""

from dataclasses import dataclass

from hub.rules.access import Decision, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A decision about one referral, with what counted in it."""

    referral_id: str | None
    decision: Decision
    category: str
    domain: str
    relation: str
    state: str
    basis: str

    @property
    def tie(self) -> str:
        """Give the tie to the client by which it was decided, and whether it still held."""
        return f"{self.relation}:{self.state}"


def sight_of(referral_id: str | None, question: Question, decision: Decision) -> Sight:
    """Keep a decision with the question that it answers."""
    return Sight(
        referral_id=referral_id,
        decision=decision,
        category=question.data_category,
        domain=question.life_domain,
        relation=question.relation,
        state=question.relation_state,
        basis=question.legal_basis,
    )
