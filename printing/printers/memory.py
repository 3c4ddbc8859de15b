"""What is a printer to a test? A dict, and verbs for everything that goes wrong with printers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

from printing.printers.base import Condition, PrintDoubt, PrinterUnavailable, PrintResult, PrintState, Sheet

SUPPLIES = {"media": "media-empty", "ribbon": "marker-supply-empty"}


class MemoryPrinter:
    """The twin of a real printer. ``cards`` are the names that came out, in order, twice if twice sent."""

    def __init__(self) -> None:
        self.cards: list[str] = []
        self.documents: dict[str, bytes] = {}
        self._jobs: dict[str, PrintResult] = {}
        self._withdrawn: set[str] = set()
        self._reasons: set[str] = set()
        self._offline = False
        self._next: deque[Callable[[Sheet], PrintResult]] = deque()
        self._number = 0
        self._lock = Lock()

    # --- A printer ----------------------------------------------------------------------------

    def condition(self) -> Condition:
        """How the printer is."""
        with self._lock:
            self._answer()
            return Condition(accepting=True, reasons=tuple(sorted(self._reasons)))

    def send(self, sheet: Sheet) -> PrintResult:
        """Print at once, unless a verb below has planned something else."""
        with self._lock:
            self._answer()
            hold = Condition(accepting=True, reasons=tuple(self._reasons)).hold_reason
            if hold:
                raise PrinterUnavailable(hold)
            if sheet.name in self._withdrawn:
                raise PrinterUnavailable("withdrawn")
            self._number += 1
            act = self._next.popleft() if self._next else self._print
            return act(sheet)

    def find(self, name: str) -> PrintResult:
        """How the job of this name stands."""
        with self._lock:
            self._answer()
            return self._jobs.get(name, PrintResult(PrintState.UNKNOWN))

    def withdraw(self, name: str) -> bool:
        """True unless the job has used a blank; a printer that forgot its jobs cannot promise."""
        with self._lock:
            self._answer()
            job = self._jobs.get(name)
            if name in self.documents or (job and job.state is not PrintState.PENDING):
                return False
            self._jobs.pop(name, None)
            self._withdrawn.add(name)
            return True

    # --- What may happen to it ----------------------------------------------------------------

    def run_out_of(self, supply: str) -> None:
        """No ``media`` or no ``ribbon`` is left."""
        self._reasons.add(SUPPLIES[supply])

    def refill(self, supply: str) -> None:
        """Somebody put in new ``media`` or ``ribbon``."""
        self._reasons.discard(SUPPLIES[supply])

    def jam(self) -> None:
        """A card is stuck."""
        self._reasons.add("media-jam")

    def clear_jam(self) -> None:
        """Somebody pulled it out."""
        self._reasons.discard("media-jam")

    def go_offline(self) -> None:
        """Nobody can reach it."""
        self._offline = True

    def come_back(self) -> None:
        """It can be reached again."""
        self._offline = False

    def lose_next_answer(self) -> None:
        """The next card comes out, but nobody hears of it."""
        self._next.append(self._print_unheard)

    def lose_next_document(self) -> None:
        """The next document is lost on its way, and nobody hears of it."""
        self._next.append(self._lose)

    def spoil_next(self, why: str = "aborted-by-system") -> None:
        """The next card goes wrong, and the printer says so."""
        self._next.append(lambda sheet: self._note(sheet, PrintState.FAILED, why))

    def keep_next_waiting(self) -> None:
        """The next job is accepted and not finished until ``finish``."""
        self._next.append(lambda sheet: self._note(sheet, PrintState.PENDING))

    def finish(self, name: str) -> None:
        """A job that was kept waiting becomes a card."""
        with self._lock:
            self._out(name)

    def forget_jobs(self) -> None:
        """It was switched off and on: no job has a name any more, cards stay where they are."""
        self._jobs.clear()

    # --- How ----------------------------------------------------------------------------------

    def _answer(self) -> None:
        if self._offline:
            raise PrinterUnavailable("offline")

    def _print(self, sheet: Sheet) -> PrintResult:
        self._note(sheet, PrintState.PENDING)
        self.documents[sheet.name] = sheet.document
        return self._out(sheet.name)

    def _out(self, name: str) -> PrintResult:
        self.cards.append(name)
        self.documents.setdefault(name, b"")
        self._jobs[name] = PrintResult(PrintState.DONE, reference=self._jobs[name].reference)
        return self._jobs[name]

    def _print_unheard(self, sheet: Sheet) -> PrintResult:
        self._print(sheet)
        raise PrintDoubt("the answer was lost")

    def _lose(self, sheet: Sheet) -> PrintResult:
        raise PrintDoubt("the document was lost")

    def _note(self, sheet: Sheet, state: PrintState, detail: str = "") -> PrintResult:
        self._jobs[sheet.name] = PrintResult(state, reference=str(self._number), detail=detail)
        return self._jobs[sheet.name]
