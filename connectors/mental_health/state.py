"""Which kind of message a Task or ServiceRequest is: our own word where it fits, else FHIR's state."""

from connectors.mental_health import systems
from connectors.mental_health.concepts import codes
from connectors.mental_health.format import PLAIN, REQUEST_STATES, STATE_OF_KIND, STATE_OF_WORD, State
from connectors.mental_health.guards import asks_for_change
from connectors.mental_health.node import Losses, Node, malformed, not_allowed
from schemas.vocabulary import MessageKind


def state_of_task(task: Node, *, set_by_performer: bool | None, losses: Losses) -> State:
    """Tell what a Task says.

    Our word in ``businessStatus`` (or ``statusReason``) wins, but only beside a Task state it goes with: a system that
    changes ``status`` alone leaves our old word standing.
    """
    words = [word.replace("-", "_") for word in codes((task.one("businessStatus"),), systems.OUR_STATUS)]
    corrected = STATE_OF_KIND[MessageKind.CORRECTED]
    if asks_for_change(task) and corrected.word in words:
        return corrected
    if asks_for_change(task):
        return STATE_OF_KIND[MessageKind.CHANGE_REQUESTED]
    status = task.text("status")
    if status is None:
        raise malformed("The status is missing.", task.at("status"), "required")
    for word in codes((task.one("businessStatus"), task.one("statusReason")), systems.OUR_STATUS):
        state = STATE_OF_WORD.get(word.replace("-", "_"))
        if state and status in (state.task, *state.also):
            return state
        losses.add(task.at("businessStatus"), "does not go with the status of the Task; the status counts")
    if status not in PLAIN:
        raise not_allowed("A Task in this state tells nothing that can be recorded.", task.at("status"))
    state = PLAIN[status]
    if state.kind is MessageKind.WITHDRAWN and set_by_performer:
        return STATE_OF_KIND[MessageKind.ENDED]  # whoever carries it out can stop it, not withdraw it
    return state


def state_of_request(request: Node) -> State:
    """Tell what a ServiceRequest without a Task says."""
    status = request.text("status")
    if status is None:
        raise malformed("The status is missing.", request.at("status"), "required")
    if status not in REQUEST_STATES:
        raise not_allowed("A ServiceRequest in this state tells nothing that can be recorded.", request.at("status"))
    return STATE_OF_KIND[REQUEST_STATES[status]]
