# ruff: noqa: E501 -- the tables keep one row per line
"""A second reading of the access rules, for tests only: row by row as the privacy officer's list has them.

It shares no code and no table with ``hub.rules``. A question is a plain mapping of the columns of that list.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

Q = dict[str, Any]
Answer = tuple[str, str, str]
"""Decision, mask, rule."""

ROLES_TEXT = """
case_director|work_and_income|guidance triage|appointment contact goal_plan identifier process_status progress work_ability|appointment contact financial goal_plan identifier process_status progress work_ability
income_consultant|work_and_income|income|contact financial identifier process_status|contact financial identifier process_status
job_matcher|work_and_income|placement|contact goal_plan process_status progress work_ability|contact goal_plan process_status progress work_ability
enforcer|work_and_income|enforcement||
team_member|access_team|triage|contact goal_plan process_status|appointment care_need contact financial goal_plan process_status work_ability
team_coordinator|access_team|triage|appointment contact goal_plan process_status|appointment care_need contact financial goal_plan process_status work_ability
social_worker|social_work|guidance triage|appointment care_need contact goal_plan identifier process_status progress|appointment care_need contact goal_plan identifier process_status progress
debt_counsellor|social_work|debt_help|appointment contact financial goal_plan identifier process_status progress|appointment contact financial goal_plan identifier process_status progress
practitioner|mental_health|treatment triage|appointment care_need contact goal_plan health_content identifier process_status progress|appointment care_need contact goal_plan health_content identifier process_status progress
intake_worker|mental_health|treatment|appointment contact identifier process_status|appointment contact identifier process_status
job_coach|reintegration|placement|appointment contact goal_plan process_status progress work_ability|appointment contact goal_plan process_status progress work_ability
planner|reintegration|placement|appointment contact process_status|appointment contact process_status
functional_admin|municipality|operations||
privacy_officer|municipality|accountability||
policy_adviser|work_and_income|statistics||
machine|access_team mental_health reintegration social_work work_and_income|debt_help guidance income placement treatment triage||
client|client|own_data||
representative|client|own_data||
"""

BASES_TEXT = """
guidance|consent|
guidance|public_task|participatiewet
guidance|public_task|wmo_2015
guidance|vital_interest|
triage|consent|
triage|public_task|wmo_2015
triage|vital_interest|
triage|public_task|wams
treatment|consent|
treatment|legal_duty|wgbo
treatment|vital_interest|
debt_help|consent|
debt_help|public_task|wgs
placement|consent|
placement|public_task|participatiewet
income|public_task|participatiewet
enforcement|none|
operations|legal_duty|avg
accountability|legal_duty|avg
own_data|legal_duty|avg
statistics|public_task|participatiewet
statistics|public_task|wmo_2015
"""

ROLES = {
    row[0]: {"orgs": row[1].split(), "purposes": row[2].split(), "own": row[3].split(), "received": row[4].split()}
    for row in (line.split("|") for line in ROLES_TEXT.strip().splitlines())
}
BASES = {tuple(line.split("|")) for line in BASES_TEXT.strip().splitlines()}
HEALTH = ("mental_health", "physical_health", "substance_use")
WORK = ("work_and_income", "reintegration")


def health(q: Q) -> bool:
    return q["life_domain"] in HEALTH


def work(q: Q) -> bool:
    return q["actor_org"] in WORK


def own(q: Q) -> bool:
    return q["actor_org"] == q["owner_org"] and "other_owner" not in q["flags"]


def consent(q: Q) -> bool:
    return q["legal_basis"] == "consent"


def category(q: Q, *names: str) -> bool:
    return q["data_category"] in names


def action(q: Q, *names: str) -> bool:
    return q["action"] in names


def role(q: Q, *names: str) -> bool:
    return q["actor_role"] in names


def relation(q: Q, *names: str) -> bool:
    return q["relation"] in names


def flag(q: Q, name: str) -> bool:
    return name in q["flags"]


def regie(q: Q) -> bool:
    return role(q, "case_director") and relation(q, "regie")


def fits(q: Q) -> bool:
    listed = ROLES.get(q["actor_role"])
    return listed is not None and q["actor_org"] in listed["orgs"] and q["actor_purpose"] in listed["purposes"]


def pair_fits(q: Q) -> bool:
    return (q["actor_purpose"], q["legal_basis"], q["law"]) in BASES


def listed(q: Q, which: str) -> bool:
    return q["data_category"] in ROLES[q["actor_role"]][which]


def deny(rule: str, applies: bool) -> Answer | None:
    return ("deny", "", rule) if applies else None


def allow(rule: str, applies: bool, mask: str = "full") -> Answer | None:
    return ("allow", mask, rule) if applies else None


def status_mask(q: Q, *, narrow: bool) -> str:
    return "status_only" if narrow and category(q, "process_status") and health(q) else "full"


def view_of_actor(q: Q) -> Answer:
    return answer({**q, "action": "view"})


def view_of_recipient(q: Q) -> Answer:
    flags = set(q["flags"]) - {"other_owner", "recipient_not_owner"}
    if flag(q, "recipient_not_owner"):
        flags.add("other_owner")
    return answer(
        {
            **q,
            "actor_org": q["recipient_org"],
            "actor_role": q["recipient_role"],
            "actor_purpose": q["recipient_purpose"],
            "relation": "referral_receiver",
            "relation_state": "active",
            "in_scope": True,
            "action": "view",
            "flags": flags,
        }
    )


def row_1(q: Q) -> Answer | None:
    """actor_purpose or recipient_purpose is enforcement, or role is enforcer"""
    return deny(
        "D01",
        q["actor_purpose"] == "enforcement" or q["recipient_purpose"] == "enforcement" or role(q, "enforcer"),
    )


def row_2(q: Q) -> Answer | None:
    """role does not belong to actor_org, or actor_purpose is not one of the role's purposes"""
    return deny("D03", not fits(q))


