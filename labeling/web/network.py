"""Where a request comes from, told by the connection and by as many proxies as are configured, by nobody else."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.conf import settings

IPV6_PREFIX = 64
"""The part of an IPv6 address that a person can't choose: a home or a host is given all addresses below it."""

FORWARDED = ("FORWARDED", "VIA", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_FORWARDED_PROTO", "X_REAL_IP")
"""Headers of a request that somebody passed on, as Django's META writes them (without `HTTP_`)."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(meta: Mapping[str, Any]) -> Address | None:
    """The address of who asks, from a request's META: the peer's, or with `TRUSTED_PROXIES` of n the n-th from the
    right in X-Forwarded-For, as each proxy adds who it was asked by. None for a peer without an address.

    What stands further left was written by the client, and is not believed.
    """
    peer = _parsed(str(meta.get("REMOTE_ADDR") or ""))
    told = str(meta.get("HTTP_X_FORWARDED_FOR") or "").split(",") if settings.TRUSTED_PROXIES > 0 else []
    nearest = peer
    for entry in reversed(told[-settings.TRUSTED_PROXIES :] if told else []):
        address = _parsed(entry)
        if address is None:  # no proxy writes that: what is left of it can't be told apart from a lie
            break
        nearest = address
    return nearest


def client_network(meta: Mapping[str, Any]) -> str | None:
    """What counts as one place: an IPv4 address, or the first address of an IPv6 address's /64."""
    address = client_address(meta)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address) if address else None


def is_this_machine(meta: Mapping[str, Any]) -> bool:
    """Whether a program on this machine asks: the peer is a loopback address, and nobody passed the request on."""
    peer = _parsed(str(meta.get("REMOTE_ADDR") or ""))
    return peer is not None and peer.is_loopback and not any(f"HTTP_{name}" in meta for name in FORWARDED)


def _parsed(text: str) -> Address | None:
    """An address, also with a port or in brackets; IPv4 inside of IPv6 is IPv4."""
    text = text.strip().removeprefix("[")
    host, bracket, _ = text.partition("]")
    if not bracket and host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
