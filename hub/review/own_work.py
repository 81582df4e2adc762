"""How somebody does: what their control pairs show, and whether a break would do good."""

from collections.abc import Mapping

from sqlalchemy import Connection

from faults import Sentence
from hub.access.service import Operator
from hub.clock import DAY
from hub.review import control_store
from hub.review.accuracy import Accuracy, accuracy, hints


class OwnWork:
    """Every method joins the caller's transaction."""

    def accuracy(self, connection: Connection, operator: Operator) -> Accuracy:
        """One person's misses and false alarms."""
        return accuracy(control_store.trials(connection, operator.id).get(operator.id, []))

    def everyone(self, connection: Connection) -> Mapping[int, Accuracy]:
        """Every person's who has answered a control pair, for a senior."""
        return {who: accuracy(trials) for who, trials in control_store.trials(connection).items()}

    def hints(self, connection: Connection, operator: Operator, at: int) -> tuple[Sentence, ...]:
        """What speaks for a break; nothing follows from it."""
        trials = control_store.trials(connection, operator.id).get(operator.id, [])
        return hints(control_store.times(connection, operator.id, at - DAY), trials, at)
