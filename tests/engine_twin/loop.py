"""The bar loop: open, inside, close; limits first, then exits, then entries by rank."""

from __future__ import annotations

import math

from engine.core import codes as c
from engine.core.costs import Costs
from engine.core.market import Bars
from engine.risk.limits import RiskManager
from engine.strategies.signal import Signals
from tests.engine_twin import market, sizing
from tests.engine_twin.book import Entry, Story
from tests.engine_twin.desk import Desk, Options
from tests.engine_twin.filling import fill_due, gaps, inside
from tests.engine_twin.market import Ask, Bar, Fate, Quoted, View


class Loop:
    """One run: the desk, and what the limits remember from bar to bar."""

    def __init__(self, desk: Desk, panel: Bars) -> None:
        self.desk = desk
        self.days = market.sessions(panel, desk.risk)
        self.groups = market.clusters(panel.instruments, desk.risk)
        lookback = desk.risk.volatility_lookback
        self.volatility = market.volatilities(panel, lookback) if desk.risk.max_volatility is not None else None
        self.state = c.ACTIVE
        self.base = self.peak = desk.capital
        self.halted_at, self.for_good = 0, False
        self.day: object = None
        self.day_floor, self.day_breached = 0.0, False
        self.before = self.realised_before = desk.capital

    def floor(self) -> float:
        """Return the equity at or below which the drawdown limit is broken; without one, an empty account."""
        limit = self.desk.risk.max_drawdown_pct
        if limit is None:
            return 0.0
        kinds = {
            "trailing": self.peak * (1.0 - limit),
            "static": self.base * (1.0 - limit),
            "trailing_amount": self.peak - self.base * limit,
            "trailing_lock": min(self.peak - self.base * limit, self.base),
        }
        return kinds[self.desk.risk.drawdown_kind]

    def bar(self, t: int, time: int, view: View, asks: list[Ask]) -> None:
        """Take one bar from its open to after its close."""
        desk, at_close = self.desk, self.desk.options.fill == "close"
        bars, offers, marks = view.bars, view.offers, view.marks
        desk.t, desk.now, desk.used = t, time, [0.0] * len(bars)
        desk.mark([bar.open for bar in bars])
        if not at_close:
            fill_due(desk, bars, offers, "open")
        gaps(desk, bars)
        inside(desk, bars, offers)
        for s in range(len(bars)):
            desk.settle(s)
        desk.mark(marks)
        self.daily_loss()
        self.drawdown()
        self.exits(asks)
        self.entries(offers, asks)
        if at_close:
            fill_due(desk, bars, offers, "close")
            desk.mark(marks)
        self.before, self.realised_before = desk.equity, desk.realised
        self.peak = max(self.peak, desk.equity)
        story = desk.story
        story.equity.append(desk.equity)
        story.cash.append(desk.cash)
        story.held.append([0.0 if p is None else p.side * p.quantity for p in desk.positions])
        story.state = self.state

    # -- limits ----------------------------------------------------------------------------------------------------

    def daily_loss(self) -> None:
        """Latch a loss of the session until the next one."""
        desk, limit = self.desk, self.desk.risk.daily_loss_limit_pct
        if limit is None:
            return
        if self.days[desk.t] != self.day:
            starts = {
                "equity": self.before,
                "balance": self.realised_before,
                "max": max(self.before, self.realised_before),
            }
            self.day, self.day_breached = self.days[desk.t], False
            start = starts[desk.risk.daily_loss_basis]
            self.day_floor = start * (1.0 - limit) if start > 0 else -math.inf  # who owes has no budget left to lose
        if desk.equity <= self.day_floor and not self.day_breached:
            self.day_breached = True
            desk.say(-1, c.BREACH_DAILY, self.before, desk.equity, self.day_floor)
            if desk.risk.on_daily_loss == "flatten":
                self.flatten(c.EXIT_DAILY)
            else:
                for s in range(len(desk.positions)):
                    desk.cancel(s)

    def drawdown(self) -> None:
        """ACTIVE -> REDUCING at the limit, -> HALTED when flat, -> ACTIVE after the cool-down with a fresh peak."""
        desk = self.desk
        if self.state == c.ACTIVE and desk.equity <= self.floor():
            empty = desk.equity <= 0
            self.state, self.for_good = c.REDUCING, empty
            code = c.STATE_BANKRUPT if empty else c.BREACH_DRAWDOWN
            desk.say(-1, code, self.peak, desk.equity, self.floor())
            self.flatten(c.EXIT_BANKRUPT if empty else c.EXIT_DRAWDOWN)
        if self.state == c.REDUCING and not desk.open_symbols():
            self.state, self.halted_at = c.HALTED, desk.t
            desk.say(-1, c.STATE_HALTED, self.peak, desk.equity, self.floor())
        elif self.state == c.HALTED and not self.for_good and desk.equity > 0:
            rest = desk.risk.cooldown_bars
            if rest is not None and desk.t - self.halted_at >= rest:
                self.state, self.base, self.peak = c.ACTIVE, desk.equity, desk.equity
                desk.say(-1, c.STATE_RESUMED, self.peak, desk.equity, self.floor())

    def flatten(self, reason: int) -> None:
        """Order everything out and take back every entry that waits."""
        desk = self.desk
        for s, held in enumerate(desk.positions):
            desk.cancel(s)
            if held is not None:
                desk.order_out(s, reason)
                desk.say(s, c.FLATTEN, held.quantity, held.quantity, desk.marks[s])

    # -- what the strategy asks ------------------------------------------------------------------------------------

    def exits(self, asks: list[Ask]) -> None:
        """Order out what the strategy wants to leave and what an opposite entry turns round."""
        desk = self.desk
        for s, ask in enumerate(asks):
            held, order = desk.positions[s], desk.orders[s]
            if held is None and order is None:
                continue
            side = held.side if held is not None else order.side if order is not None else 0
            out = bool(ask.exit_short) if ask.exit_short is not None and side < 0 else ask.exit
            turned = ask.entry and ask.side == -side and (ask.side > 0 or desk.options.allow_short)
            if held is None:
                if out or turned:
                    desk.cancel(s)
                continue
            if out or turned:
                desk.cancel(s)
                if desk.leaving[s] is None:
                    desk.order_out(s, c.EXIT_SIGNAL if out else c.EXIT_FLIP)
                    desk.say(s, c.EXIT, held.quantity, held.quantity, desk.marks[s])

    def gate(self, s: int, side: int) -> int:
        """Return the veto of a limit that stands above all sizing, or 0."""
        desk, risk = self.desk, self.desk.risk
        known = self.volatility[desk.t][s] if self.volatility is not None else 0.0
        asked = (
            (self.state == c.HALTED, c.VETO_HALTED),
            (self.state == c.REDUCING, c.VETO_REDUCING),
            (self.day_breached, c.VETO_DAILY_LOSS),
            (desk.t < desk.paused_until, c.VETO_LOSS_STREAK),
            (side == 0, c.VETO_CONFLICT),
            (side < 0 and not desk.options.allow_short, c.VETO_NO_SHORT),
            (risk.max_volatility is not None and not known <= risk.max_volatility, c.VETO_VOLATILITY),
        )
        return next((code for hit, code in asked if hit), 0)

    def wants_in(self, s: int, ask: Ask) -> bool:
        """Say whether an entry counts: flat or turning round, nothing waiting, and no exit of its own side (exit wins)."""
        desk, held = self.desk, self.desk.positions[s]
        out = bool(ask.exit_short) if ask.exit_short is not None and ask.side < 0 else ask.exit
        if not ask.entry or desk.orders[s] is not None:
            return False
        if held is None:
            return not out
        leaves = desk.leaving[s] is not None and (held.side > 0) != (ask.side > 0)
        return leaves and not (out and ask.exit_short is not None)

    def entries(self, bars: list[Bar], asks: list[Ask]) -> None:
        """Rank the symbols that want in, by Kelly fraction, score and name; each sees what those before it left."""
        desk = self.desk
        wanting = []
        for s, (bar, ask) in enumerate(zip(bars, asks, strict=True)):
            if not self.wants_in(s, ask):
                continue
            if math.isnan(bar.close):
                desk.say(s, c.VETO_NO_QUOTE, 0.0, 0.0, bar.close)
                continue
            veto = self.gate(s, ask.side)
            found = sizing.Wish(0.0, 0.0, veto) if veto else sizing.wish(desk, ask, bar.close)
            if found.veto:
                desk.say(s, found.veto, found.part, 0.0, bar.close)
            else:
                score = -math.inf if math.isnan(ask.score) else ask.score
                wanting.append((-found.rank, -score, s, found.part))
        for _, _, s, part in sorted(wanting):
            self.place(s, asks[s], part, bars[s].close)

    def place(self, s: int, ask: Ask, part: float, price: float) -> None:
        """Write the order down, or the veto."""
        desk, risk = self.desk, self.desk.risk
        scale = 1.0
        if risk.scale_by_drawdown:
            scale = sizing.drawdown_room(risk, desk.equity, self.peak, self.base, self.floor())
        quantity, allowed, veto = sizing.size(desk, s, part, price, scale, self.groups)
        if veto:
            desk.say(s, veto, part, 0.0, price)
            return
        levels = [level if level > 0 else 0.0 for level in (ask.limit, ask.stop, ask.target, ask.trail)]
        weight = allowed if sizing.at_fill(risk) else 0.0
        desk.orders[s] = Entry(ask.side, quantity, price, desk.t, weight, *levels)
        desk.queue.append(s)
        desk.say(s, c.ENTER, ask.side * part, ask.side * quantity, price)


def run(
    panel: Bars,
    signals: list[Signals],
    capital: float,
    risk: RiskManager,
    costs: Costs,
    options: Options,
    quoted: Quoted | None = None,
) -> Story:
    """Run signals that lie on the panel's time axis, and return everything that came of them."""
    fates = [Fate() for _ in panel.instruments] if quoted is None else quoted.fates
    desk = Desk(panel.instruments, capital, risk, costs, options, fates)
    loop = Loop(desk, panel)
    asks = market.asks_of(signals, len(panel))
    for t, view in enumerate(market.views(panel, quoted)):
        loop.bar(t, int(panel.time[t]), view, asks[t])
    return desk.story
