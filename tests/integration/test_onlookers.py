"""Who sees what of a client, as the regisseur reads it: the same as each of them sees."""

from sqlalchemy import update

from hub.models import Referral
from hub.services.views.case import Onlooker
from hub.services.views.viewer import Viewer
from hub.wiring import Hub
from schemas.vocabulary import HEALTH_DOMAINS, Basis, Event, LifeDomain
from tests.integration.test_items import case_id, hub, view
from tests.integration.test_live_side import PUBLIC_TASK, record, send
from tests.personas import ILSE, MARLOES, NAIMA, PETER, TOM

__all__ = ["case_id", "hub"]  # fixtures


def of(hub: Hub, case_id: str, who: Viewer) -> Onlooker:
    """Give what the regisseur reads of the role of somebody."""
    found = view(hub, MARLOES, case_id).onlookers
    return next(one for one in found if one.organisation_name == who.organisation_name and who.role in one.roles)


def test_the_regisseur_reads_of_each_role_what_it_sees_itself_and_nobody_else_reads_it(hub: Hub, case_id: str) -> None:
    for who in (NAIMA, TOM, ILSE):
        told, itself = of(hub, case_id, who), view(hub, who, case_id)
        assert set(told.domains) == set(itself.domains), who.id
        assert ("talk" in told.sees) == itself.may_write
        assert told.why.allowed
        assert told.why.rule
        assert itself.onlookers == ()
        assert itself.consent is None
    assert HEALTH_DOMAINS.isdisjoint(of(hub, case_id, TOM).domains)
    income = of(hub, case_id, PETER)
    assert (income.sees, income.why.allowed, income.why.rule) == ((), False, "D02")


def test_of_help_that_the_regisseur_may_not_know_it_is_not_told_who_sees_along(hub: Hub, case_id: str) -> None:
    with hub.store.writing() as work:  # the client never said yes: of care only that it runs
        of_care = update(Referral).where(Referral.receiver == "ggz-de-leij")
        work.session.execute(of_care.values(basis=Basis.PUBLIC_TASK, law="wmo_2015"))
    found = view(hub, MARLOES, case_id).onlookers
    assert {one.organisation_name for one in found} >= {NAIMA.organisation_name, TOM.organisation_name}
    assert ILSE.organisation_name not in {one.organisation_name for one in found}


def test_who_was_only_asked_sees_that_there_is_a_referral(hub: Hub, case_id: str) -> None:
    send(hub, case_id, to="toegang-broekhoven", life_domains=(LifeDomain.HOUSING,))
    (told,) = [one for one in view(hub, MARLOES, case_id).onlookers if "Broekhoven" in one.organisation_name]
    assert told.sees == ("status",)


def test_the_header_sums_up_by_how_much_of_what_runs_something_is_shared_by_consent(hub: Hub, case_id: str) -> None:
    before = view(hub, MARLOES, case_id).consent
    assert before is not None
    assert (before.given, before.helping) == (3, 3)
    referral = send(hub, case_id, to="toegang-broekhoven", ground=PUBLIC_TASK)
    after = view(hub, MARLOES, case_id).consent
    assert after is not None
    assert (after.given, after.helping) == (3, 4)
    record(hub, referral, MARLOES, Event.WITHDRAW, note="Niet meer nodig.")
    assert view(hub, MARLOES, case_id).consent == before
