"""Where a request came from, as far as it takes to hold back a flood."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# What one customer can have, so that another address costs money. IPv4: a /24 is the smallest block that is routed, and
# hosting firms rent it out whole. IPv6: a /48 is what a single site may be given (RFC 6177); with a /56 one rented site
# would have 256 buckets. A telephone company puts thousands of people behind either: hence the wide bucket.
IPV4_PREFIX, IPV6_PREFIX = 24, 48


def client_address(request: HttpRequest) -> str:
    """The other end of the connection; behind our proxy, what that one saw there: the last entry, which it wrote.

    All entries before the last one are the visitor's own words.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def neighbourhood(address: str) -> str:
    """The block an address is counted in; what is no address is all counted as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return str(ip_network((found.packed, IPV4_PREFIX if found.version == 4 else IPV6_PREFIX), strict=False))
