import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import safe_xml
from connectors.errors import Refusal, RefusalCode


def refusal(body: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        safe_xml.loads(body)
    return caught.value


def test_a_plain_document_is_read():
    root = safe_xml.loads(b'<?xml version="1.0" encoding="UTF-8"?><a><b>t\xc3\xa9</b></a>')
    assert root.findtext("b") == "té"


@pytest.mark.parametrize("declared", ["utf-8", "UTF-8", "ISO-8859-1", "us-ascii"])
def test_a_declared_encoding_is_followed(declared: str):
    text = "te" if declared == "us-ascii" else "té"
    body = f'<?xml version="1.0" encoding="{declared}"?><a>{text}</a>'.encode(declared)
    assert safe_xml.loads(body).text == text


def test_a_byte_order_mark_is_taken():
    assert safe_xml.loads(b"\xef\xbb\xbf<a>x</a>").text == "x"


def test_comments_and_processing_instructions_never_split_a_text():
    root = safe_xml.loads(b"<a>99<!-- x -->99<?y z?>0<![CDATA[0]]>06</a>")
    assert root.text == "99990006"
    assert len(root) == 0


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<?xml version="1.0"?>\n<!-- c -->\n<!DOCTYPE a SYSTEM "http://localhost/x"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b"<a>&x;</a>",
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16-le"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
        b'<?xml version="1.0" encoding="UTF-8"?><a>\xe9</a>',
        b'\xef\xbb\xbf<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        b"<a><b></a></b>",
        b"<a/><b/>",
        b"",
        b"   ",
        b"no xml at all",
        b"<a>\x00</a>",
    ],
)
def test_what_is_unsafe_or_broken_is_malformed(body: bytes):
    assert refusal(body).code is RefusalCode.MALFORMED


def test_a_refusal_never_repeats_the_text():
    assert "999900006" not in refusal(b"<bsn>999900006</wrong999900006>").message


def test_depth_is_limited_and_width_is_not():
    assert refusal(b"<a>" * 65 + b"</a>" * 65).code is RefusalCode.MALFORMED
    assert refusal(b"<a>" * 100_000).code is RefusalCode.MALFORMED
    assert len(safe_xml.loads(b"<a>" + b"<b/>" * 20_000 + b"</a>")) == 20_000
    assert safe_xml.loads(b"<a>" * 64 + b"</a>" * 64) is not None


def test_a_large_body_is_refused_by_its_size():
    assert refusal(b"<a>" + b"x" * safe_xml.MAX_BYTES + b"</a>").code is RefusalCode.TOO_LARGE


def test_a_bomb_costs_no_time():
    entities = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    begin = time.perf_counter()
    refusal(f'<!DOCTYPE a [<!ENTITY a "x">{entities}]><a>&j;</a>'.encode())
    assert time.perf_counter() - begin < 0.2


@given(st.binary(max_size=200) | st.text(alphabet="<>/a&;!?[]=\"' \n-", max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_a_refusal(body: bytes):
    try:
        safe_xml.loads(body)
    except Refusal as refusal:
        assert refusal.code is RefusalCode.MALFORMED