def row_3(q: Q) -> Answer | None:
    """flag other_municipality"""
    return deny("D15", flag(q, "other_municipality"))


def row_4(q: Q) -> Answer | None:
    """flag own_or_relative_file and role is not client"""
    return deny("D19", flag(q, "own_or_relative_file") and not role(q, "client"))


def row_5(q: Q) -> Answer | None:
    """flag objection and actor_purpose not in {own_data, accountability}"""
    return deny("D17", flag(q, "objection") and q["actor_purpose"] not in ("own_data", "accountability"))


def row_6(q: Q) -> Answer | None:
    """data_category private_note and flag author and own organisation and action in {view, edit}"""
    return allow("A01", category(q, "private_note") and flag(q, "author") and own(q) and action(q, "view", "edit"))


def row_7(q: Q) -> Answer | None:
    """data_category private_note otherwise"""
    return deny("D07", category(q, "private_note"))


def row_8(q: Q) -> Answer | None:
    """actor_purpose income, unless category in {contact, identifier, process_status, financial} and domain in {finances, work_education} and owner is work_and_income and origin_purpose is income"""
    unless = (
        category(q, "contact", "identifier", "process_status", "financial")
        and q["life_domain"] in ("finances", "work_education")
        and q["owner_org"] == "work_and_income"
        and q["origin_purpose"] == "income"
    )
    return deny("D02", q["actor_purpose"] == "income" and not unless)


def row_9(q: Q) -> Answer | None:
    """category health_content and actor_org in {work_and_income, reintegration}"""
    return deny("D08", category(q, "health_content") and work(q))


def row_10(q: Q) -> Answer | None:
    """flag second_hat (same person also holds income or enforcement for this client) and actor_purpose in {guidance, triage, placement, debt_help}"""
    purposes = ("guidance", "triage", "placement", "debt_help")
    return deny("D04", flag(q, "second_hat") and q["actor_purpose"] in purposes)


