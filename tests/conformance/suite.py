"""The behaviour of every broker, each a test over real sockets; a venue joins with a harness and a subclass.

    class TestVenue(BrokerSuite):
        harness_type = VenueHarness

Differences between venues are capabilities, never names: a test skips only what the broker says it cannot do.
"""

from __future__ import annotations

from tests.conformance.suite_ledger import LedgerBehaviour
from tests.conformance.suite_orders import OrderBehaviour
from tests.conformance.suite_outcomes import OutcomeBehaviour


class BrokerSuite(OrderBehaviour, OutcomeBehaviour, LedgerBehaviour):
    """Subclass it as `Test...` with `harness_type`."""
