"""When the controller runs."""

from .request import NEVER


class Alarm:
    """Wakes the controller at one time: the earliest of those asked for since it last rang.

    So an alarm that is no longer needed still rings. It matters, because whatever wakes the
    controller lets it issue what became ready unnoticed in between.
    """

    def __init__(self) -> None:
        self.time = NEVER

    def set(self, time: int) -> None:
        self.time = min(self.time, time)

    def rings(self, now: int) -> bool:
        if self.time > now:
            return False
        self.time = NEVER
        return True