def row_11(q: Q) -> Answer | None:
    """functional_admin: category delivery_meta, action in {view, subscribe, export}, basis legal_duty, law avg"""
    ground = q["legal_basis"] == "legal_duty" and q["law"] == "avg"
    what = category(q, "delivery_meta") and action(q, "view", "subscribe", "export")
    return allow("A08", role(q, "functional_admin") and what and ground)


def row_12(q: Q) -> Answer | None:
    """functional_admin otherwise"""
    return deny("D13", role(q, "functional_admin"))


def row_13(q: Q) -> Answer | None:
    """privacy_officer: category audit_log, action in {view, export}"""
    return allow("A09", role(q, "privacy_officer") and category(q, "audit_log") and action(q, "view", "export"))


def row_14(q: Q) -> Answer | None:
    """privacy_officer otherwise"""
    return deny("D20", role(q, "privacy_officer"))


def row_15(q: Q) -> Answer | None:
    """policy_adviser: category aggregate, action in {view, export}, not flag n_below_10"""
    what = category(q, "aggregate") and action(q, "view", "export")
    return allow("A13", role(q, "policy_adviser") and what and not flag(q, "n_below_10"))


def row_16(q: Q) -> Answer | None:
    """policy_adviser otherwise"""
    return deny("D00", role(q, "policy_adviser"))


def row_17(q: Q) -> Answer | None:
    """client with relation other than self"""
    return deny("D05", role(q, "client") and not relation(q, "self"))


def row_18(q: Q) -> Answer | None:
    """client: action in {view, export, subscribe}, category not in {delivery_meta, aggregate}"""
    what = action(q, "view", "export", "subscribe") and not category(q, "delivery_meta", "aggregate")
    return allow("A07", role(q, "client") and what)


def row_19(q: Q) -> Answer | None:
    """client otherwise"""
    return deny("D00", role(q, "client"))


def row_20(q: Q) -> Answer | None:
    """representative with relation other than mandate"""
    return deny("D05", role(q, "representative") and not relation(q, "mandate"))


def row_21(q: Q) -> Answer | None:
    """representative with relation_state other than active"""
    return deny("D12", role(q, "representative") and q["relation_state"] != "active")


def row_22(q: Q) -> Answer | None:
    """representative with basis_state other than valid"""
    return deny("D06", role(q, "representative") and q["basis_state"] != "valid")


def row_23(q: Q) -> Answer | None:
    """representative: action in {view, export}, domain finances, category in {contact, process_status, financial, goal_plan, appointment}"""
    what = category(q, "contact", "process_status", "financial", "goal_plan", "appointment")
    within = action(q, "view", "export") and q["life_domain"] == "finances" and what
    return allow("A07", role(q, "representative") and within)


def row_24(q: Q) -> Answer | None:
    """representative otherwise"""
    return deny("D10", role(q, "representative"))


def row_25(q: Q) -> Answer | None:
    """everybody else: category in {delivery_meta, audit_log, aggregate}"""
    return deny("D00", category(q, "delivery_meta", "audit_log", "aggregate"))


def row_26(q: Q) -> Answer | None:
    """flag break_glass: role in {practitioner, social_worker, team_coordinator}, purpose in {treatment, triage, guidance}, action view, basis vital_interest valid, flag reason_given, category in {contact, process_status, goal_plan, care_need} (practitioner also health_content)"""
    who = role(q, "practitioner", "social_worker", "team_coordinator")
    why = q["actor_purpose"] in ("treatment", "triage", "guidance") and flag(q, "reason_given")
    ground = q["legal_basis"] == "vital_interest" and q["basis_state"] == "valid"
    what = category(q, "contact", "process_status", "goal_plan", "care_need")
    what = what or (role(q, "practitioner") and category(q, "health_content"))
    return allow("A11", flag(q, "break_glass") and who and why and ground and what and action(q, "view"))


def row_27(q: Q) -> Answer | None:
    """flag break_glass otherwise"""
    return deny("D18", flag(q, "break_glass"))


def row_28(q: Q) -> Answer | None:
    """relation none"""
    return deny("D05", relation(q, "none"))


def row_29(q: Q) -> Answer | None:
    """relation_state ended"""
    return deny("D12", q["relation_state"] == "ended")


