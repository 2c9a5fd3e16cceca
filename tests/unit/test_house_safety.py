"""The rules of the house that keep a whole kind of hole out, held on every run; `make scan` holds more of them."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
OURS = ("hub", "connectors", "schemas", "workers")
FORBIDDEN = {
    "pickle": "data that holds code",
    "marshal": "data that holds code",
    "shelve": "data that holds code",
    "yaml": "data that may hold code",
    "xml": "XML without limits; connectors/safe_xml.py has them",
    "xmlrpc": "XML without limits",
    "telnetlib": "nothing of ours speaks in the clear",
    "ftplib": "nothing of ours speaks in the clear",
}
# Kept by hand, looked over each quarter. No database of known holes is asked, so it proves only what it names.
SMALLEST = {
    # python-socketio before 5.14 read pickles from the message queue: code execution for whoever can write there.
    "python-socketio": "5.14.0",
    "werkzeug": "3.1.4",  # before: names of Windows devices pass safe_join
    "flask": "3.1.1",  # before: the fallback key signs instead of the newest
    "jinja2": "3.1.6",  # before: ways out of the sandbox
    "cryptography": "46.0.0",  # the line that is kept up, with a current OpenSSL inside
    "gevent": "25.9.1",  # before 23.9: a request can be smuggled past pywsgi by a chunked trailer
    "httpcore": "1.0.9",  # the first that asks for the stricter h11
    "h11": "0.16.0",  # before: chunked bodies read too leniently (request smuggling)
    "lxml": "6.0.0",  # the line that is kept up
    "authlib": "1.6.5",  # before: unknown "crit" headers and endless tokens accepted
    "joserfc": "1.3.5",  # before: oversized parts of a token are read and logged
    "urllib3": "2.6.0",  # before: endless chains of packed answers
}

# Made of the tables of the standard, or of a table of literals in the same file; never of a message.
PATTERNS_FROM_TABLES = [
    ("hub/web/words/form_words.py", "pattern"),  # why something was not carried on, as our own connectors say it
    ("connectors/social_work/receipts.py", "f'{family.prefix.upper()}(3[012][0-9])'"),
    ("connectors/social_work/shapes.py", "pattern"),
]


# Texts of our own templates and catalogue, in which what they name is escaped where it is filled in.
OUR_OWN_HTML = [("hub/web/translations.py", "Markup")] * 2


def trees(*words: str) -> Iterator[tuple[Path, ast.Module]]:
    """Give the files in which one of these words stands; the others need no reading."""
    wanted = re.compile(rf"\b({'|'.join(words)})\b")
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if wanted.search(text):
                yield path, ast.parse(text)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_no_module_imports_what_reads_data_dangerously() -> None:
    found = [(str(path), name) for path, tree in trees(*FORBIDDEN) for name in imported(tree) if name in FORBIDDEN]
    assert found == []


def test_nothing_runs_text_or_a_shell_or_skips_a_certificate() -> None:
    found = []
    running = ("eval", "exec", "os.system", "os.popen", "Markup", "render_template_string")
    for path, tree in trees(*running, "shell", "verify"):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func)
            words = {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}
            if name in running or words.get("shell") == "True" or words.get("verify") == "False":
                found.append((str(path.relative_to(ROOT)), name))
    assert found == OUR_OWN_HTML


def test_no_template_marks_text_as_html_or_holds_a_script() -> None:
    wrong = re.compile(
        r"\|\s*safe\b|\bautoescape\s+false|<style|\sstyle=\"|\son[a-z]+=\"|javascript:|<script(?![^>]*nonce=)"
    )
    templates = sorted((ROOT / "hub/web/templates").rglob("*.html"))
    assert templates
    assert [str(path) for path in templates if wrong.search(path.read_text(encoding="utf-8"))] == []


def test_no_weak_cipher_and_no_weak_hash_is_used() -> None:
    weak = re.compile(r"\b(md5|MD5|sha1|SHA1|ECB|CBC|DES|TripleDES|ARC4|RC4|PKCS1v15|Blowfish)\b")
    files = [path for folder in OURS for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in files if weak.search(path.read_text(encoding="utf-8"))] == []


def test_what_must_not_be_guessed_never_comes_from_random() -> None:
    """``random`` spreads retries, makes demos and plans of drills, and is the luck of a simulated partner.

    Nothing of that must be kept secret; the last must even be known, by its seed, so that a run can be done again.
    """
    allowed = {"hub/broker/amqp.py", "hub/rules/retries.py", "workers/diagrams.py", "workers/demo.py",
                   "workers/demo_history.py", "workers/demo_caseload.py",
               "workers/drill/plan.py", "workers/drill/processes.py", "workers/partners/misbehaviour.py"}  # fmt: skip
    using = {str(path.relative_to(ROOT)) for path, tree in trees("random") if "random" in set(imported(tree))}
    assert using - allowed == set()


def test_where_a_value_comes_from_is_always_said() -> None:
    """A query can't stand in for a form field, nor a cookie for either."""
    files = [path for folder in OURS for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in files if "request.values" in path.read_text(encoding="utf-8")] == []


def test_no_search_pattern_path_or_format_is_made_of_input() -> None:
    """Patterns, XPath and formats are literals, or made of constants (names in capitals) alone."""
    found = []
    for path, tree in trees("re", "xpath"):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            name, first = ast.unparse(call.func), call.args[0]
            if not re.fullmatch(r"re\.(compile|match|fullmatch|search|sub|split|findall|finditer)|.*\.xpath", name):
                continue
            made_of = {word.id for word in ast.walk(first) if isinstance(word, ast.Name)}
            if any(not word.isupper() for word in made_of):
                found.append((str(path.relative_to(ROOT)), ast.unparse(first)))
    assert found == PATTERNS_FROM_TABLES


# The draft of a referral is sealed with a key that the hub gives to one person in one organisation; leaving empties it.
_SEALED_DRAFT = {"referral-draft.js", "page.js"}


def test_no_script_keeps_anything_in_the_browser_but_a_sealed_draft() -> None:
    kept = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.open|serviceWorker")
    scripts = sorted(path for path in (ROOT / "hub/web/static").rglob("*.js") if "vendor" not in path.parts)
    assert scripts
    assert {path.name for path in scripts if kept.search(path.read_text(encoding="utf-8"))} == _SEALED_DRAFT
    put = [line for path in scripts for line in path.read_text(encoding="utf-8").splitlines() if ".setItem(" in line]
    assert sorted(re.findall(r"setItem\((\w+), (\w+)\)", "\n".join(put))) == [("SENT", "place"), ("place", "sealed")]
    assert len(put) == 2


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "deploy/scan/requirements.lock"])
def test_every_line_of_a_lock_file_is_pinned_by_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) > 20
    loose = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+( ;[^#]+)?\s+--hash=sha256:[0-9a-f]{64}")
    assert [line[:60] for line in lines if not loose.match(line)] == []


@pytest.mark.parametrize(("package", "smallest"), SMALLEST.items())
def test_no_package_is_older_than_is_known_to_be_safe(package: str, smallest: str) -> None:
    assert Version(version(package)) >= Version(smallest)
