"""A small Stripe, in a process of its own, which the product reaches over HTTP through the real SDK.

It speaks the part of Stripe's API that we use, keeps its promises (idempotency, late balance transactions, signed
events that come twice, late or never) and refuses what Stripe would refuse. Nothing here knows the product.
"""