def row_30(q: Q) -> Answer | None:
    """basis_state not valid, or basis and law not in the purpose's list (access-bases.csv), or law wams without flag wams_in_force"""
    wams = q["law"] == "wams" and not flag(q, "wams_in_force")
    return deny("D06", q["basis_state"] != "valid" or not pair_fits(q) or wams)


def row_31(q: Q) -> Answer | None:
    """relation_state announced: category process_status, action in {view, subscribe}; mask announcement"""
    what = category(q, "process_status") and action(q, "view", "subscribe")
    return allow("A12", q["relation_state"] == "announced" and what, "announcement")


def row_32(q: Q) -> Answer | None:
    """relation_state announced otherwise"""
    return deny("D11", q["relation_state"] == "announced")


def row_33(q: Q) -> Answer | None:
    """action edit on data that is not own"""
    return deny("D16", action(q, "edit") and not own(q))


def row_34(q: Q) -> Answer | None:
    """action share on data that is not own, unless legal_basis is consent"""
    return deny("D16", action(q, "share") and not own(q) and not consent(q))


def row_35(q: Q) -> Answer | None:
    """action share: the actor may not view it himself; the reason is that of the view decision"""
    if not action(q, "share"):
        return None
    decision, _, rule = view_of_actor(q)
    return deny(rule, decision == "deny")


def row_36(q: Q) -> Answer | None:
    """action share: the recipient (as receiver in scope, same basis) may not view it; D02, D08, D09, D10 are named when they are the reason"""
    if not action(q, "share"):
        return None
    decision, _, rule = view_of_recipient(q)
    return deny(rule if rule in ("D02", "D08", "D09", "D10") else "D14", decision == "deny")


def row_37(q: Q) -> Answer | None:
    """action share otherwise; the recipient's mask applies"""
    return allow("A14", True, view_of_recipient(q)[1]) if action(q, "share") else None


def row_38(q: Q) -> Answer | None:
    """machine of work_and_income or reintegration: not own, health domain, category other than process_status"""
    return deny(
        "D08", role(q, "machine") and work(q) and not own(q) and health(q) and not category(q, "process_status")
    )


def row_39(q: Q) -> Answer | None:
    """machine: relation referral_sender or referral_receiver, in_scope, action in {view, edit}, and (category needs no consent, or own, or basis consent)"""
    ground = not category(q, "care_need", "health_content") or own(q) or consent(q)
    within = relation(q, "referral_sender", "referral_receiver") and q["in_scope"] and action(q, "view", "edit")
    return allow("A10", role(q, "machine") and within and ground)


def row_40(q: Q) -> Answer | None:
    """machine otherwise"""
    return deny("D10", role(q, "machine"))


def row_41(q: Q) -> Answer | None:
    """own data, health domain, actor_org in {work_and_income, reintegration}, role not case_director, category not process_status"""
    walled = health(q) and work(q) and not role(q, "case_director") and not category(q, "process_status")
    return deny("D08", own(q) and walled)


def row_42(q: Q) -> Answer | None:
    """own data, income_consultant: category in the role's own list (else D10)"""
    if not (own(q) and role(q, "income_consultant")):
        return None
    return allow("A03", listed(q, "own")) or deny("D10", True)


def row_43(q: Q) -> Answer | None:
    """own data: category in the role's own list (else D10); mask status_only for process_status in a health domain at work_and_income or reintegration, except case_director"""
    if not own(q):
        return None
    mask = status_mask(q, narrow=work(q) and not role(q, "case_director"))
    return allow("A01", listed(q, "own"), mask) or deny("D10", True)


def row_44(q: Q) -> Answer | None:
    """not own: category care_need or health_content and basis is not consent"""
    # The one switch that the list leaves to the municipality stands here: before whatever a case director is allowed.
    switched = flag(q, "care_status_by_consent") and role(q, "case_director") and category(q, "process_status")
    switched = switched and health(q) and not consent(q) and not own(q)
    return deny("D09", (not own(q) and category(q, "care_need", "health_content") and not consent(q)) or switched)


