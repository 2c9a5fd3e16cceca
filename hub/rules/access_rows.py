"""Questions of access as rows of text: one set of column names for the command, the API and the examples."""

from collections.abc import Mapping

from hub.rules.access_question import Decision, Question

NEEDED = (
    "actor_org",
    "actor_role",
    "actor_purpose",
    "relation",
    "relation_state",
    "legal_basis",
    "law",
    "basis_state",
    "owner_org",
    "origin_purpose",
    "life_domain",
    "data_category",
    "action",
    "in_scope",
    "flags",
)
OPTIONAL = ("recipient_org", "recipient_role", "recipient_purpose")
_SCOPES = {"yes": True, "no": False}


def question_of(row: Mapping[str, str]) -> Question:
    """Make a question of a row; words the policy doesn't know stay as they are, for the policy to deny.

    ``in_scope`` is ``yes`` or ``no``; ``flags`` are joined by ``+``.
    """
    return Question(
        actor_org=row["actor_org"],
        actor_role=row["actor_role"],
        actor_purpose=row["actor_purpose"],
        relation=row["relation"],
        relation_state=row["relation_state"],
        legal_basis=row["legal_basis"],
        law=row["law"],
        basis_state=row["basis_state"],
        owner_org=row["owner_org"],
        origin_purpose=row["origin_purpose"],
        life_domain=row["life_domain"],
        data_category=row["data_category"],
        action=row["action"],
        in_scope=_SCOPES.get(row["in_scope"]),
        recipient_org=row.get("recipient_org", ""),
        recipient_role=row.get("recipient_role", ""),
        recipient_purpose=row.get("recipient_purpose", ""),
        flags=frozenset(flag for flag in row["flags"].split("+") if flag),
    )


def said(answer: Decision) -> dict[str, str]:
    """Give a decision in the words of the columns."""
    return {"decision": "allow" if answer.allow else "deny", "mask": answer.mask or "", "rule": answer.rule}
