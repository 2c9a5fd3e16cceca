"""What a sender chooses is what the message holds and what the preview shows."""

from hypothesis import given
from hypothesis import strategies as st

from hub.services.access.release import EVERYTHING, content_of, fields_of, only
from hub.settings import DEMO_CONFIG, load_configuration
from schemas.message import Message, MessageData
from schemas.vocabulary import LifeDomain, MessageKind, SharedField
from tests.builders import MONDAY, client, new_referral

CONFIG = load_configuration(DEMO_CONFIG)


def through_the_wire(data: MessageData) -> MessageData:
    message = Message(
        id="1", kind=MessageKind.SENT, source="urn:x", time=MONDAY, sender="wi-tilburg", receiver="de-spoel", data=data
    )
    return Message.from_json(message.to_json()).data


@given(share=st.lists(st.sampled_from(EVERYTHING), unique=True))
def test_the_preview_shows_the_chosen_fields_of_the_message_and_no_other(share: list[SharedField]) -> None:
    new = new_referral(to="de-spoel", share=tuple(share))
    content = content_of(CONFIG, "wi-tilburg", new, client(prefix="van"))
    assert fields_of(through_the_wire(content)) == fields_of(content)
    shown = {field for field, _text in fields_of(content)}
    assert shown & set(EVERYTHING) == set(share)
    assert shown - set(EVERYTHING) == {"life_domains", "urgency", "purpose", "basis"}


def test_without_a_choice_a_reintegration_partner_gets_no_citizen_service_number() -> None:
    content = content_of(CONFIG, "wi-tilburg", new_referral(to="de-spoel"), client())
    assert "bsn" not in dict(fields_of(content))
    assert only(None, content) is content


@given(share=st.none() | st.lists(st.sampled_from(EVERYTHING), unique=True).map(tuple))
def test_no_word_about_health_goes_to_the_side_that_places_or_pays_whatever_was_chosen(
    share: tuple[SharedField, ...] | None,
) -> None:
    domains = (LifeDomain.MENTAL_HEALTH, LifeDomain.WORK_EDUCATION)
    for sender, about in (("mw-de-kade", domains), ("ggz-de-leij", domains[1:])):
        for to in ("de-spoel", "wi-tilburg"):
            new = new_referral(to=to, share=share, life_domains=about)
            told = dict(fields_of(content_of(CONFIG, sender, new, client())))
            assert told["life_domains"] == LifeDomain.WORK_EDUCATION
            assert not {"reason", "client_words", "strengths", "evidence"} & set(told)