def row_45(q: Q) -> Answer | None:
    """case_director with relation regie: category care_need"""
    return deny("D08", regie(q) and category(q, "care_need"))


def row_46(q: Q) -> Answer | None:
    """case_director with relation regie: category process_status; mask status_only in a health domain unless basis is consent"""
    mask = status_mask(q, narrow=not consent(q))
    return allow("A02", regie(q) and category(q, "process_status"), mask)


def row_47(q: Q) -> Answer | None:
    """case_director with relation regie: any other category in a health domain"""
    return deny("D09", regie(q) and health(q))


def row_48(q: Q) -> Answer | None:
    """case_director with relation regie: financial without consent, or category outside the received list"""
    outside = (category(q, "financial") and not consent(q)) or not listed(q, "received")
    return deny("D10", regie(q) and outside)


def row_49(q: Q) -> Answer | None:
    """case_director with relation regie otherwise"""
    return allow("A02", regie(q))


def row_50(q: Q) -> Answer | None:
    """relation referral_sender, referral_receiver or team_item and not in_scope"""
    return deny("D10", relation(q, "referral_sender", "referral_receiver", "team_item") and not q["in_scope"])


def row_51(q: Q) -> Answer | None:
    """referral_sender of work_and_income or reintegration, health domain: category process_status, mask status_only (else D08)"""
    if not (relation(q, "referral_sender") and work(q) and health(q)):
        return None
    return allow("A05", category(q, "process_status"), "status_only") or deny("D08", True)


def row_52(q: Q) -> Answer | None:
    """referral_sender, owner mental_health, no consent: category process_status, mask status_only (appointment gives D09)"""
    if not (relation(q, "referral_sender") and q["owner_org"] == "mental_health" and not consent(q)):
        return None
    return allow("A05", category(q, "process_status"), "status_only") or deny("D09", category(q, "appointment"))


def row_53(q: Q) -> Answer | None:
    """referral_sender: category process_status or appointment; progress unless owner is mental_health"""
    progress = category(q, "progress") and q["owner_org"] != "mental_health"
    return allow("A05", relation(q, "referral_sender") and (category(q, "process_status", "appointment") or progress))


def row_54(q: Q) -> Answer | None:
    """referral_sender otherwise"""
    return deny("D10", relation(q, "referral_sender"))


def row_55(q: Q) -> Answer | None:
    """referral_receiver or team_item at work_and_income or reintegration: category care_need, or health domain and category not process_status"""
    walled = category(q, "care_need") or (health(q) and not category(q, "process_status"))
    return deny("D08", relation(q, "referral_receiver", "team_item") and work(q) and walled)


def row_56(q: Q) -> Answer | None:
    """referral_receiver: category in the role's received list; mask status_only for process_status in a health domain at work_and_income or reintegration"""
    return allow("A04", relation(q, "referral_receiver") and listed(q, "received"), status_mask(q, narrow=work(q)))


def row_57(q: Q) -> Answer | None:
    """team_item: as A04"""
    return allow("A06", relation(q, "team_item") and listed(q, "received"), status_mask(q, narrow=work(q)))


def row_58(q: Q) -> Answer | None:
    """referral_receiver or team_item otherwise"""
    return deny("D10", relation(q, "referral_receiver", "team_item"))


def row_59(q: Q) -> Answer | None:
    """anything else"""
    return deny("D00", True)


ROWS: tuple[Callable[[Q], Answer | None], ...] = tuple(globals()[f"row_{order}"] for order in range(1, 60))
"""The rows in their order; each carries the words of its condition as docstring."""


def answering_row(q: Q) -> tuple[int, Answer]:
    """The order of the row that decides, and what it says."""
    for order, row in enumerate(ROWS, start=1):
        found = row(q)
        if found is not None:
            return order, found
    raise AssertionError("the last row always applies")


def answer(q: Q) -> Answer:
    return answering_row(q)[1]


# The world of questions --------------------------------------------------------------------------------------------

