"""What a drill says at its end, for people; the last line is for machines."""

from collections.abc import Iterator
from dataclasses import dataclass

from workers.drill.checker import Findings
from workers.drill.faults import Faults
from workers.drill.plan import Fault
from workers.drill.stage import Options
from workers.drill.supervisor import Supervisor


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything that is reported."""

    options: Options
    findings: Findings
    refusals: tuple[str, ...]
    surprises: tuple[str, ...]
    strikes: str
    retries: int
    load_seconds: float
    drain_seconds: float
    queue: str | None
    not_healed: str | None
    in_time: bool

    @property
    def troubles(self) -> list[str]:
        """Give what makes this drill fail, each in a sentence."""
        found = [*self.findings.sentences()]
        found += [f"refused: {refusal}" for refusal in self.refusals[:10]]
        found += [f"surprise: {surprise}" for surprise in self.surprises[:10]]
        if self.findings.unfinished:
            found.append(f"{self.findings.unfinished} rows are still open")
        if self.findings.invisible:
            found.append(f"{self.findings.invisible} things wait where nobody sees them")
        if not self.in_time:
            found.append(f"not at rest within {self.options.patience:.0f} s after the load")
        if self.not_healed is not None:
            found.append(f"queue {self.not_healed} was left down and the hub did not make it anew")
        if self.options.kills and not self.findings.wire_duplicates:
            found.append("no message came twice on the wire: the faults did not bite, so this run proves nothing")
        return found

    def lines(self) -> Iterator[str]:
        """Give the report, line by line."""
        found = self.findings
        mode = "embedded" if self.options.embedded else "PostgreSQL and RabbitMQ"
        asked = self.options
        yield f"Drill ({mode}): {asked.referrals} referrals, {asked.kills} kills, seed {asked.seed}"
        yield f"faults: {self.strikes}"
        if self.queue is not None:
            yield self.queue
        yield (
            f"load {self.load_seconds:.0f} s, at rest {self.drain_seconds:.0f} s later; {self.retries} calls repeated"
        )
        yield (
            f"attempted={found.attempted} accepted={found.accepted} effects={found.effects} lost={len(found.lost)}"
            f" duplicate_effects={len(found.duplicated)} unexpected={len(found.unexpected)} recovered={found.recovered}"
            f" wire_duplicates={found.wire_duplicates} order_breaks={len(found.out_of_order)}"
            f" invisible={found.invisible} max_delay_s={found.max_delay:.1f}"
        )
        if found.slowest is not None:
            row = found.slowest
            yield (
                f"slowest: a message to {row.receiver} of {row.at}, published {row.published} times,"
                f" {row.attempts} tries, delivered after {row.delay:.1f} s"
            )
        yield f"gaps={len(found.gaps)} lost_updates={len(found.lost_updates)} open_rows={found.unfinished}"
        yield from self.troubles
        yield f"lost={len(found.lost)} duplicated={len(found.duplicated)} out_of_order={len(found.out_of_order)}"


def strikes_of(supervisor: Supervisor, faults: Faults) -> str:
    """Tell what was killed, and how often."""
    counts = [f"{name} {times}" for name, times in supervisor.kills.items()]
    others = [strike.fault for strike in faults.done if strike.fault is not Fault.KILL]
    counts += [f"{fault} {others.count(fault)}" for fault in dict.fromkeys(others)]
    return f"{', '.join(counts) or 'none'} ({faults.bitten} of them between a delivery and its receipt)"


def queue_of(faults: Faults) -> str | None:
    """Tell how long a dead queue stayed dead."""
    down = [strike.target for strike in faults.done if strike.fault is Fault.QUEUE_DOWN]
    if not down or faults.healed_after is None:
        return None
    return f"queue {down[0]} was left down; the hub made it anew after {faults.healed_after:.0f} s"
