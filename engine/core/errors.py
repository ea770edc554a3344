"""Every error of the product, sorted by what the caller must do next.

SteadyhandError
  + InputError (also a ValueError)   fix the input; nothing was changed
    - InvalidData                      prices, times, files
    - InvalidParams                    a strategy's parameters
    - InvalidConfig                    risk, sizing, costs, account, run options
    - NotFound                         a symbol, event or order that the venue does not know
  + OrderRejected                    drop the order; the venue has said no
  + BrokerUnavailable                retry later; nothing was sent
  + OutcomeUnknown                   reconcile by client order id; never resend blindly
    - DuplicateOrder                   an order of this id has landed before; look it up
  + RateLimited                      slow down; wait `retry_after` seconds
  + Stopped                          stop; a person must act
    - AuthenticationFailed             the keys are wrong, expired or of another account
    - ClockSkewed                      this machine's clock is off; set it
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SteadyhandError(Exception):
    """The root of all errors raised on purpose."""


class InputError(SteadyhandError, ValueError):
    """What was passed in breaks a rule; the message names the value, the rule and the fix."""


class InvalidData(InputError):
    """Prices, times or a file break a rule."""


class InvalidParams(InputError):
    """A strategy parameter is unknown, out of range or contradicts another."""


class InvalidConfig(InputError):
    """A risk, sizing, cost, account or run option breaks a rule."""


class NotFound(InputError):
    """The venue does not know what was asked for."""


class OrderRejected(SteadyhandError):
    """The venue refused the order and it has no effect; `code` is the venue's own word for why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class BrokerUnavailable(SteadyhandError):
    """The venue could not be reached and nothing was sent."""


class OutcomeUnknown(SteadyhandError):
    """The order may or may not have landed; look it up by its client order id."""

    def __init__(self, message: str, client_order_id: str = "") -> None:
        super().__init__(message)
        self.client_order_id = client_order_id


class DuplicateOrder(OutcomeUnknown):
    """An order of this client order id has landed before; look it up and do not send another."""


class RateLimited(SteadyhandError):
    """The venue asks for fewer requests; wait `retry_after` seconds."""

    def __init__(self, message: str, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Stopped(SteadyhandError):
    """Nothing can go on until a person has acted."""


class AuthenticationFailed(Stopped):
    """The venue does not accept the keys."""


class ClockSkewed(Stopped):
    """The clock of this machine differs too much from the venue's; set it."""


def suggest(name: str, options: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest option, or an empty string."""
    close = get_close_matches(name, list(options), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else ""