ORGS = ("work_and_income", "access_team", "social_work", "mental_health", "reintegration", "municipality", "client")
ACTORS = tuple(
    (org, name, purpose) for name, row in ROLES.items() for org in row["orgs"] for purpose in row["purposes"]
)
STRANGERS = (
    ("social_work", "practitioner", "treatment"),
    ("work_and_income", "case_director", "income"),
    ("municipality", "machine", "guidance"),
    ("mental_health", "practitioner", "enforcement"),
)
NOBODY = ("", "", "")
RELATIONS = ("none", "self", "mandate", "regie", "referral_sender", "referral_receiver", "team_item")
HOME = {"case_director": "regie", "client": "self", "representative": "mandate"}
"""The relation a role mostly has."""
STATES = ("active", "announced", "ended")
GROUNDS = tuple(sorted({(basis, law) for _, basis, law in BASES if basis != "none"}))
BASIS_STATES = ("valid", "withdrawn", "expired", "missing")
ORIGINS = ("guidance", "treatment", "income")
DOMAINS = ("finances", "work_education", "housing", "mental_health", "physical_health", "substance_use")
CATEGORIES = (
    *("contact", "identifier", "process_status", "appointment", "goal_plan", "progress", "financial"),
    *("work_ability", "care_need", "health_content", "private_note", "delivery_meta", "audit_log", "aggregate"),
)
ACTIONS = ("view", "edit", "share", "export", "subscribe")
DENY_FLAGS = ("objection", "other_municipality", "second_hat", "own_or_relative_file", "care_status_by_consent")
OTHER_FLAGS = ("author", "break_glass", "reason_given", "n_below_10", "wams_in_force")
NEW_FLAGS = ("other_owner", "recipient_not_owner")


def question(*parts: Any) -> Q:
    (org, name, purpose), tie, state, (basis, law), basis_state, owner, origin, domain, kind, act, scope, to, flags = (
        parts
    )
    return {
        "actor_org": org,
        "actor_role": name,
        "actor_purpose": purpose,
        "relation": tie,
        "relation_state": state,
        "legal_basis": basis,
        "law": law,
        "basis_state": basis_state,
        "owner_org": owner,
        "origin_purpose": origin,
        "life_domain": domain,
        "data_category": kind,
        "action": act,
        "in_scope": scope,
        "recipient_org": to[0],
        "recipient_role": to[1],
        "recipient_purpose": to[2],
        "flags": frozenset(flags),
    }


def sample(seed: int, count: int) -> Iterator[Q]:
    """Questions drawn from the whole product; drawn so that the deeper rows get their share."""
    dice = random.Random(seed)
    for _ in range(count):
        name = dice.choice(sorted(ROLES))
        actor = dice.choice([actor for actor in ACTORS if actor[1] == name])
        actor = actor if dice.random() < 0.95 else dice.choice(STRANGERS)
        fitting = [(basis, law) for purpose, basis, law in BASES if purpose == actor[2] and basis != "none"]
        yield question(
            actor,
            dice.choice(RELATIONS) if dice.random() < 0.6 else HOME.get(name, "referral_receiver"),
            dice.choice(STATES) if dice.random() < 0.3 else "active",
            dice.choice(sorted(fitting) if fitting and dice.random() < 0.8 else GROUNDS),
            dice.choice(BASIS_STATES) if dice.random() < 0.2 else "valid",
            dice.choice(ORGS) if dice.random() < 0.6 else actor[0],
            dice.choice(ORIGINS),
            dice.choice(DOMAINS),
            dice.choice(CATEGORIES if dice.random() < 0.5 else CATEGORIES[:10]),
            dice.choice(ACTIONS),
            dice.random() < 0.7,
            dice.choice((*ACTORS, *STRANGERS, NOBODY)),
            [name for name in (*DENY_FLAGS, *NEW_FLAGS) if dice.random() < 0.04]
            + [name for name in OTHER_FLAGS if dice.random() < (0.08 if name == "break_glass" else 0.3)],
        )
