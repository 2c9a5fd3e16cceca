"""Where a transport may go: the hosts of this one partner, and never into our own network by a disguise.

A name is looked up at each sending, all its addresses are checked, and the connection goes to a checked address: what
the name means a moment later changes nothing. The certificate is still compared with the name.
"""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
# What the C library reads as an IPv4 address though nobody writes one so: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.ASCII)
_CARRIES_IPV4 = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052)
# Addresses at which clouds tell a machine its secrets; not even an inner partner lives there.
_SECRETS = frozenset(map(ipaddress.ip_address, ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")))


class OutOfReach(ValueError):
    """The address is not one where this partner may be; the text names the rule and never the whole address."""


def look_up(host: str, port: int) -> list[str]:
    """Give every address of a name."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The hosts of one partner, each with its port. ``inside`` allows addresses of our own network, and http."""

    hosts: frozenset[tuple[str, int]]
    inside: bool = False
    resolve: Resolver = field(default=look_up, repr=False)

    def check(self, text: str) -> httpx.URL:
        """Give the URL, if its form and host are allowed; nothing is looked up."""
        url = _read(text)
        if url.scheme == "http" and not self.inside:
            raise OutOfReach("the address of a partner must begin with https:// unless it is inside our network")
        host, port = _host_of(url), _port_of(url)
        if (host, port) not in self.hosts:
            raise OutOfReach("the address of a partner names a host that is not on its list")
        if (literal := _literal(host)) is not None:
            self._check_address(literal)
        return url

    def addresses(self, url: httpx.URL) -> list[str]:
        """Give the addresses to connect to, all checked: one bad one among them spoils the name."""
        return self.addresses_of(_host_of(url), _port_of(url))

    def addresses_of(self, host: str, port: int) -> list[str]:
        """Give the checked addresses of a host of this partner, whatever is spoken there."""
        if (host, port) not in self.hosts:
            raise OutOfReach("the address of a partner names a host that is not on its list")
        literal = _literal(host)
        found = [host] if literal is not None else self.resolve(host, port)
        for address in found:
            self._check_address(ipaddress.ip_address(address.partition("%")[0]))
        if not found:
            raise OutOfReach("the name of the partner has no address")
        return found

    def _check_address(self, address: Address) -> None:
        real = _unwrapped(address)
        forbidden = real.is_link_local or real.is_multicast or real.is_unspecified or real in _SECRETS
        if forbidden or not (real.is_global or (self.inside and (real.is_private or real.is_loopback))):
            raise OutOfReach("the address of a partner leads to where no partner may be")


def reach_of(url: str, hosts: Iterable[str] = (), *, inside: bool = False) -> Reach:
    """Give the reach of a configured partner: the host of its own address, and others that are listed."""
    own = _read(url)
    listed = [_listed(host, "http" if inside else "https") for host in hosts]
    return Reach(hosts=frozenset([(_host_of(own), _port_of(own)), *listed]), inside=inside)


def reach_of_host(host: str, port: int, *, inside: bool = False) -> Reach:
    """Give the reach of a partner that is no web address (SFTP, mail): one host, one port."""
    url = _read(f"https://{f'[{host}]' if ':' in host else host}:{port}")
    reach = Reach(hosts=frozenset([(_host_of(url), port)]), inside=inside)
    reach.check(f"https://{url.netloc.decode()}")
    return reach


def _listed(text: str, scheme: str) -> tuple[str, int]:
    url = _read(f"{scheme}://{text}")
    return _host_of(url), _port_of(url)


def _read(text: str) -> httpx.URL:
    """Read a URL that has no second meaning: no user, no fragment, no backslash, space or unprintable character."""
    if not text.startswith(("https://", "http://")):
        raise OutOfReach("the address of a partner must begin with https:// or http://")
    if not text.isascii() or not text.isprintable() or re.search(r"[\s\\#]", text):
        raise OutOfReach("the address of a partner holds a character that has no place there")
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise OutOfReach("the address of a partner is not a URL") from error
    if not 0 < _port_of(url) <= 65_535:
        raise OutOfReach("the address of a partner has no port that exists")
    if url.userinfo or "@" in url.netloc.decode():
        raise OutOfReach("the address of a partner holds a user name")
    _host_of(url)
    return url


def _host_of(url: httpx.URL) -> str:
    host = url.host.lower().removesuffix(".")
    if _literal(host) is None and (not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2])):
        raise OutOfReach("the address of a partner has no host that can be read in one way")
    return host


def _port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else (443 if url.scheme == "https" else 80)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 one carries (mapped, compatible, 6to4, Teredo, NAT64), or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.scope_id:
        raise OutOfReach("the address of a partner names a zone")
    carried = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if carried is None and (address in _CARRIES_IPV4 or 1 < int(address) < 2**32):
        carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address


class CheckedTransport(httpx.BaseTransport):
    """Sends each request to a checked address; the name stays in the Host header and in the TLS handshake."""

    def __init__(self, reach: Reach, *, verify: ssl.SSLContext | bool = True) -> None:
        self._reach = reach
        self._inner = httpx.HTTPTransport(trust_env=False, verify=verify)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. ``OutOfReach`` where it may not go; ``httpx.ConnectError`` where nobody answers."""
        named = self._reach.check(str(request.url))
        try:
            found = self._reach.addresses(named)
        except OSError as error:
            raise httpx.ConnectError("the name of the partner can't be looked up", request=request) from error
        last = len(found) - 1
        for number, address in enumerate(found):
            there = httpx.Request(
                request.method,
                named.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": named.host},
            )
            try:
                return self._inner.handle_request(there)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == last:
                    raise
        raise AssertionError("a name without addresses was refused before")

    def close(self) -> None:
        """Let go of the connections."""
        self._inner.close()
