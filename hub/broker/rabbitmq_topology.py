"""The queues of RabbitMQ themselves: making, looking at and deleting them, over a short connection of its own."""

import queue as queues
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from hub.broker.amqp import LIVE_EXCHANGE, Channel, Closed, Connect, Link
from hub.broker.protocol import DELIVERY_LIMIT, LIVE, BrokerUnavailable, QueueHealth, dead_queue

ANSWER_SECONDS = 20.0
DEAD = dead_queue("")

Answer = Callable[[Any], None]
Step = Callable[[Channel, Answer], None]


class TalkEnded(Exception):
    """RabbitMQ closed the channel or the connection instead of answering."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(str(closed))
        self.closed = closed


class Talk:
    """A short conversation, question by question; a context manager. Waits for every answer, but never for ever."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._answers: queues.SimpleQueue[Any] = queues.SimpleQueue()
        self._link: Link | None = None
        self._channel: Channel | None = None

    def __enter__(self) -> Self:
        self._link = self._connect("administration", self)
        try:
            self._channel = self._answer()
        except TalkEnded as ended:
            self._link.close(wait=False)
            raise BrokerUnavailable(f"no connection with RabbitMQ: {ended.closed}") from ended
        except BrokerUnavailable:
            self._link.close(wait=False)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._link is not None:
            self._link.close(wait=error is None)

    def ask(self, step: Step) -> Any:
        """Have a step done on the channel and give what the broker answers.

        ``TalkEnded`` where it closes the channel, ``BrokerUnavailable`` where it says nothing.
        """
        channel = self._channel
        if channel is not None and self._link is not None:
            self._link.call(lambda: step(channel, self._answers.put) if channel.is_open else None)
        return self._answer()

    def try_to_take(self, queue: str) -> None:
        """See whether the broker could give a message of this queue; errors as of ``ask``."""
        link = self._link
        if link is not None:
            self.ask(lambda channel, answer: link.try_to_take(channel, queue, answer))

    def on_open(self, link: Link) -> None:
        """Open the one channel; it is the first answer."""
        link.open_channel(self._answers.put, self._answers.put)

    def on_blocked(self, *, blocked: bool) -> None:
        """Matters only for publishing."""

    def on_end(self, closed: Closed) -> None:
        """Let a waiting question know."""
        self._answers.put(closed)

    def _answer(self) -> Any:
        try:
            answer = self._answers.get(timeout=ANSWER_SECONDS)
        except queues.Empty as error:
            raise BrokerUnavailable(f"RabbitMQ did not answer within {ANSWER_SECONDS:.0f} s") from error
        if isinstance(answer, Closed):
            raise TalkEnded(answer)
        return answer


def declare(talk: Talk, queues: Sequence[str]) -> None:
    """Make the exchange of the fanout, and each queue after the one for its dead letters."""
    talk.ask(
        lambda channel, answer: channel.exchange_declare(
            LIVE_EXCHANGE, exchange_type="fanout", durable=True, callback=answer
        )
    )
    for queue in queues:
        if queue == LIVE:
            continue
        names = [queue] if queue.startswith(DEAD) else [dead_queue(queue), queue]
        for name in names:
            _declare_one(talk, name, _arguments(name))


def delete(talk: Talk, queue: str) -> None:
    """Delete a queue with all that is in it; RabbitMQ does so even where it can't serve the queue."""
    talk.ask(lambda channel, answer: channel.queue_delete(queue, callback=answer))


def look(talk: Talk, queue: str) -> QueueHealth:
    """Count what waits and who takes; ``TalkEnded`` with its code where the queue is missing or not served."""
    if queue == LIVE:
        talk.ask(
            lambda channel, answer: channel.exchange_declare(
                LIVE_EXCHANGE, exchange_type="fanout", passive=True, callback=answer
            )
        )
        return QueueHealth(usable=True)
    found = talk.ask(lambda channel, answer: channel.queue_declare(queue, passive=True, callback=answer)).method
    if found.message_count == 0 and found.consumer_count == 0:
        # RabbitMQ says exactly this, too, of a queue that is down for good. Only an attempt to take shows the
        # difference, and as nothing waits here, taking disturbs nothing.
        talk.try_to_take(queue)
    return QueueHealth(usable=True, messages=found.message_count, consumers=found.consumer_count)


def _declare_one(talk: Talk, name: str, arguments: Mapping[str, object]) -> None:
    talk.ask(
        lambda channel, answer: channel.queue_declare(name, durable=True, arguments=dict(arguments), callback=answer)
    )


def _arguments(name: str) -> dict[str, object]:
    if name.startswith(DEAD):
        return {"x-queue-type": "quorum"}
    return {
        "x-queue-type": "quorum",
        # Explicit, since the default differs between versions: none before 4.0.
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_queue(name),
        # A dead letter stays until the other queue has confirmed it; the broker asks for reject-publish with that.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
